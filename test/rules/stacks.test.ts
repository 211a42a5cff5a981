import t from 'tap'
import type { Fixture } from '../../src/index.ts'
import {
  API_KEY,
  AUTHTOKENS,
  BRANCHES,
  DELIVERY,
  type Mock,
  NOW,
  refused,
  start,
  UID,
  withIds,
} from '../support.ts'

const STACKS = '/v3/stacks'
const ORGANIZATIONS = '/v3/organizations'
const ORGANIZATION = {
  uid: 'blt1f4a90c7d2e6b835',
  name: 'Documentation',
  owner_uid: 'blt6563a9b067fc1bc9',
  enabled: true,
  created_at: '2024-01-01T00:00:00.000Z',
  updated_at: '2024-01-01T00:00:00.000Z',
  tags: [],
}
const NO_ORGANIZATION = {
  error_message: 'The organization was not found. Please try again.',
  error_code: 110,
  errors: { organization_uid: ['is not valid.'] },
}
const NOT_LOGGED_IN = {
  error_message: "You're not allowed in here unless you're logged in.",
  error_code: 105,
}

/** The stack of `documentation` that has no branches. */
const BARE = 'blt9d3f06a1c5e82b74'

/** A call that names no stack. */
const callWithoutStack = (
  { world }: Mock,
  method: string,
  url: string,
  headers: Record<string, string> = {},
) => world.inject({ method: method as 'GET', url, headers: { authtoken: AUTHTOKENS.owner, ...headers } })

t.test('organizations', async (t) => {
  const mock = await start(t, { profile: 'live', fixture: 'documentation' })
  t.strictSame((await callWithoutStack(mock, 'GET', ORGANIZATIONS)).json(), {
    organizations: [{ ...ORGANIZATION, owner: true }],
  })
  const one = await callWithoutStack(mock, 'GET', `${ORGANIZATIONS}/${ORGANIZATION.uid}`)
  t.strictSame(one.json(), { organization: { ...ORGANIZATION, owner: true } })
  const asAdmin = await callWithoutStack(mock, 'GET', `${ORGANIZATIONS}/${ORGANIZATION.uid}`, {
    authtoken: AUTHTOKENS.admin,
  })
  t.strictSame(asAdmin.json(), { organization: ORGANIZATION }, 'only its owner sees the key owner')
  const stacks = await callWithoutStack(mock, 'GET', `${ORGANIZATIONS}/${ORGANIZATION.uid}/stacks`)
  t.strictSame(stacks.json(), (await callWithoutStack(mock, 'GET', STACKS)).json())
  for (const url of [`${ORGANIZATIONS}/x`, `${ORGANIZATIONS}/x/stacks`]) {
    const unknown = await callWithoutStack(mock, 'GET', url)
    t.equal(unknown.statusCode, 422)
    t.strictSame(unknown.json(), NO_ORGANIZATION)
  }
  for (const url of [ORGANIZATIONS, `${ORGANIZATIONS}/x`, `${ORGANIZATIONS}/x/stacks`]) {
    const response = await callWithoutStack(mock, 'GET', url, { authtoken: 'nobody' })
    t.equal(response.statusCode, 401)
    t.strictSame(response.json(), { ...NOT_LOGGED_IN, errors: { authtoken: ['is not valid.'] } })
  }
  t.strictSame((await callWithoutStack(mock, 'GET', `${ORGANIZATIONS}?include_count=true&skip=1`)).json(), {
    organizations: [],
    count: 1,
  })
  t.strictSame(
    (await callWithoutStack(mock, 'GET', `${ORGANIZATIONS}?limit=x`)).json(),
    refused('Organization fetch', { params: ['has an invalid operation.'] }),
  )
})

