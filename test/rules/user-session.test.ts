import { generateSync } from 'otplib'
import t from 'tap'
import { DELIVERY, type Mock, start, UID, withIds } from '../support.ts'

const LOGIN = '/v3/user-session'
const NOT_LOGGED_IN = {
  error_message: "You're not allowed in here unless you're logged in.",
  error_code: 105,
}
const PROFILE = {
  uid: 'blt6563a9b067fc1bc9',
  created_at: '2024-01-01T00:00:00.000Z',
  updated_at: '2024-01-01T00:00:00.000Z',
  email: 'owner@example.com',
  username: 'owner@example.com',
  first_name: 'Olivia',
  last_name: 'Owner',
  org_uid: ['blt1f4a90c7d2e6b835'],
  shared_org_uid: [],
  active: true,
  failed_attempts: 0,
  roles: [],
  organizations: [{ uid: 'blt1f4a90c7d2e6b835', name: 'Documentation', is_owner: true }],
}

const login = ({ call }: Mock, email = 'owner@example.com', password = 'password') =>
  call('POST', LOGIN, { as: null, apiKey: '', body: { user: { email, password } } })

const asUser = (authtoken: string) => ({ as: null, headers: { authtoken } })

t.test('a login answers the user and an authtoken, a logout ends it', async (t) => {
  const mock = await start(t, { profile: 'live', fixture: 'documentation' })
  const { status, body, response } = await login(mock, 'OWNER@example.com')
  t.equal(status, 200)
  t.strictSame(body, withIds({ notice: 'Login Successful.', user: { ...PROFILE, authtoken: UID } }, body))
  const { authtoken } = (body as { user: { authtoken: string } }).user
  t.equal(response.headers['set-cookie'], `authtoken=${authtoken}; path=/; httponly`)
  t.strictSame((await mock.call('GET', '/v3/user', asUser(authtoken))).body, { user: PROFILE })
  t.equal((await mock.call('GET', DELIVERY, asUser(authtoken))).status, 200)
  const logout = await mock.call('DELETE', LOGIN, asUser(authtoken))
  t.equal(logout.status, 200)
  t.strictSame(logout.body, { notice: "You've logged out successfully." })
  t.equal(
    logout.response.headers['set-cookie'],
    'authtoken=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly',
  )
  t.equal(logout.response.headers['clear-site-data'], '*')
  t.equal((await mock.call('GET', DELIVERY, asUser(authtoken))).status, 401)
})

t.test('who does not own the organization is told so', async (t) => {
  const mock = await start(t, { fixture: 'documentation' })
  const { body } = await login(mock, 'developer@example.com')
  t.equal((body as { user: typeof PROFILE }).user.organizations[0]?.is_owner, false)
})

t.test('a wrong or empty login', async (t) => {
  const { call, world } = await start(t)
  const before = world.state()
  for (const body of [
    { user: { email: 'owner@example.com', password: 'wrong' } },
    { user: { email: 'nobody@example.com', password: 'password' } },
    { user: { email: 'owner@example.com' } },
    { user: { email: ['owner@example.com'], password: 'password' } },
    { user: {} },
    { user: null },
    {},
    [],
    'null',
    undefined,
  ]) {
    const answer = await call('POST', LOGIN, { as: null, body })
    t.equal(answer.status, 422)
    t.strictSame(answer.body, {
      error_message: 'Looks like your email or password is invalid. Please try again or reset your password.',
      error_code: 104,
    })
  }
  t.strictSame(world.state(), before)
})

