import fc from 'fast-check'
import t from 'tap'
import { API_KEY, AUTHTOKENS, start } from './support.ts'

// Requests that nobody would write by hand: whatever they are, the answer is in the API's envelope, and one that is
// refused has changed nothing.

/** How many; where the environment says so, others each time. A failure names its seed. */
const { GENERATED_RUNS, GENERATED_SEED } = process.env
const RUNS = Number(GENERATED_RUNS ?? 3000)
const SEED = Number(GENERATED_SEED ?? (GENERATED_RUNS ? Date.now() : 1))

/** Texts that have broken other servers. */
const nasty = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  ' ',
  '*',
  '.',
  '..',
  '%',
  '%00',
  '%2F',
  '\u0000',
  '\ud800',
  '\uffff',
  '\u202e',
  '𝒳',
  "'; DROP TABLE stacks; --",
  '<script>',
  '{}',
  '[]',
  'null',
  '-1',
  'NaN',
  '1e999',
  '9'.repeat(400),
  'x'.repeat(3000),
)
/** Any code points, half surrogates among them; fast-check's own strings of all of Unicode take seconds to set up. */
const unicode = fc
  .array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 20 })
  .map((codePoints) => String.fromCodePoint(...codePoints))
const text = fc.oneof(nasty, unicode, fc.string({ maxLength: 20 }))
// Made once, since making it takes longer than a request.
const json = fc.jsonValue()

const known = fc.constantFrom(
  'bltdce123123d321f3',
  'blt8041e844c449278a',
  'bltda613c24d4e12c28',
  'production',
  'main',
  'development',
  'deploy',
  'release',
  'blt1f4a90c7d2e6b835',
  'next',
)
const segment = fc.oneof(
  { weight: 4, arbitrary: known },
  { weight: 1, arbitrary: text.map((value) => encodeURIComponent(value.toWellFormed())) },
  // Raw, as far as the test's own client can say it.
  { weight: 1, arbitrary: text.map((value) => value.replaceAll(/[^!-~]|[?#\\]/g, '')) },
)

const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'limit',
        'skip',
        'query',
        'asc',
        'desc',
        'force',
        'include_count',
        'count',
        'create_with_preview_token',
        'include_orgs_roles',
        'include_plan',
        'include_collaborators',
        '__proto__',
        'x',
      ),
      fc.oneof(fc.constantFrom('true', 'false', '1', '{"name":"Test"}', '{"__proto__":{}}', 'name'), text),
    ),
    { maxLength: 3 },
  )
  .map((pairs) =>
    pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&'),
  )
  .map((pairs) => pairs && `?${pairs}`)

const visible = text.map((value) => value.replaceAll(/[^!-~]/g, ''))
const header = (...good: string[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: visible })
/** Most requests come from the owner, so that many get far. */
const headers = fc
  .tuple(
    fc.record({
      api_key: header(API_KEY, API_KEY, API_KEY, 'your_stack_api_key'),
      authtoken: fc.oneof(
        { weight: 4, arbitrary: fc.constant(AUTHTOKENS.owner) },
        { weight: 1, arbitrary: header(...Object.values(AUTHTOKENS)) },
      ),
      'content-type': fc.oneof(
        { weight: 8, arbitrary: fc.constant('application/json') },
        { weight: 1, arbitrary: header('application/json; charset=utf-8', 'text/plain', 'nonsense') },
      ),
    }),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc.record(
          {
            authorization: header('your_management_token'),
            branch: header('main', 'deploy', 'development'),
            organization_uid: header('blt1f4a90c7d2e6b835'),
            'x-extra': visible,
          },
          { requiredKeys: [] },
        ),
      },
    ),
  )
  .map(([usual, further]) => ({ ...usual, ...further }))

const scope = fc.array(
  fc.record(
    {
      module: fc.oneof(fc.constantFrom('environment', 'branch', 'branch_alias', '$all', 'entry'), text),
      acl: fc.oneof(fc.constant({ read: true }), fc.constant({ read: 'true', write: true }), json),
      environments: fc.oneof(fc.constant(['production']), json),
      branches: fc.oneof(fc.constant(['main']), json),
      branch_aliases: fc.oneof(fc.constant(['deploy']), json),
    },
    { requiredKeys: ['module'] },
  ),
  { maxLength: 4 },
)
const goodScope = fc.constant([
  { module: 'environment', environments: ['production'], acl: { read: true } },
  { module: 'branch', branches: ['main'], acl: { read: true } },
])
const fieldsOf = (good: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(
    Object.fromEntries(
      Object.entries(good).map(([name, value]) => [
        name,
        fc.oneof({ weight: 12, arbitrary: value }, { weight: 1, arbitrary: json }),
      ]),
    ),
    { requiredKeys: [] },
  )
const resources = {
  token: {
    name: text,
    description: text,
    scope: fc.oneof({ weight: 2, arbitrary: goodScope }, { weight: 1, arbitrary: scope }),
    expires_on: fc.oneof(
      fc.constantFrom('2030-01-01', null, '2026-13-40', '2030-01-01T00:00:00+25:00'),
      text,
    ),
    is_email_notification_enabled: fc.boolean(),
    rate_limit_enabled: fc.boolean(),
  },
  environment: {
    name: fc.oneof(known, text),
    urls: fc.constant([{ locale: 'en-us', url: 'x' }]),
    servers: json,
    deploy_content: fc.boolean(),
  },
  branch: { uid: fc.oneof(known, fc.string({ maxLength: 15 }), text), source: fc.oneof(known, text) },
  branch_alias: { target_branch: fc.oneof(known, text) },
  stack: { name: text, description: text, master_locale: text },
  stack_settings: {
    live_preview: fc.record({ enabled: fc.boolean(), 'default-env': text }, { requiredKeys: [] }),
    x: json,
  },
  user: {
    email: fc.constantFrom('owner@example.com', 'two.factor@example.com'),
    password: fc.constantFrom('password', 'wrong'),
    tfa_token: fc.constantFrom('123456', '', 'x'),
  },
}
type Resource = keyof typeof resources
const deep = fc
  .tuple(
    fc.constantFrom(
      '{"token":',
      '{"environment":{"name":"x","servers":',
      '{"stack":{"name":"x","a":',
      '{"stack_settings":{"x":',
    ),
    fc.integer({ min: 50, max: 20_000 }),
  )
  .map(([head, n]) => `${head}${'['.repeat(n)}${']'.repeat(n)}${'}'.repeat(head.split('{').length - 1)}`)
const oddBody = fc.oneof(
  json.map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '{',
    '',
    '{"token":{"__proto__":{"name":"x"}}}',
    '{"__proto__":1}',
    '{"token":{"name":"\\ud800"}}',
    '{"constructor":{"prototype":{"name":"x"}}}',
  ),
  deep,
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  fc.constant('x'.repeat(1024 * 1024 + 1)),
)