t.test('makes a stack, with the branch main', async (t) => {
  const mock = await start(t, { profile: 'live' })
  const headers = { organization_uid: ORGANIZATION.uid }
  const body = { stack: { name: 'Shop', description: 'The shop', master_locale: 'de-de' } }
  const created = await mock.call('POST', STACKS, { apiKey: '', as: 'outsider', headers, body })
  t.equal(created.status, 201)
  const outsider = mock.world.state().users[4]?.uid
  const stack = {
    created_at: NOW,
    updated_at: NOW,
    uid: UID,
    name: 'Shop',
    description: 'The shop',
    org_uid: ORGANIZATION.uid,
    api_key: UID,
    master_locale: 'de-de',
    owner_uid: outsider,
    user_uids: [outsider],
    settings: {},
    master_key: UID,
    SYS_ACL: {},
    discrete_variables: {},
  }
  t.strictSame(created.body, withIds({ notice: 'Stack created successfully.', stack }, created.body))
  const made = (created.body as { stack: { api_key: string } }).stack
  const inIt = { apiKey: made.api_key, as: 'outsider' } as const
  t.strictSame((await mock.call('GET', STACKS, inIt)).body, { stack: made })
  t.strictSame((await mock.call('GET', BRANCHES, inIt)).body, {
    branches: [
      {
        uid: 'main',
        source: '',
        created_by: outsider,
        updated_by: outsider,
        created_at: NOW,
        updated_at: NOW,
        deleted_at: false,
        alias: [],
      },
    ],
  })
  t.equal((await mock.call('GET', STACKS, { ...inIt, as: 'owner' })).status, 422, 'it is theirs alone')
  const plain = await mock.call('POST', STACKS, { apiKey: '', headers, body: { stack: { name: 'Plain' } } })
  const { description: _, ...undescribed } = stack
  const owner = 'blt6563a9b067fc1bc9'
  const expected = {
    notice: 'Stack created successfully.',
    stack: { ...undescribed, name: 'Plain', master_locale: 'en-us', owner_uid: owner, user_uids: [owner] },
  }
  t.strictSame(plain.body, withIds(expected, plain.body))
})

t.test('refuses to make a stack', async (t) => {
  const mock = await start(t)
  const before = mock.world.state()
  const headers = { organization_uid: ORGANIZATION.uid }
  for (const wrong of [{}, { organization_uid: '' }, { organization_uid: 'x' }]) {
    const answer = await mock.call('POST', STACKS, {
      headers: wrong as Record<string, string>,
      body: { stack: { name: 'Shop' } },
    })
    t.equal(answer.status, 422)
    t.strictSame(answer.body, NO_ORGANIZATION)
  }
  const nobody = await mock.call('POST', STACKS, { as: null, headers, body: { stack: { name: 'Shop' } } })
  t.equal(nobody.status, 401)
  t.strictSame(nobody.body, { ...NOT_LOGGED_IN, errors: { authtoken: ['is not valid.'] } })
  const REQUIRED = ['is a required field.']
  for (const [body, errors] of [
    [{}, { stack: REQUIRED }],
    [{ stack: [] }, { stack: REQUIRED }],
    [[], { stack: REQUIRED }],
    [undefined, { stack: REQUIRED }],
    [{ stack: {} }, { name: REQUIRED }],
    [{ stack: { name: '' } }, { name: REQUIRED }],
    [{ stack: { name: null } }, { name: REQUIRED }],
    [{ stack: { name: 1 } }, { name: ['is not valid.'] }],
    [{ stack: { name: 'x'.repeat(256) } }, { name: ['is too long. Maximum 255 characters.'] }],
    [
      { stack: { name: 'x', description: 1, master_locale: 2 } },
      { description: ['is not valid.'], master_locale: ['is not valid.'] },
    ],
  ] as const) {
    const answer = await mock.call('POST', STACKS, { headers, body })
    t.equal(answer.status, 422)
    t.strictSame(answer.body, refused('Stack creation', errors as never))
  }
  t.strictSame(mock.world.state(), before)
})

t.test('lists the stacks that the caller works in, newest first', async (t) => {
  const mock = await start(t, { fixture: 'documentation' })
  const list = async (query: string, headers?: Record<string, string>) =>
    (await callWithoutStack(mock, 'GET', `${STACKS}${query}`, headers)).json()
  const keys = (body: { stacks: { api_key: string }[] }) => body.stacks.map(({ api_key }) => api_key)
  t.strictSame(keys(await list('')), [BARE, 'your_stack_api_key', API_KEY])
  t.equal((await list('?include_count=true')).count, 3)
  t.strictSame(await list('?count=true'), { stacks: 3 })
  t.strictSame(keys(await list('?limit=1&skip=2')), [API_KEY])
  t.strictSame(keys(await list('?query={"name":"Documentation"}')), [API_KEY])
  t.strictSame(await list('', { authtoken: AUTHTOKENS.outsider }), { stacks: [] })
  t.equal(keys(await list('', { organization_uid: ORGANIZATION.uid })).length, 3)
  t.strictSame(await list('', { organization_uid: 'x' }), NO_ORGANIZATION)
  t.strictSame(await list('?skip=-1'), refused('Stack fetch', { params: ['has an invalid operation.'] }))
  const { body } = await mock.call('GET', STACKS, { as: 'admin' })
  const { stack } = body as { stack: { user_uids: string[]; owner_uid: string } }
  t.equal(stack.user_uids.length, 4)
  t.equal(stack.user_uids[0], stack.owner_uid)
})

