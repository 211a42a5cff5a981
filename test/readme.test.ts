import { readFileSync } from 'node:fs'
import t from 'tap'
import { buildApp } from '../src/app.ts'
import { settingsTable } from '../src/config.ts'
import { ACTIONS, PERMISSIONS, ROLES } from '../src/rules/roles.ts'
import { checkFixture, fixtureNames, readFixture } from '../src/world/fixtures.ts'
import { Worlds } from '../src/world/worlds.ts'
import { start } from './support.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** What stands between two headings. */
const section = (heading: string) => readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
const rows = (text: string) =>
  [...text.matchAll(/^\|(.+)\|$/gm)]
    .slice(2)
    .map(([, cells = '']) => cells.split('|').map((cell) => cell.trim()))

t.test('the sections, in order', async (t) => {
  t.strictSame(
    [...readme.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading),
    [
      'Start',
      'First call',
      'The official client',
      'In a test',
      'Control',
      'Docker',
      'HTTPS',
      'Fixtures',
      'Who may do what',
      'Endpoints',
      'Flags and environment',
      'Differences from Contentstack',
      'How it is built',
      'Development',
    ],
  )
})

t.test('the endpoints are the routes', async (t) => {
  const worlds = new Worlds({ database: ':memory:', fixture: readFixture('empty') })
  const app = buildApp({ worlds, host: '127.0.0.1', profile: 'compatible', managementTokenCap: 10 })
  const routes: string[][] = []
  app.addHook('onRoute', ({ method, path }) => {
    if (['GET', 'POST', 'PUT', 'DELETE'].includes(String(method))) {
      routes.push([String(method), `\`${path.replace(/^\/v3/, '')}\``])
    }
  })
  await app.ready()
  t.strictSame(rows(section('Endpoints')).sort(), routes.sort())
  await app.close()
  worlds.close()
})

t.test('the table of roles is the one in the code', async (t) => {
  t.strictSame(
    rows(section('Who may do what')),
    ACTIONS.map((action) => [
      action,
      ...ROLES.map((role) => (PERMISSIONS[action].includes(role) ? 'yes' : 'no')),
    ]),
  )
})

t.test('the table of settings is the one in the code', async (t) => {
  t.match(section('Flags and environment'), settingsTable())
})

t.test('the fixtures are those that come with the package, and the sample is valid', async (t) => {
  const text = section('Fixtures')
  t.strictSame(
    rows(text)
      .map(([name = '']) => name.replaceAll('`', ''))
      .sort(),
    fixtureNames().sort(),
  )
  const sample = /```json\n(.*?)```/s.exec(text)?.[1] ?? ''
  t.ok(checkFixture('sample', JSON.parse(sample)))
})

t.test('the first call answers what is printed', async (t) => {
  const text = section('First call')
  const [, headers = '', path = ''] = /curl (.+?) \\\n {2}http:\/\/127\.0\.0\.1:4747(\S+)/.exec(text) ?? []
  const [, printed] = /```json\n(.*?)\n```/s.exec(text) ?? []
  const { app } = start(t, { fixture: 'documentation' })
  const response = await app.inject({
    url: path,
    headers: Object.fromEntries(
      [...headers.matchAll(/-H '(\w+): (\w+)'/g)].map(([, name, value]) => [name, value]),
    ),
  })
  t.equal(response.body, printed)
})