t.test('a user with a second factor needs its token', async (t) => {
  const { call, world, clock } = await start(t)
  const login = (token?: unknown) =>
    call('POST', LOGIN, {
      as: null,
      body: { user: { email: 'two.factor@example.com', password: 'password', tfa_token: token } },
    })
  const needed = {
    error_message: 'Please login using the Two-Factor verification Token',
    error_code: 294,
    errors: [],
    tfa_type: 'totp_authenticator',
  }
  const before = world.state()
  const without = await login()
  t.equal(without.status, 401)
  t.strictSame(without.body, needed)
  for (const none of ['', null]) t.strictSame((await login(none)).body, needed)
  for (const wrong of ['000000', 123456, '1234567', [], true]) {
    const { status, body } = await login(wrong)
    t.equal(status, 422)
    t.strictSame(body, { error_message: 'Invalid verification code', error_code: 295 })
  }
  t.strictSame(world.state(), before)
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  const token = generateSync({ secret, epoch: clock.now() / 1000 })
  t.equal((await login([token])).status, 422, 'in a list')
  t.equal((await login(token)).status, 200)
  for (const again of [token, Number(token)]) {
    const used = await login(again)
    t.equal(used.status, 422)
    t.strictSame(used.body, { error_message: 'The current Totp has already been Used', error_code: 295 })
  }
  const kept = world.state()
  world.reset()
  t.equal((await login(Number(token))).status, 200, 'as a number, and after a reset')
  world.load(kept)
  t.equal((await login(token)).status, 422, 'the state knows what was used')
  world.reset()
  clock.set('2026-01-01T00:00:59.000Z')
  t.equal((await login(token)).status, 200, 'one step late')
  world.reset()
  clock.set('2026-01-01T00:01:00.000Z')
  t.equal((await login(token)).status, 422, 'two steps late')
  clock.set('2026-01-01T00:06:30.000Z')
  t.equal((await login(16935)).status, 200, 'a number that has lost its leading zero')
  const unknown = await call('POST', LOGIN, {
    as: null,
    body: { user: { email: 'two.factor@example.com', password: 'wrong', tfa_token: token } },
  })
  t.equal(unknown.status, 422, 'the password comes first')
})