t.test('renames a stack, and keeps what is left out', async (t) => {
  const { call } = await start(t)
  const { body: before } = (await call('GET', STACKS)) as { body: { stack: object } }
  const renamed = await call('PUT', STACKS, { body: { stack: { name: 'Renamed', master_locale: 'fr-fr' } } })
  t.equal(renamed.status, 200)
  t.strictSame(renamed.body, {
    notice: 'Stack updated successfully.',
    stack: { ...before.stack, name: 'Renamed', updated_at: NOW },
  })
  const described = await call('PUT', STACKS, { body: { stack: { description: 'New' } } })
  t.match(described.body, { stack: { name: 'Renamed', description: 'New' } })
  t.match((await call('PUT', STACKS, { body: { stack: { description: null } } })).body, {
    stack: { description: '' },
  })
  const wrong = await call('PUT', STACKS, { body: { stack: { name: '' } } })
  t.equal(wrong.status, 422)
  t.strictSame(wrong.body, refused('Stack update', { name: ['is a required field.'] }))
})

t.test('a deleted stack is gone, with its tokens', async (t) => {
  const { call, world } = await start(t, { fixture: 'documentation' })
  const deleted = await call('DELETE', STACKS)
  t.equal(deleted.status, 200)
  t.strictSame(deleted.body, { notice: 'Stack deleted successfully!' })
  for (const url of [STACKS, DELIVERY]) {
    const { status, body } = await call('GET', url)
    t.equal(status, url === STACKS ? 422 : 412)
    t.match(body, { error_code: 109 })
  }
  t.strictSame(
    world.state().stacks.map((stack) => stack.api_key),
    ['your_stack_api_key', BARE],
  )
  t.equal((await call('GET', DELIVERY, { apiKey: 'your_stack_api_key' })).status, 200)
})

t.test('an organization without users has no owner', async (t) => {
  const fixture: Fixture = { organization: { name: 'Empty' }, users: [], stacks: [] }
  const { world } = await start(t, { fixture })
  t.equal(world.state().organization.owner, null)
  t.strictSame((await start(t, { fixture: world.state() })).world.state(), world.state())
})

t.test('include_plan: what the plan allows, the caps in force included', async (t) => {
  const planned = async (options: object, flag = 'True') => {
    const mock = await start(t, { profile: 'live', fixture: 'documentation', ...options })
    const url = `${ORGANIZATIONS}/${ORGANIZATION.uid}?include_plan=${flag}`
    return (await callWithoutStack(mock, 'GET', url)).json()
  }
  const feature = (uid: string, name: string, key_order: number, limit: number) => ({
    uid,
    name,
    key_order,
    enabled: true,
    limit,
    max_limit: limit,
    is_required: false,
    depends_on: [],
  })
  const plan = {
    plan_id: 'tokens-mock',
    name: 'Plan of contentstack-tokens-mock',
    message: '',
    price: '0',
    features: [
      feature('managementTokensLimit', 'Management Tokens', 1, 10),
      feature('deliveryTokens', 'Delivery Tokens', 2, 20),
      feature('previewTokens', 'Preview Tokens', 3, 20),
      feature('limit', 'Write requests per second', 4, 10),
      feature('getLimit', 'Read requests per second', 5, 10),
      feature('bulkLimit', 'Bulk requests per second', 6, 1),
      feature('branches', 'Branches', 7, 50),
      feature('branch_aliases', 'Branch aliases', 8, 50),
    ],
  }
  const organization = { ...ORGANIZATION, owner: true }
  t.strictSame(await planned({}), { organization: { ...organization, plan } })
  t.match(await planned({ managementTokenCap: 3, deliveryTokenCap: 4 }), {
    organization: { plan: { features: [{ limit: 3 }, { limit: 4 }, { limit: 4 }] } },
  })
  for (const flag of ['false', '']) t.strictSame(await planned({}, flag), { organization })
  t.strictSame(await planned({}, '1'), refused('Organization fetch', { include_plan: ['is not valid.'] }))
})

