import t from 'tap'
import {
  ALIASES,
  API_KEY,
  BRANCHES,
  DELIVERY,
  deliveryScope,
  ENVIRONMENTS,
  MANAGEMENT,
  type Mock,
  managementScope,
  start,
  TOKEN_VALUE,
  UID,
  withIds,
} from '../support.ts'

const DEVELOPER_OAUTH = 'developer_oauth_token'
const notLoggedIn = (header: 'authtoken' | 'authorization') => ({
  error_message: "You're not allowed in here unless you're logged in.",
  error_code: 105,
  errors: { [header]: ['is not valid.'] },
})

/** The stack of the page, where the developer has an OAuth access token. */
async function withOauth(t: Parameters<typeof start>[0], options: Parameters<typeof start>[1] = {}) {
  const plain = await start(t)
  const state = plain.world.state()
  const users = state.users.map((user) =>
    user.email === 'developer@example.com' ? { ...user, oauth_tokens: [DEVELOPER_OAUTH] } : user,
  )
  return start(t, { fixture: { ...state, users }, ...options })
}

const managementToken = async ({ call }: Mock, scope: object[] = managementScope()) => {
  const { body } = await call('POST', MANAGEMENT, { body: { token: { name: 'CI', scope } } })
  return (body as { token: { token: string } }).token.token
}

const bearer = (value: string, authtoken?: string) => ({
  as: null,
  headers: { authorization: `Bearer ${value}`, ...(authtoken !== undefined && { authtoken }) },
})

t.test('an OAuth access token counts as its user', async (t) => {
  const mock = await withOauth(t)
  const developer = mock.world.state().users.find(({ email }) => email === 'developer@example.com')?.uid
  const user = await mock.call('GET', '/v3/user', bearer(DEVELOPER_OAUTH))
  t.match(user.body, { user: { email: 'developer@example.com' } })
  const created = await mock.call('POST', DELIVERY, {
    ...bearer(DEVELOPER_OAUTH),
    body: { token: { name: 'Web', scope: deliveryScope() } },
  })
  t.equal(created.status, 201)
  t.match(created.body, { token: { created_by: developer } })
  const { uid } = (created.body as { token: { uid: string } }).token
  const preview = await mock.call('POST', `${DELIVERY}/${uid}/preview_token`, bearer(DEVELOPER_OAUTH))
  t.equal(preview.status, 201)
  t.match(preview.body, withIds({ token: { preview_token: TOKEN_VALUE } }, preview.body))
  const environment = await mock.call('POST', ENVIRONMENTS, {
    ...bearer(DEVELOPER_OAUTH),
    body: { environment: { name: 'qa' } },
  })
  t.match(environment.body, { environment: { created_by: developer } })
  for (const scheme of ['bearer', 'BEARER'])
    t.equal(
      (
        await mock.call('GET', DELIVERY, {
          as: null,
          headers: { authorization: `${scheme} ${DEVELOPER_OAUTH}` },
        })
      ).status,
      200,
      scheme,
    )
  const role = await mock.call('GET', MANAGEMENT, bearer(DEVELOPER_OAUTH))
  t.equal(role.status, 403)
  const beside = await mock.call('GET', MANAGEMENT, bearer(DEVELOPER_OAUTH, 'Your_Authtoken'))
  t.equal(beside.status, 403, 'it decides beside an authtoken')
  const unknown = await mock.call('GET', DELIVERY, bearer('nobody', 'Your_Authtoken'))
  t.equal(unknown.status, 401)
  t.strictSame(unknown.body, notLoggedIn('authorization'))
})

t.test('an unknown OAuth access token is refused on every call', async (t) => {
  const mock = await withOauth(t)
  const before = mock.world.state()
  for (const [method, url] of [
    ['GET', '/v3/user'],
    ['DELETE', '/v3/user-session'],
    ['GET', '/v3/organizations'],
    ['GET', '/v3/stacks'],
    ['GET', DELIVERY],
    ['GET', MANAGEMENT],
    ['GET', ENVIRONMENTS],
    ['GET', BRANCHES],
    ['GET', '/v3/locales'],
  ] as const) {
    for (const value of ['nobody', '']) {
      const { status, body } = await mock.call(method, url, bearer(value))
      t.equal(status, 401, `${method} ${url}`)
      t.strictSame(body, notLoggedIn('authorization'))
    }
  }
  t.strictSame(mock.world.state(), before)
})

t.test('a logout ends an OAuth access token', async (t) => {
  const mock = await withOauth(t)
  const logout = await mock.call('DELETE', '/v3/user-session', bearer(DEVELOPER_OAUTH))
  t.equal(logout.status, 200)
  t.equal((await mock.call('GET', '/v3/user', bearer(DEVELOPER_OAUTH))).status, 401)
  t.equal((await mock.call('GET', '/v3/user', { as: 'developer' })).status, 200, 'and no authtoken')
})