/** The collections, with the resource that their calls take, and whether there are calls to one of its items. */
const COLLECTIONS: [path: string, resource: Resource, hasItems: boolean][] = [
  ['/stacks', 'stack', false],
  ['/stacks/settings', 'stack_settings', false],
  ['/stacks/delivery_tokens', 'token', true],
  ['/stacks/management_tokens', 'token', true],
  ['/stacks/branches', 'branch', true],
  ['/stacks/branch_aliases', 'branch_alias', true],
  ['/environments', 'environment', true],
  ['/organizations', 'stack', true],
  ['/user', 'user', false],
  ['/user-session', 'user', false],
  ['/content_types', 'token', true],
]

/** A request to a collection or something in it. */
const call = fc.constantFrom(...COLLECTIONS).chain(([collection, resource, hasItems]) =>
  fc.record({
    url: fc
      .tuple(
        fc.oneof(
          { weight: 20, arbitrary: fc.constantFrom('/v3', '') },
          { weight: 1, arbitrary: fc.constantFrom('/v3/', '/_mock', '/V3') },
        ),
        fc.option(segment, { nil: undefined, freq: hasItems ? 4 : 1 }),
        fc.oneof(
          { weight: 8, arbitrary: fc.constant('') },
          { weight: 1, arbitrary: fc.constantFrom('/preview_token', '/stacks', '/') },
        ),
        query,
      )
      .map(
        ([prefix, own, suffix, search]) =>
          `${prefix}${collection}${own === undefined ? '' : `/${own}`}${suffix}${search}`,
      ),
    payload: fc.oneof(
      {
        weight: 6,
        arbitrary: fieldsOf(resources[resource]).map((value) => JSON.stringify({ [resource]: value })),
      },
      { weight: 1, arbitrary: oddBody },
      { weight: 2, arbitrary: fc.constant(undefined) },
    ),
  }),
)
const method = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE') },
  { weight: 1, arbitrary: fc.constantFrom('PATCH', 'HEAD', 'OPTIONS') },
)

t.test(`${RUNS} generated requests`, async (t) => {
  const mock = await start(t, { fixture: 'documentation' })
  let before = JSON.stringify(mock.world.state())
  let requests = 0
  const statuses: Record<number, number> = {}
  await fc.assert(
    fc
      .asyncProperty(method, headers, call, async (method, headers, { url, payload }) => {
        const response = await mock.world.inject({
          method: method as 'GET',
          url,
          headers,
          ...(payload !== undefined && { payload }),
        })
        const { statusCode: status } = response
        statuses[status] = (statuses[status] ?? 0) + 1
        if (status >= 500) throw new Error(`${status}: ${response.body}`)
        const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(method)
        if (status < 400) {
          // A read that changed something would be found at the next refusal.
          if (!isRead) before = JSON.stringify(mock.world.state())
          return
        }
        if (JSON.stringify(mock.world.state()) !== before)
          throw new Error(`Refused, and yet changed: ${response.body}`)
        if (method === 'HEAD') return
        const { error_message: message, error_code: code, errors = {} } = response.json()
        const isEnvelope = typeof message === 'string' && ['number', 'undefined'].includes(typeof code)
        if (!isEnvelope || typeof errors !== 'object') throw new Error(`No envelope: ${response.body}`)
      })
      .beforeEach(async () => {
        // From the start again, before too much is deleted and everybody is logged out.
        requests += 1
        if (requests % 50 > 0) return
        mock.world.load(JSON.parse(before))
        if (JSON.stringify(mock.world.state()) !== before)
          throw new Error(`Loaded as another state: ${before}`)
        mock.world.reset()
        before = JSON.stringify(mock.world.state())
      }),
    { numRuns: RUNS, seed: SEED, endOnFailure: true },
  )
  for (const status of [200, 201, 400, 401, 403, 404, 405, 412, 413, 422])
    t.ok(statuses[status], `some were answered ${status}`)
  t.comment(statuses)
})
