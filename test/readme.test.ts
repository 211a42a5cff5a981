import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import type { Fixture } from '../src/index.ts'
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
  const { world } = await start(t)
  const routes: string[][] = []
  for (const document of ['openapi.json', 'openapi-api.json']) {
    const { paths } = (
      await world.inject({ url: `/_mock/${document}`, headers: { host: 'localhost' } })
    ).json() as {
      paths: Record<string, object>
    }
    for (const [path, methods] of Object.entries(paths)) {
      for (const method of Object.keys(methods))
        routes.push([
          method.toUpperCase(),
          `\`${path.replace(/^\/v3/, '').replaceAll(/\{(\w+)\}/g, ':$1')}\``,
        ])
    }
  }
  t.strictSame(rows(section('Endpoints')).sort(), routes.sort())
})

t.test('the fixtures are those that come with the package, and the sample is valid', async (t) => {
  const text = section('Fixtures')
  t.strictSame(
    rows(text)
      .map(([name = '']) => name.replaceAll('`', ''))
      .sort(),
    readdirSync(new URL('../fixtures/', import.meta.url))
      .filter((file) => file !== 'schema.json')
      .map((file) => file.replace('.json', ''))
      .sort(),
  )
  const sample = /```json\n(.*?)```/s.exec(text)?.[1] ?? ''
  t.ok(await start(t, { fixture: JSON.parse(sample) as Fixture }))
})

t.test('the first call answers what is printed', async (t) => {
  const text = section('First call')
  const [, headers = '', path = ''] = /curl (.+?) \\\n {2}http:\/\/127\.0\.0\.1:4747(\S+)/.exec(text) ?? []
  const [, printed] = /```json\n(.*?)\n```/s.exec(text) ?? []
  const { world } = await start(t, { fixture: 'documentation' })
  const response = await world.inject({
    url: path,
    headers: Object.fromEntries(
      [...headers.matchAll(/-H '(\w+): (\w+)'/g)].map(([, name, value]) => [name, value]),
    ),
  })
  t.equal(response.body, printed)
})
