import { generateSync } from 'otplib'
import t from 'tap'
import { ALIASES, BRANCHES, DELIVERY, deliveryScope, ENVIRONMENTS, MANAGEMENT, start } from '../support.ts'

const LOGIN = '/v3/user-session'
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'

type Options = Parameters<Awaited<ReturnType<typeof start>>['call']>[2]
const login = (email: string, password: string, token?: string): Options => ({
  as: null,
  body: { user: { email, password, tfa_token: token } },
})
const needsToken = (token?: string) => login('two.factor@example.com', 'password', token)

t.test('x-mock-reason says in a sentence why a request is refused', async (t) => {
  const { call, clock } = await start(t)
  const scope = [
    { module: 'branch', branches: ['main'], acl: { read: true } },
    { module: 'entry', acl: { read: true } },
  ]
  const made = await call('POST', MANAGEMENT, { body: { token: { name: 'CI', scope } } })
  const { token } = (made.body as { token: { token: string } }).token
  const byToken = { as: null, headers: { authorization: token } }
  const totp = generateSync({ secret: SECRET, epoch: clock.now() / 1000 })
  const twoMistakes = [
    ...deliveryScope(),
    { module: 'x', acl: { read: true } },
    { module: 'y', acl: { read: true } },
    { module: 'branch', branches: ['main'] },
  ]
  const cases: [method: string, path: string, options: Options, reason: string][] = [
    [
      'DELETE',
      `${DELIVERY}/x`,
      { as: 'content_manager' },
      'The role content_manager may not write delivery tokens.',
    ],
    [
      'GET',
      ENVIRONMENTS,
      byToken,
      "The management token's scope does not let it read the module environment.",
    ],
    ['POST', LOGIN, needsToken(), 'This user has a second factor: send its token as user.tfa_token.'],
    [
      'POST',
      LOGIN,
      needsToken('000000'),
      "The tfa_token is not the one that this user's authenticator shows.",
    ],
    ['POST', LOGIN, needsToken(totp), 'none'],
    [
      'POST',
      LOGIN,
      needsToken(totp),
      'This user has already logged in with this tfa_token. Wait for the next one.',
    ],
    [
      'POST',
      LOGIN,
      login('owner@example.com', 'x'),
      'No user has this combination of user.email and user.password.',
    ],
    [
      'POST',
      DELIVERY,
      { body: { token: { name: 'Web', scope: twoMistakes } } },
      "scope.module 'x' is not valid. 'y' is not valid. scope.acl is not valid.",
    ],
    ['GET', `${ENVIRONMENTS}/x`, {}, "The stack has no environment named 'x'. A uid does not work here."],
    ['GET', `${BRANCHES}/x`, {}, "The stack has no branch 'x'."],
    ['GET', `${ALIASES}/x`, {}, "The stack has no branch alias 'x'."],
    [
      'GET',
      DELIVERY,
      { headers: { branch: 'x' } },
      "The header branch names 'x', which is neither a branch nor an alias of the stack.",
    ],
    ['GET', '/v3/organizations/x', {}, "organization_uid is missing, or is not the organization's uid."],
    ['GET', `${DELIVERY}/x`, {}, "The stack has no delivery token with the uid 'x'."],
    ['GET', `${MANAGEMENT}/x`, {}, "The stack has no management token with the uid 'x'."],
    ['POST', DELIVERY, { body: '{' }, 'The request body is not valid JSON.'],
    [
      'POST',
      DELIVERY,
      { body: 'x', headers: { 'content-type': 'text/plain' } },
      'A request with a body needs the content type application/json.',
    ],
  ]
  for (const [method, path, options, reason] of cases) {
    const { response } = await call(method, path, options)
    t.equal(response.headers['x-mock-reason'] ?? 'none', reason, `${method} ${path}`)
  }
})

t.test('x-mock-reason names the branch that a management token may not use', async (t) => {
  const { call } = await start(t)
  const scope = [
    { module: 'branch', branches: ['main'], acl: { read: true } },
    { module: 'environment', acl: { read: true } },
  ]
  const made = await call('POST', MANAGEMENT, { body: { token: { name: 'CI', scope } } })
  const { token } = (made.body as { token: { token: string } }).token
  const headers = { authorization: token, branch: 'development' }
  const { response } = await call('GET', ENVIRONMENTS, { as: null, headers })
  t.equal(
    response.headers['x-mock-reason'],
    "The management token's scope names neither the branch 'development' nor an alias for it.",
  )
})
