import type { FastifyPluginAsync } from 'fastify'
import { loginFailed, NOT_VALID, secondFactorNeeded } from '../rules/errors.ts'
import { isTotpToken } from '../rules/two-factor.ts'
import type { Organization } from '../world/store/organization.ts'
import type { User } from '../world/store/users.ts'
import { anyUser } from './authentication.ts'
import { hook } from './checks.ts'
import { noticeAlone } from './envelope.ts'
import { Login } from './schemas/user-session.ts'

/** Login, logout, and who is logged in. None of them takes an api_key. */
export const userSession: FastifyPluginAsync = async (app) => {
  app.post('/user-session', { schema: { body: Login } }, async (request) => {
    const { store, ids, clock } = request.world
    // A body of any shape that holds no right pair of the two is a failed login (A for an empty one).
    const {
      email,
      password,
      tfa_token: tfaToken,
    } = Object(Object(request.body).user) as Record<string, unknown>
    return store.write(() => {
      const user = typeof email === 'string' ? store.users.findByEmail(email) : undefined
      if (!user || user.password !== password) throw loginFailed()
      if (user.totp_secret !== null && !isTotpToken(user.totp_secret, tfaToken, clock.now()))
        throw secondFactorNeeded(
          [undefined, null, ''].includes(tfaToken as null) ? undefined : { tfa_token: [NOT_VALID] },
        )
      const authtoken = ids.uid()
      store.users.insertAuthtoken(user.uid, authtoken)
      const profile = { ...profileOf(user, store.organization.get()), authtoken }
      return JSON.stringify({ notice: 'Login Successful.', user: profile })
    })
  })

  app.get('/user', { onRequest: hook(anyUser({ namesHeader: false })) }, async ({ world, callerUid }) => {
    const user = world.store.users.find(callerUid) as User
    return JSON.stringify({ user: profileOf(user, world.store.organization.get()) })
  })

  app.delete('/user-session', { onRequest: hook(anyUser({ namesHeader: true })) }, async (request) => {
    request.world.store.users.deleteAuthtoken(request.headers['authtoken'] as string)
    return noticeAlone("You've logged out successfully.")
  })
}

/** The keys of a user (A); what this server does not keep has the value of a user who has just signed up (C). */
function profileOf(user: User, organization: Organization) {
  const { uid, email, first_name, last_name, created_at, updated_at } = user
  return {
    uid,
    created_at,
    updated_at,
    email,
    username: email,
    first_name,
    last_name,
    org_uid: [organization.uid],
    shared_org_uid: [],
    active: true,
    failed_attempts: 0,
    roles: [],
    organizations: [
      { uid: organization.uid, name: organization.name, is_owner: organization.owner_uid === uid },
    ],
  }
}
