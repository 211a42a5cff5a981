import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  ALIASES,
  AUTHTOKENS,
  BRANCHES,
  DELIVERY,
  deliveryScope,
  ENVIRONMENTS,
  MANAGEMENT,
  managementScope,
  start,
} from '../support.ts'

const UNKNOWN_STACK = {
  error_message: "We can't find that Stack. Please try again.",
  error_code: 109,
  errors: { api_key: ['is not valid.'] },
}
const NOT_LOGGED_IN = {
  error_message: "You're not allowed in here unless you're logged in.",
  error_code: 105,
  errors: { authtoken: ['is not valid.'] },
}
const NOT_PERMITTED = {
  error_message: "You don't have the permission to do this operation.",
  error_code: 316,
}

const delivery = `${DELIVERY}/bltdce123123d321f3`
const management = `${MANAGEMENT}/bltda613c24d4e12c28`

type Role = 'owner' | 'admin' | 'developer' | 'content_manager'
type Action = keyof typeof PERMITTED

/** Each call, with a body that it takes, and the status of its success. */
const CALLS: [method: string, url: string, action: Action, success: number, body?: object][] = [
  ['GET', DELIVERY, 'read delivery tokens', 200],
  ['GET', delivery, 'read delivery tokens', 200],
  ['POST', DELIVERY, 'write delivery tokens', 201, { token: { name: 'New', scope: deliveryScope() } }],
  ['PUT', delivery, 'write delivery tokens', 200, { token: { name: 'Renamed' } }],
  ['DELETE', delivery, 'write delivery tokens', 200],
  ['POST', `${delivery}/preview_token`, 'write preview tokens', 201],
  ['DELETE', `${DELIVERY}/blt8041e844c449278a/preview_token`, 'write preview tokens', 200],
  ['GET', MANAGEMENT, 'read management tokens', 200],
  ['GET', management, 'read management tokens', 200],
  ['POST', MANAGEMENT, 'write management tokens', 201, { token: { name: 'New', scope: managementScope() } }],
  ['PUT', management, 'write management tokens', 200, { token: { name: 'Renamed' } }],
  ['DELETE', management, 'write management tokens', 200],
  ['GET', '/v3/stacks', 'read the stack', 200],
  ['PUT', '/v3/stacks', 'change the stack', 200, { stack: { name: 'Renamed' } }],
  ['DELETE', '/v3/stacks', 'delete the stack', 200],
  ['GET', ENVIRONMENTS, 'read environments', 200],
  ['GET', `${ENVIRONMENTS}/production`, 'read environments', 200],
  ['POST', ENVIRONMENTS, 'write environments', 201, { environment: { name: 'staging' } }],
  ['PUT', `${ENVIRONMENTS}/production`, 'write environments', 200, { environment: { name: 'live' } }],
  ['DELETE', `${ENVIRONMENTS}/production`, 'write environments', 200],
  ['GET', BRANCHES, 'read branches and aliases', 200],
  ['GET', `${BRANCHES}/main`, 'read branches and aliases', 200],
  ['POST', BRANCHES, 'write branches and aliases', 201, { branch: { uid: 'next', source: 'main' } }],
  ['DELETE', `${BRANCHES}/development?force=true`, 'write branches and aliases', 200],
  ['GET', ALIASES, 'read branches and aliases', 200],
  ['GET', `${ALIASES}/deploy`, 'read branches and aliases', 200],
  [
    'PUT',
    `${ALIASES}/deploy`,
    'write branches and aliases',
    200,
    { branch_alias: { target_branch: 'development' } },
  ],
  ['DELETE', `${ALIASES}/deploy?force=true`, 'write branches and aliases', 200],
  ['GET', '/v3/locales', 'read locales and content', 200],
  ['GET', '/v3/locales/en-us', 'read locales and content', 200],
  ['GET', '/v3/content_types', 'read locales and content', 200],
]

