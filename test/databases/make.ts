// Makes a database file of the current schema version, such as `1.db`, and `1.json` with what the server reads from it.
// A file that exists is never made again, since it shows what an earlier version wrote.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { createTokensMock } from '../../src/index.ts'
import { HEADERS, NOW, reading } from './reading.ts'

const folder = mkdtempSync(join(tmpdir(), 'tokens-mock-'))
const database = join(folder, 'tokens.db')
let time = Date.parse(NOW)
const mock = await createTokensMock({ database, idSeed: 1, clock: { now: () => time++ } })

const headers = { ...HEADERS, organization_uid: 'blt1f4a90c7d2e6b835' }

/** Sends a request that has to succeed. */
async function write(method: 'POST' | 'PUT', path: string, payload: object) {
  const response = await mock.inject({ method, url: `/v3${path}`, headers, payload })
  if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.body}`)
  return response.json() as { token: { uid: string } }
}

const scope = [{ module: 'branch_alias', branch_aliases: ['next'], acl: { read: true } }]
const environments = { module: 'environment', environments: ['staging', 'production'], acl: { read: true } }
await write('POST', '/user-session', { user: { email: 'admin@example.com', password: 'password' } })
await write('POST', '/stacks/branches', { branch: { uid: 'feature', source: 'main' } })
await write('PUT', '/stacks/branch_aliases/next', { branch_alias: { target_branch: 'feature' } })
await write('POST', '/environments', {
  environment: { name: 'staging', urls: [{ locale: 'en-us', url: 'https://staging.example.com' }] },
})
const web = { token: { name: 'Wéb ☃', scope: [environments, ...scope] } }
const { token } = await write('POST', '/stacks/delivery_tokens?create_with_preview_token=true', web)
await write('PUT', `/stacks/delivery_tokens/${token.uid}`, { token: { description: 'Changed' } })
await write('PUT', '/environments/staging', { environment: { deploy_content: true } })
await write('POST', '/stacks/management_tokens', {
  token: {
    name: 'CI',
    scope: [{ module: '$all', acl: { read: true, write: true } }, ...scope],
    expires_on: '2026-01-05',
    is_email_notification_enabled: true,
    rate_limit_enabled: false,
  },
})
await write('POST', '/stacks/settings', { stack_settings: { live_preview: { enabled: false } } })
await write('POST', '/stacks', { stack: { name: 'Second', description: 'Made by a request' } })
mock.clock.advance('PT1M')
const contents = await reading(mock)
await mock.close()

// Small pages make a small file.
const db = new Database(database)
const version = db.pragma('user_version', { simple: true })
const file = new URL(`./${version}.db`, import.meta.url)
if (existsSync(file)) throw new Error(`The database of version ${version} exists.`)
db.pragma('journal_mode = DELETE')
db.pragma('page_size = 1024')
db.exec('VACUUM')
writeFileSync(file, db.serialize())
db.close()
rmSync(folder, { recursive: true })
writeFileSync(new URL(`./${version}.json`, import.meta.url), `${JSON.stringify(contents, undefined, 2)}\n`)