t.test(
  'documented: an OAuth access token counts as the authtoken, beside which the other is missing',
  async (t) => {
    const mock = await withOauth(t, { profile: 'documented' })
    const { body } = await mock.call('POST', `${DELIVERY}?create_with_preview_token=true`, {
      body: { token: { name: 'Web', scope: deliveryScope() } },
    })
    const { uid } = (body as { token: { uid: string } }).token
    const answer = await mock.call('DELETE', `${DELIVERY}/${uid}/preview_token`, bearer(DEVELOPER_OAUTH))
    t.equal(answer.status, 401)
    t.strictSame(answer.body, notLoggedIn('authorization'))
  },
)

t.test('of two credentials the management token decides, where it may make the call', async (t) => {
  const mock = await start(t)
  const good = await managementToken(mock, [
    { module: 'environment', acl: { read: true, write: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ])
  const call = (
    authorization: string,
    authtoken: string,
    method = 'GET',
    url = ENVIRONMENTS,
    body?: object,
  ) => mock.call(method, url, { as: null, headers: { authorization, authtoken }, body })
  t.equal((await call(good, 'nobody')).status, 200)
  t.equal((await call(good, good)).status, 200, 'the same in both headers')
  t.equal((await call(good, 'Your_Authtoken')).status, 200)
  const denied = await call(good, 'Your_Authtoken', 'GET', ALIASES)
  t.equal(denied.status, 401, 'its scope decides, not the role')
  t.strictSame(denied.body, {
    error_message: 'Access denied. You have insufficient permissions to perform this operation.',
    error_code: 161,
  })
  const bad = await call('nobody', 'Your_Authtoken')
  t.equal(bad.status, 401)
  t.strictSame(bad.body, notLoggedIn('authorization'))
  t.equal((await call('nobody', 'Your_Authtoken', 'GET', DELIVERY)).status, 200, 'elsewhere it is ignored')
  t.equal(
    (await call(good, 'Your_Authtoken', 'POST', BRANCHES, { branch: { uid: 'a', source: 'main' } })).status,
    201,
  )
  t.equal((await call(good, 'Your_Authtoken', 'DELETE', `${ALIASES}/deploy?force=true`)).status, 200)
})

t.test('a 401 says what was sent, and why it does not count', async (t) => {
  const mock = await withOauth(t)
  const good = await managementToken(mock)
  await mock.call('POST', '/v3/stacks', {
    apiKey: '',
    headers: { organization_uid: 'blt1f4a90c7d2e6b835' },
    body: { stack: { name: 'Other' } },
  })
  const other = mock.world.state().stacks.find(({ name }) => name === 'Other')?.api_key ?? ''
  const reason = async (url: string, headers: Record<string, string>, apiKey = API_KEY) =>
    (await mock.call('GET', url, { as: null, headers, apiKey })).response.headers['x-mock-reason']
  for (const [url, headers, expected] of [
    [DELIVERY, {}, 'The header authtoken is missing.'],
    [DELIVERY, { authtoken: 'nobody' }, 'The authtoken is unknown or revoked.'],
    [
      DELIVERY,
      { authorization: good },
      'The header authtoken is missing. The header authorization holds a management token, which cannot make this call.',
    ],
    [
      DELIVERY,
      { authorization: 'nobody' },
      'The header authtoken is missing. The header authorization holds an unknown value, which cannot make this call.',
    ],
    [DELIVERY, { authtoken: good }, 'The header authtoken holds a management token.'],
    [DELIVERY, { authtoken: DEVELOPER_OAUTH }, 'The header authtoken holds an OAuth access token.'],
    [
      DELIVERY,
      { access_token: 'cs1' },
      'The header authtoken is missing. The header access_token does not count here.',
    ],
    [
      DELIVERY,
      { authorization: 'Bearer nobody' },
      'The OAuth access token after Bearer is unknown or revoked.',
    ],
    [
      DELIVERY,
      { authorization: `Bearer ${good}` },
      'The header authorization holds a management token, which is sent without Bearer.',
    ],
    [
      ENVIRONMENTS,
      { authorization: 'Bearer Your_Authtoken' },
      'The header authorization holds an authtoken, which is sent without Bearer.',
    ],
    [
      ENVIRONMENTS,
      { authorization: 'nobody' },
      'The stack has no such management token. It may have been deleted.',
    ],
    [ENVIRONMENTS, { authorization: 'Your_Authtoken' }, 'The header authorization holds an authtoken.'],
    [
      ENVIRONMENTS,
      { authorization: DEVELOPER_OAUTH },
      'The header authorization holds an OAuth access token. Write Bearer before it.',
    ],
  ] as const)
    t.equal(await reason(url, headers as Record<string, string>), expected)
  t.equal(
    await reason(ENVIRONMENTS, { authorization: good }, other),
    'The header authorization holds a management token of another stack.',
  )
})

t.test('the header branch has to name a branch or an alias, on every call below a stack', async (t) => {
  const mock = await start(t, { fixture: 'documentation' })
  const before = mock.world.state()
  for (const url of [
    DELIVERY,
    MANAGEMENT,
    ENVIRONMENTS,
    BRANCHES,
    ALIASES,
    '/v3/locales',
    '/v3/stacks/settings',
  ]) {
    const unknown = await mock.call('GET', url, { headers: { branch: 'nowhere' } })
    t.equal(unknown.status, 422, url)
    t.strictSame(unknown.body, { error_message: "The Branch 'nowhere' was not found.", error_code: 900 })
    for (const branch of ['main', 'deploy'])
      t.equal((await mock.call('GET', url, { headers: { branch } })).status, 200)
  }
  const before400 = await mock.call('POST', DELIVERY, { headers: { branch: 'nowhere' }, body: '{' })
  t.equal(before400.status, 422, 'before the body')
  t.equal((await mock.call('GET', '/v3/stacks', { headers: { branch: 'nowhere' } })).status, 200)
  const stack = { apiKey: 'blt9d3f06a1c5e82b74', headers: { branch: 'nowhere' } }
  t.equal((await mock.call('GET', DELIVERY, stack)).status, 200, 'a stack without branches ignores it')
  t.strictSame(mock.world.state(), before)
})

t.test('locales: the master locale alone', async (t) => {
  const mock = await start(t)
  const owner = 'blt6563a9b067fc1bc9'
  const { status, body } = await mock.call('GET', '/v3/locales?include_count=True')
  const locale = {
    code: 'en-us',
    fallback_locale: null,
    uid: UID,
    name: 'English - United States',
    created_by: owner,
    updated_by: owner,
    created_at: '2024-01-01T00:00:00.000Z',
    updated_at: '2024-01-01T00:00:00.000Z',
    ACL: {},
    _version: 1,
  }
  t.equal(status, 200)
  t.strictSame(body, withIds({ locales: [locale], count: 1 }, body))
  const [listed] = (body as { locales: object[] }).locales
  t.strictSame((await mock.call('GET', '/v3/locales/en-us')).body, { locale: listed })
  const query = (filter: object) => `/v3/locales?query=${encodeURIComponent(JSON.stringify(filter))}`
  t.strictSame((await mock.call('GET', query({ fallback_locale: null }))).body, { locales: [listed] })
  t.strictSame((await mock.call('GET', query({ code: 'de-de' }))).body, { locales: [] })
  t.strictSame((await mock.call('GET', '/v3/locales?skip=1')).body, { locales: [] })
  t.strictSame((await mock.call('GET', '/v3/locales?limit=0')).body, { locales: [] })
  t.strictSame(
    (await mock.call('GET', '/v3/locales?skip=1e%2B100')).body,
    { locales: [] },
    'as csdx writes it',
  )
  t.strictSame((await mock.call('GET', '/v3/locales?count=true')).body, { locales: 1 })
  const unknown = await mock.call('GET', '/v3/locales/xx')
  t.equal(unknown.status, 422)
  t.strictSame(unknown.body, {
    error_message: 'Locale fetch failed. Please try again.',
    error_code: 141,
    errors: { code: ['is not valid.'] },
  })
  for (const [code, name] of [
    ['de', 'German'],
    ['fr-fr', 'French - France'],
    ['nonsense', 'nonsense'],
  ]) {
    const state = mock.world.state()
    const [stack] = state.stacks
    mock.world.load({
      ...state,
      stacks: [{ ...stack, name: 'x', owner: stack?.owner ?? '', master_locale: code ?? '' }],
    })
    t.match((await mock.call('GET', '/v3/locales')).body, { locales: [{ code, name }] })
  }
})

t.test('the lists of a stack without content are empty', async (t) => {
  const mock = await start(t)
  for (const [name, module] of [
    ['content_types', 'content_type'],
    ['global_fields', 'global_field'],
    ['assets', 'asset'],
    ['extensions', 'extension'],
    ['roles', 'role'],
    ['webhooks', 'webhook'],
    ['workflows', 'workflow'],
    ['labels', 'label'],
    ['taxonomies', undefined],
    ['locales', 'locale'],
  ] as const) {
    const url = `/v3/${name}`
    if (name !== 'locales') {
      t.strictSame((await mock.call('GET', url)).body, { [name]: [] })
      t.strictSame((await mock.call('GET', `${url}?include_count=true`)).body, { [name]: [], count: 0 })
    }
    const branch = { module: 'branch', branches: ['main'], acl: { read: true } }
    const others = await managementToken(mock, [{ module: 'release', acl: { read: true } }, branch])
    const asToken = (authorization: string) => mock.call('GET', url, { as: null, headers: { authorization } })
    const refused = await asToken(others)
    t.equal(refused.status, 401, name)
    t.match(refused.body, { error_code: 161 })
    const good = await managementToken(mock, [{ module: module ?? '$all', acl: { read: true } }, branch])
    t.equal((await asToken(good)).status, 200, name)
    mock.world.reset()
  }
})