const PERMITTED = {
  'read delivery tokens': ['owner', 'admin', 'developer', 'content_manager'],
  'write delivery tokens': ['owner', 'admin', 'developer'],
  'write preview tokens': ['owner', 'admin', 'developer'],
  'read management tokens': ['owner', 'admin'],
  'write management tokens': ['owner', 'admin'],
  'read the stack': ['owner', 'admin', 'developer', 'content_manager'],
  'change the stack': ['owner', 'admin'],
  'delete the stack': ['owner'],
  'read environments': ['owner', 'admin', 'developer', 'content_manager'],
  'write environments': ['owner', 'admin', 'developer'],
  'read branches and aliases': ['owner', 'admin', 'developer', 'content_manager'],
  'write branches and aliases': ['owner', 'admin', 'developer'],
  'read locales and content': ['owner', 'admin', 'developer', 'content_manager'],
} satisfies Record<string, Role[]>

t.test('the documentation has the same table', async (t) => {
  const page = readFileSync(new URL('../../docs/endpoints.md', import.meta.url), 'utf8')
  const [, table = ''] = /\n## Who may do what\n\n((?:\|.*\n)+)/.exec(page) ?? []
  const roles = ['owner', 'admin', 'developer', 'content_manager']
  t.equal(
    table,
    [
      ['action', ...roles],
      ['---', ...roles.map(() => '---')],
      ...Object.entries(PERMITTED).map(([action, permitted]: [string, string[]]) => [
        action,
        ...roles.map((role) => (permitted.includes(role) ? 'yes' : 'no')),
      ]),
    ]
      .map((cells) => `| ${cells.join(' | ')} |\n`)
      .join(''),
  )
})

/** One server for all of these: each test begins with a reset. */
const mock = await start(t, { fixture: 'documentation' })

for (const role of ['owner', 'admin', 'developer', 'content_manager'] as const) {
  for (const [method, url, action, success, body] of CALLS) {
    const permitted = (PERMITTED[action] as Role[]).includes(role)
    t.test(`${permitted ? 'permits' : 'refuses'} ${role} ${method} ${url}`, async (t) => {
      const { call, world } = mock
      world.reset()
      const before = world.state()
      const answer = await call(method, url, { as: role, body })
      t.equal(answer.status, permitted ? success : 403)
      if (permitted) return
      t.strictSame(answer.body, NOT_PERMITTED)
      t.strictSame(world.state(), before)
      // The permission is checked before the body.
      t.strictSame((await call(method, url, { as: role, body: body && '{' })).body, NOT_PERMITTED)
    })
  }
}

for (const [method, url] of CALLS) {
  t.test(`${method} ${url} wants a stack, then a user of it`, async (t) => {
    const { call, world } = mock
    world.reset()
    // Without an api_key, GET /stacks lists.
    for (const apiKey of url === '/v3/stacks' && method === 'GET' ? ['bltunknown'] : ['', 'bltunknown']) {
      const { status, body } = await call(method, url, { apiKey, as: null })
      t.equal(status, url === '/v3/stacks' ? 422 : 412, 'before the credential')
      t.strictSame(body, UNKNOWN_STACK)
    }
    for (const headers of [{}, { authtoken: '' }, { authtoken: 'nobody' }]) {
      const { status, body } = await call(method, url, {
        as: null,
        headers: headers as Record<string, string>,
      })
      t.equal(status, 401)
      t.strictSame(body, NOT_LOGGED_IN)
    }
    const outsider = await call(method, url, { as: 'outsider' })
    t.equal(outsider.status, url === '/v3/stacks' ? 422 : 412)
    t.strictSame(outsider.body, UNKNOWN_STACK)
  })
}

t.test('wants an api_key at all', async (t) => {
  const { world } = await start(t)
  const response = await world.inject({ url: DELIVERY, headers: { authtoken: AUTHTOKENS.owner } })
  t.equal(response.statusCode, 412)
  t.strictSame(response.json(), UNKNOWN_STACK)
})

t.test('a management token is of no use on the token calls and the stack itself', async (t) => {
  const { call } = await start(t, { fixture: 'documentation' })
  const headers = { authorization: 'your_management_token' }
  for (const [method, url, action] of CALLS) {
    if (!/delivery tokens|management tokens|the stack/.test(action)) continue
    const { status, body } = await call(method, url, { as: null, headers, apiKey: 'your_stack_api_key' })
    t.equal(status, 401, `${method} ${url}`)
    t.strictSame(body, NOT_LOGGED_IN)
  }
})

t.test('tokens of one stack are not seen in another', async (t) => {
  const { call } = await start(t, { fixture: 'documentation' })
  const { status } = await call('GET', delivery, { apiKey: 'your_stack_api_key' })
  t.equal(status, 422)
})
