// Holds the OpenAPI documents to other people's programs: Redocly's recommended rules, and a client that openapi-typescript and
// openapi-fetch make, which runs the calls of the Tokens page. Not part of `npm test`, because it installs these programs.
import assert from 'node:assert/strict'
import { exec } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { createTokensMock } from '../dist/lib/index.js'

const run = promisify(exec)
const here = fileURLToPath(new URL('.', import.meta.url))
const PROGRAMS = '@redocly/cli@2.77.0 openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3'
const PROFILES = ['compatible', 'documented', 'live']
/** How long one command may take, in milliseconds. */
const TIMEOUT = 180_000

const folder = mkdtempSync(join(tmpdir(), 'tokens-mock-openapi-'))
const inFolder = (command) =>
  run(command, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    timeout: TIMEOUT,
    maxBuffer: 2 ** 24,
  })

/** Writes a document of a running server to a file. */
async function save(url, name) {
  const response = await fetch(url)
  assert.equal(response.status, 200)
  writeFileSync(join(folder, name), await response.text())
  return name
}

async function lint(name) {
  const { stdout } = await inFolder(`npx redocly lint ${name} --extends recommended --format json`)
  const { totals, problems } = JSON.parse(stdout)
  assert.deepEqual(totals, { errors: 0, warnings: 0, ignored: 0 }, JSON.stringify(problems, null, 2))
  console.log(`ok - ${name}: no error and no warning`)
}

try {
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n')
  await inFolder(`npm install --no-audit --no-fund --prefer-offline ${PROGRAMS}`)
  cpSync(join(here, '../docs/openapi.json'), join(folder, 'published.json'))
  await lint('published.json')
  cpSync(join(here, 'openapi-client.ts'), join(folder, 'client.ts'))
  for (const profile of PROFILES) {
    const mock = await createTokensMock({ profile })
    try {
      await lint(await save(`${mock.url}/_mock/openapi-api.json`, `${profile}.json`))
      if (profile === 'compatible') await lint(await save(`${mock.url}/_mock/openapi.json`, 'control.json'))
      if (profile !== 'live') continue
      await inFolder(`npx openapi-typescript ${profile}.json --output schema.d.ts`)
      await inFolder(
        'npx tsc --strict --module nodenext --target es2022 --noUncheckedIndexedAccess --exactOptionalPropertyTypes client.ts',
      )
      const { runCalls } = await import(pathToFileURL(join(folder, 'client.js')).href)
      const statuses = await runCalls(mock.world('one').url)
      assert.deepEqual(statuses, {
        listDeliveryTokens: 200,
        fetchDeliveryToken: 200,
        createDeliveryToken: 201,
        updateDeliveryToken: 200,
        createPreviewToken: 201,
        deletePreviewToken: 200,
        deleteDeliveryToken: 200,
        listManagementTokens: 200,
        createManagementToken: 201,
        fetchManagementToken: 200,
        updateManagementToken: 200,
        deleteManagementToken: 200,
      })
      console.log('ok - a generated client runs the twelve calls')
    } finally {
      await mock.close()
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