t.test('include_collaborators: who works in a stack', async (t) => {
  const mock = await start(t, { profile: 'live' })
  const users = mock.world.state().users
  const collaborator = (email: string, role: string, second: number) => ({
    uid: users.find((user) => user.email === email)?.uid,
    email,
    plan_id: ['tokens-mock'],
    org_uid: [ORGANIZATION.uid],
    roles: [role],
    created_at: `2024-01-01T00:00:0${second}.000Z`,
    updated_at: `2024-01-01T00:00:0${second}.000Z`,
  })
  const stack = {
    created_at: '2024-01-01T00:00:00.000Z',
    updated_at: '2024-01-01T00:00:00.000Z',
    uid: UID,
    name: 'Empty',
    org_uid: ORGANIZATION.uid,
    api_key: API_KEY,
    master_locale: 'en-us',
    owner_uid: 'blt6563a9b067fc1bc9',
    user_uids: [0, 1, 2, 3].map((i) => users[i]?.uid),
    settings: {},
    master_key: UID,
    SYS_ACL: {},
    discrete_variables: {},
  }
  const collaborators = [
    collaborator('owner@example.com', 'owner', 0),
    collaborator('admin@example.com', 'admin', 1),
    collaborator('developer@example.com', 'developer', 2),
    collaborator('content.manager@example.com', 'content_manager', 3),
  ]
  for (const query of ['', '?include_collaborators=false', '?include_collaborators=']) {
    const plain = (await mock.call('GET', `${STACKS}${query}`)).body
    t.strictSame(plain, withIds({ stack }, plain))
  }
  const one = (await mock.call('GET', `${STACKS}?include_collaborators=true`)).body
  t.strictSame(one, withIds({ stack: { ...stack, collaborators } }, one))
  const list = (
    await callWithoutStack(mock, 'GET', `${STACKS}?include_collaborators=TRUE&include_count=true`)
  ).json()
  t.strictSame(list, withIds({ stacks: [{ ...stack, collaborators }], count: 1 }, list))
  const without = (await callWithoutStack(mock, 'GET', STACKS)).json()
  t.strictSame(without, withIds({ stacks: [stack] }, without))
})

t.test('stack settings', async (t) => {
  const mock = await start(t, { profile: 'live' })
  const url = `${STACKS}/settings`
  const before = (await mock.call('GET', STACKS)).body as { stack: object }
  t.strictSame((await mock.call('GET', url)).body, { stack_settings: {} })
  const settings = { live_preview: { enabled: true, 'default-env': 'blt56315e2be149a0aa' } }
  const posted = await mock.call('POST', url, { body: { stack_settings: settings } })
  t.equal(posted.status, 201)
  t.strictSame(posted.body, { notice: 'Stack settings updated successfully.', stack_settings: settings })
  const more = { discrete_variables: { cms: true } }
  t.strictSame((await mock.call('POST', url, { as: 'admin', body: { stack_settings: more } })).body, {
    notice: 'Stack settings updated successfully.',
    stack_settings: { ...settings, ...more },
  })
  t.strictSame((await mock.call('GET', url, { as: 'content_manager' })).body, {
    stack_settings: { ...settings, ...more },
  })
  t.strictSame((await mock.call('GET', STACKS)).body, {
    stack: { ...before.stack, settings: { ...settings, ...more }, updated_at: NOW },
  })
  const state = mock.world.state()
  t.strictSame((await start(t, { fixture: state })).world.state(), state)
  for (const [body, errors] of [
    [{}, { stack_settings: ['is a required field.'] }],
    [{ stack_settings: [] }, { stack_settings: ['is a required field.'] }],
    [
      { stack_settings: { live_preview: { enabled: true } } },
      { 'settings.live_preview': ['default-env is a required field.'] },
    ],
  ] as const) {
    const { status, body: answer } = await mock.call('POST', url, { body })
    t.equal(status, 422)
    t.strictSame(answer, {
      error_message: 'Stack settings update failed. Please try again.',
      error_code: 150,
      errors,
    })
  }
  const body = { stack_settings: {} }
  t.equal((await mock.call('POST', url, { as: 'developer', body })).status, 403)
  t.equal((await mock.call('GET', url, { as: null, headers: { authorization: 'x' } })).status, 401)
  t.strictSame(mock.world.state(), state)
  const off = { stack_settings: { live_preview: { enabled: false } } }
  t.equal((await mock.call('POST', url, { body: off })).status, 201)
})
