import { generateSync } from 'otplib'
import t from 'tap'
import { DELIVERY, type Mock, start } from './support.ts'

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
  const mock = start(t, { fixture: 'documentation' })
  const { status, body } = await login(mock, 'OWNER@example.com')
  const authtoken = 'blt0000000000000000'
  t.equal(status, 200)
  t.strictSame(body, { notice: 'Login Successful.', user: { ...PROFILE, authtoken } })
  t.strictSame((await mock.call('GET', '/v3/user', asUser(authtoken))).body, { user: PROFILE })
  t.equal((await mock.call('GET', DELIVERY, asUser(authtoken))).status, 200)
  const logout = await mock.call('DELETE', LOGIN, asUser(authtoken))
  t.equal(logout.status, 200)
  t.strictSame(logout.body, { notice: "You've logged out successfully." })
  t.equal((await mock.call('GET', DELIVERY, asUser(authtoken))).status, 401)
})

t.test('who does not own the organization is told so', async (t) => {
  const mock = start(t, { fixture: 'documentation' })
  const { body } = await login(mock, 'developer@example.com')
  t.equal((body as { user: typeof PROFILE }).user.organizations[0]?.is_owner, false)
})

t.test('a wrong or empty login', async (t) => {
  const { call, world } = start(t)
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
  const { call, world, clock } = start(t)
  const login = (token?: unknown) =>
    call('POST', LOGIN, {
      as: null,
      body: { user: { email: 'two.factor@example.com', password: 'password', tfa_token: token } },
    })
  const needed = {
    error_message: 'Please log in using the two-factor verification token.',
    error_code: 294,
    tfa_type: 'totp_authenticator',
  }
  const before = world.state()
  const without = await login()
  t.equal(without.status, 401)
  t.strictSame(without.body, needed)
  for (const none of ['', null]) t.strictSame((await login(none)).body, needed)
  for (const wrong of ['000000', 123456, '1234567', [], true]) {
    const { status, body } = await login(wrong)
    t.equal(status, 401)
    t.strictSame(body, { ...needed, errors: { tfa_token: ['is not valid.'] } })
  }
  t.strictSame(world.state(), before)
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  const token = generateSync({ secret, epoch: clock.now() / 1000 })
  t.equal((await login(token)).status, 200)
  t.equal((await login(Number(token))).status, 200, 'also as a number')
  clock.set('2026-01-01T00:00:59.000Z')
  t.equal((await login(token)).status, 200, 'one step late')
  clock.set('2026-01-01T00:01:00.000Z')
  t.equal((await login(token)).status, 401, 'two steps late')
  const unknown = await call('POST', LOGIN, {
    as: null,
    body: { user: { email: 'two.factor@example.com', password: 'wrong', tfa_token: token } },
  })
  t.equal(unknown.status, 422, 'the password comes first')
})

t.test('without an authtoken', async (t) => {
  const { call } = start(t)
  const user = await call('GET', '/v3/user', { as: null })
  t.equal(user.status, 401)
  t.strictSame(user.body, NOT_LOGGED_IN)
  const logout = await call('DELETE', LOGIN, { as: null })
  t.equal(logout.status, 401)
  t.strictSame(logout.body, { ...NOT_LOGGED_IN, errors: { authtoken: ['is not valid.'] } })
})

t.test('a user keeps 20 authtokens, and the oldest go', async (t) => {
  const mock = start(t, { fixture: 'documentation', randomIds: true })
  // Two are the fixture's.
  for (let i = 0; i < 18; i++) await login(mock)
  t.equal((await mock.call('GET', '/v3/user')).status, 200)
  await login(mock)
  t.equal((await mock.call('GET', '/v3/user')).status, 401, 'Your_Authtoken was the oldest')
  t.equal((await mock.call('GET', '/v3/user', asUser('your_authtoken'))).status, 200)
  t.equal(mock.world.state().users[0]?.authtokens?.length, 20)
  t.equal((await mock.call('GET', '/v3/user', asUser('admin_authtoken'))).status, 200)
})