t.test('a token of the second factor counts once, as does an older one', async (t) => {
  const mock = await start(t)
  const { call, world, clock } = mock
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  const tokenAt = (time: string) => generateSync({ secret, epoch: Date.parse(time) / 1000 })
  const login = async (token: string) => {
    const body = { user: { email: 'two.factor@example.com', password: 'password', tfa_token: token } }
    return (await call('POST', LOGIN, { as: null, body })).body
  }
  const used = { error_message: 'The current Totp has already been Used', error_code: 295 }
  const ahead = tokenAt('2026-01-01T00:00:30.000Z')
  world.snapshot('before')
  t.match(await login(ahead), { notice: 'Login Successful.' }, 'one step ahead')
  clock.set('2026-01-01T00:00:59.000Z')
  for (const old of ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:30.000Z'])
    t.strictSame(await login(tokenAt(old)), used)
  t.match(await login(tokenAt('2026-01-01T00:01:00.000Z')), { notice: 'Login Successful.' }, 'the next one')
  world.restore('before')
  t.match(await login(ahead), { notice: 'Login Successful.' }, 'a snapshot knows what was used')
  clock.set('2025-12-31T23:59:30.000Z')
  t.strictSame(await login(tokenAt('2025-12-31T23:59:30.000Z')), used, 'two steps back')
  clock.set('2025-12-31T23:59:00.000Z')
  t.match(
    await login(tokenAt('2025-12-31T23:59:00.000Z')),
    { notice: 'Login Successful.' },
    'the clock was set back: nothing says that this one was used',
  )
})

t.test('without an authtoken', async (t) => {
  const { call } = await start(t)
  const user = await call('GET', '/v3/user', { as: null })
  t.equal(user.status, 401)
  t.strictSame(user.body, NOT_LOGGED_IN)
  const logout = await call('DELETE', LOGIN, { as: null })
  t.equal(logout.status, 401)
  t.strictSame(logout.body, { ...NOT_LOGGED_IN, errors: { authtoken: ['is not valid.'] } })
})

t.test('a user keeps 20 authtokens, and the oldest go', async (t) => {
  const mock = await start(t, { fixture: 'documentation' })
  // Two are the fixture's.
  for (let i = 0; i < 18; i++) await login(mock)
  t.equal((await mock.call('GET', '/v3/user')).status, 200)
  await login(mock)
  t.equal((await mock.call('GET', '/v3/user')).status, 401, 'Your_Authtoken was the oldest')
  t.equal((await mock.call('GET', '/v3/user', asUser('your_authtoken'))).status, 200)
  t.equal(mock.world.state().users[0]?.authtokens?.length, 20)
  t.equal((await mock.call('GET', '/v3/user', asUser('admin_authtoken'))).status, 200)
})

t.test('include_orgs_roles: the roles in the organization', async (t) => {
  const plain = await start(t)
  const state = plain.world.state()
  const mock = await start(t, {
    profile: 'live',
    fixture: { ...state, organization: { ...state.organization, admins: ['Admin@example.com'] } },
  })
  const uids = Object.fromEntries(state.users.map(({ email, uid }) => [email, uid]))
  const role = (name: string, admin: boolean, users: string[]) => ({
    uid: UID,
    name,
    description: `${name} of the organization`,
    org_uid: 'blt1f4a90c7d2e6b835',
    admin,
    default: true,
    users: users.map((email) => uids[email]),
  })
  const admins = role('Admin', true, ['owner@example.com', 'admin@example.com'])
  const members = role('Member', false, [
    'developer@example.com',
    'content.manager@example.com',
    'outsider@example.com',
    'two.factor@example.com',
  ])
  for (const [as, isOwner, expected] of [
    ['owner', true, admins],
    ['admin', false, admins],
    ['developer', false, members],
  ] as const) {
    const { body } = await mock.call('GET', '/v3/user?include_orgs_roles=True', { as })
    const { organizations } = (body as { user: { organizations: object[] } }).user
    t.strictSame(
      organizations,
      withIds(
        [{ uid: 'blt1f4a90c7d2e6b835', name: 'Example', is_owner: isOwner, org_roles: [expected] }],
        organizations,
      ),
    )
  }
  const organization = { uid: 'blt1f4a90c7d2e6b835', name: 'Example', is_owner: true }
  for (const [flag, organizations] of [
    ['true', [{ ...organization, org_roles: [admins] }]],
    ['false', [organization]],
    ['', [organization]],
  ] as const) {
    const login = await mock.call('POST', `${LOGIN}?include_orgs_roles=${flag}`, {
      as: null,
      body: { user: { email: 'owner@example.com', password: 'password' } },
    })
    const user = await mock.call('GET', `/v3/user?include_orgs_roles=${flag}`)
    for (const { body } of [login, user]) {
      const shown = (body as { user: { organizations: object[] } }).user.organizations
      t.strictSame(shown, withIds(organizations, shown))
    }
  }
  t.equal((await mock.call('GET', '/v3/user?include_orgs_roles=x')).status, 422)
  t.strictSame(mock.world.state().organization.admins, ['admin@example.com'])
})

t.test('an organization without an owner has members alone', async (t) => {
  const { world } = await start(t)
  const state = world.state()
  const { call } = await start(t, {
    fixture: { ...state, organization: { ...state.organization, owner: null } },
  })
  t.match((await call('GET', '/v3/user?include_orgs_roles=true')).body, {
    user: { organizations: [{ is_owner: false, org_roles: [{ name: 'Member', admin: false }] }] },
  })
})

t.test('an operation that fails after its first write changes nothing', async (t) => {
  // The same authtoken again: the second login fails when it is written.
  const mock = await start(t, { random: (size) => new Uint8Array(size) })
  const { call, world, clock } = mock
  t.equal((await login(mock)).status, 200)
  const before = world.state()
  const token = generateSync({ secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', epoch: clock.now() / 1000 })
  const body = { user: { email: 'two.factor@example.com', password: 'password', tfa_token: token } }
  t.equal((await call('POST', LOGIN, { as: null, body })).status, 500)
  t.strictSame(world.state(), before, 'the token of the second factor is not used')
})
