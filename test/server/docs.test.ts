import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Fixture } from '../../src/index.ts'
import * as entry from '../../src/index.ts'
import { page as evidence } from '../evidence/page.ts'
import { start } from '../support.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as { bin: Record<string, string> }

/** The text of each page, by its path. */
const pages = new Map(
  ['README.md', ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`)]
    .filter((path) => path.endsWith('.md'))
    .map((path) => [path, read(path)]),
)
const page = (path: string) => pages.get(path) ?? ''

/** The text between a heading and the next one of its level, or of a higher one. */
function section(path: string, heading: string): string {
  const [, level = '', text = ''] =
    new RegExp(`\n(#+) ${heading}\n(.*)`, 's').exec(page(path).replaceAll('\n#', '\n\n#')) ?? []
  return text.split(new RegExp(`\n#{1,${level.length}} `))[0] ?? ''
}

/** The cells of the first table of a text, without its head. */
function rows(text: string): string[][] {
  const [table = ''] = /(?:^\|.*\n)+/m.exec(text) ?? []
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

const withoutCode = (text: string) => text.replaceAll(/^```.*?^```$/gms, '')
const unquoted = (text = '') => text.replaceAll('`', '')

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')

t.test('the README fits in 250 lines', async (t) => {
  t.ok(page('README.md').split('\n').length <= 251)
})

t.test('the sections of the README, in order', async (t) => {
  t.strictSame(
    [...withoutCode(page('README.md')).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading),
    [
      'Start',
      'Credentials',
      'First call',
      'The official client',
      'Write a test',
      'What it serves',
      'Run it',
      'Flags and environment',
      'Read on',
    ],
  )
})

t.test('every relative link leads somewhere', async (t) => {
  for (const [path, text] of pages) {
    for (const [, target = ''] of withoutCode(text).matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      const [file, anchor] = target.split('#')
      const linked = file ? join(dirname(path), file) : path
      t.ok(existsSync(join(root, linked)), `${path}: ${target}`)
      if (anchor === undefined) continue
      const headings = [...withoutCode(read(linked)).matchAll(/^#+ (.+)$/gm)]
      t.ok(
        headings.some(([, heading = '']) => anchorOf(heading) === anchor),
        `${path}: ${target}`,
      )
    }
  }
})

t.test('the README leads to every page', async (t) => {
  t.strictSame(
    rows(section('README.md', 'Read on'))
      .map(([link = '']) => /\((docs\/.+)\)/.exec(link)?.[1])
      .filter((path) => path !== undefined)
      .sort(),
    [...pages.keys()].filter((path) => path !== 'README.md').sort(),
  )
})

t.test('nobody is told to install what the registry does not have', async (t) => {
  for (const [path, text] of pages)
    t.notMatch(
      text,
      /\b(npx|npm (install|i|add|exec|x))( -\S+)* contentstack-tokens-mock/,
      `${path} names no package of the registry`,
    )
})

t.test('the program is named as the package has it', async (t) => {
  for (const [path, text] of pages) {
    for (const [program] of text.matchAll(/\bdist\/[\w/.-]+\.js\b/g))
      t.equal(program, manifest.bin['contentstack-tokens-mock'], path)
  }
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
  const documented = [
    ...rows(page('docs/endpoints.md')),
    ...rows(section('docs/control.md', 'Calls')).map((cells) => cells.slice(0, 2)),
  ]
  t.strictSame(documented.sort(), routes.sort())
})

t.test('the comment on each option says its default', async (t) => {
  for (const [path, type] of [
    ['src/index.ts', 'TokensMockOptions'],
    ['src/server/tls/listener.ts', 'TlsOptions'],
  ] as const) {
    const [, members = ''] = new RegExp(`interface ${type} {\n(.*?)\n}`, 's').exec(read(path)) ?? []
    const names = [...members.matchAll(/^ {2}(\w+)\??: /gm)].map(([, name]) => name)
    const comments = members.split(/^ {2}\w+\??: .*$/m)
    t.ok(names.length > 4)
    for (const [i, name] of names.entries())
      t.match(comments[i], /Defaults to|the default/, `${type}.${name}`)
  }
})

t.test('the comment on each optional field of a fault rule and of a fixture says its default', async (t) => {
  for (const [path, least] of [
    ['src/world/faults.ts', 17],
    ['src/fixtures/schema.ts', 50],
  ] as const) {
    const fields = [
      ...read(path).matchAll(
        /^( *\/\*\*(?:(?!\*\/).)*\*\/\n)? +([\w$]+): (?:(?:Type\.)?Optional|Count)\(/gms,
      ),
    ]
    t.ok(fields.length >= least)
    for (const [, comment = '', name] of fields)
      t.match(comment, /Defaults\s+(\*\s+)?to|the default/, `${path}: ${name}`)
  }
})

t.test('the control API is what a program can do', async (t) => {
  const { world } = await start(t)
  const methodsOf = (object: object) =>
    Object.entries(Object.getOwnPropertyDescriptors(object))
      .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
      .map(([name]) => name)
  const methods: string[] = []
  for (
    let part = Object.getPrototypeOf(world) as object;
    part !== Object.prototype;
    part = Object.getPrototypeOf(part) as object
  )
    methods.push(...methodsOf(part))
  for (const [name, part] of Object.entries(world))
    methods.push(...methodsOf(Object(part) as object).map((method) => `${name}.${method}`))
  const text = section('docs/control.md', 'Calls')
  t.strictSame(
    [...new Set([...text.matchAll(/`mock\.([\w.]+)\(/g)].map(([, method]) => method))].sort(),
    methods.sort(),
  )
})

t.test('the keys and presets of fault rules', async (t) => {
  const { world } = await start(t)
  const document = (
    await world.inject({ url: '/_mock/openapi.json', headers: { host: 'localhost' } })
  ).json() as {
    paths: { '/_mock/faults': { put: { requestBody: { content: { 'application/json': unknown } } } } }
  }
  const { schema } = document.paths['/_mock/faults'].put.requestBody.content['application/json'] as {
    schema: {
      properties: {
        presets: { items: { enum: string[] } }
        rules: { items: { properties: object } }
      }
    }
  }
  const { presets, rules } = schema.properties
  const text = section('docs/control.md', 'Faults')
  const [keyTable = '', presetTable = ''] = text.split('| preset |')
  t.strictSame(
    rows(presetTable && `| preset |${presetTable}`)
      .map(([name]) => unquoted(name))
      .sort(),
    presets.items.enum.sort(),
  )
  const answer = ['error_message', 'error_code', 'headers', 'body']
  t.strictSame(
    [...rows(keyTable).map(([name]) => unquoted(name)), ...answer].sort(),
    Object.keys(rules.items.properties).sort(),
  )
  for (const key of answer) t.match(keyTable, `\`${key}\``)
})

t.test('the differences are what the code and the facts say', async (t) => {
  t.equal(page('docs/differences.md'), evidence())
})

t.test('what is stable in the package is what it exports', async (t) => {
  t.strictSame(
    rows(section('docs/compatibility.md', 'The package and the command'))
      .map(([name]) => unquoted(name))
      .sort(),
    Object.keys(entry).sort(),
  )
})

t.test('the credentials', async (t) => {
  const { world, call } = await start(t, { fixture: 'documentation' })
  const works: unknown[] = []
  for (const [role, authtoken, email] of rows(section('README.md', 'Credentials'))) {
    const headers = { authtoken: unquoted(authtoken) }
    const login = await call('POST', '/v3/user-session', {
      as: null,
      body: { user: { email: unquoted(email), password: 'password' } },
    })
    const delivery = await call('GET', '/v3/stacks/delivery_tokens', { as: null, headers })
    const write = await call('DELETE', '/v3/stacks/delivery_tokens/none', { as: null, headers })
    const management = await call('GET', '/v3/stacks/management_tokens', { as: null, headers })
    works.push([role, login.status, delivery.status, write.status, management.status])
  }
  t.strictSame(works, [
    ['owner', 200, 200, 422, 200],
    ['admin', 200, 200, 422, 200],
    ['developer', 200, 200, 422, 403],
    ['content_manager', 200, 200, 403, 403],
    ['not in the stack', 200, 412, 412, 412],
  ])
  const { status } = await call('GET', '/v3/environments', {
    as: null,
    apiKey: 'your_stack_api_key',
    headers: { authorization: 'your_management_token' },
  })
  t.equal(status, 200)
  t.strictSame(
    rows(section('docs/fixtures.md', 'Users and stacks')).map(([apiKey]) => unquoted(apiKey)),
    world.state().stacks.map(({ api_key: apiKey }) => apiKey),
  )
})

t.test('the fixtures are those that come with the package', async (t) => {
  t.strictSame(
    rows(page('docs/fixtures.md'))
      .map(([name]) => unquoted(name))
      .sort(),
    readdirSync(join(root, 'fixtures'))
      .filter((file) => file !== 'schema.json')
      .map((file) => basename(file, '.json'))
      .sort(),
  )
})

t.test('every sample of JSON can be read, and those that are fixtures are valid', async (t) => {
  let fixtures = 0
  for (const [path, text] of pages) {
    for (const [, sample = ''] of text.matchAll(/^```json\n(.*?)^```$/gms)) {
      const content = JSON.parse(sample) as object
      if (!('stacks' in content)) continue
      fixtures += 1
      t.ok(await start(t, { fixture: content as Fixture }), path)
    }
  }
  t.equal(fixtures, 1)
})

t.test('the first call returns what is printed', async (t) => {
  const text = section('README.md', 'First call')
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
