import type { FastifyPluginAsync } from 'fastify'
import { loginFailed } from '../rules/errors.ts'
import type { User } from '../world/store/users.ts'
import { noticeAlone } from './envelope.ts'
import type { ApiOptions } from './options.ts'

/** Login, logout, and who is logged in. None of them takes an api_key. */
export const userSession: FastifyPluginAsync<ApiOptions> = async (app, { world, authentication }) => {
  const { store, ids } = world

  app.post('/user-session', async (request) => {
    // A body of any shape that holds no right pair of the two is a failed login (A for an empty one).
    const { email, password } = Object(Object(request.body).user) as { email?: unknown; password?: unknown }
    return store.write(() => {
      const user = typeof email === 'string' ? store.users.findByEmail(email) : undefined
      if (!user || user.password !== password) throw loginFailed()
      const authtoken = ids.uid()
      store.users.insertAuthtoken(user.uid, authtoken)
      return JSON.stringify({ notice: 'Login Successful.', user: { ...profileOf(user), authtoken } })
    })
  })

  app.get('/user', { onRequest: authentication.anyUser({ namesHeader: false }) }, async (request) =>
    JSON.stringify({ user: profileOf(store.users.find(request.callerUid) as User) }),
  )

  app.delete(
    '/user-session',
    { onRequest: authentication.anyUser({ namesHeader: true }) },
    async (request) => {
      store.users.deleteAuthtoken(request.headers['authtoken'] as string)
      return noticeAlone("You've logged out successfully.")
    },
  )

  /** The keys of a user (A); what this server does not keep has the value of a user who has just signed up (C). */
  function profileOf({ uid, email, first_name, last_name, created_at, updated_at }: User) {
    const organization = store.organization.get()
    return {
      uid,
      created_at,
      updated_at,
      email,
      username: email,
      first_name,
      last_name,
      org_uid: [organization?.uid],
      shared_org_uid: [],
      active: true,
      failed_attempts: 0,
      roles: [],
      organizations: [
        { ...organization, is_owner: store.stacks.all().some((stack) => stack.owner_uid === uid) },
      ],
    }
  }
}
