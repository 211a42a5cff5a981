import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { loginFailed, secondFactorNeeded, secondFactorUsed, secondFactorWrong } from '../rules/errors.ts'
import { isTrue } from '../rules/input.ts'
import { isStepUsed, totpStepOf } from '../rules/two-factor.ts'
import type { Call } from '../server/call.ts'
import { bearerOf, header } from '../server/credentials.ts'
import { shownAs } from '../server/openapi.ts'
import type { Store } from '../store/index.ts'
import type { User as UserRow } from '../store/users.ts'
import { NoticeAlone, NoticeWith, noticeAlone, Single } from './envelope.ts'
import { Role, rolesInOrganization } from './organizations.ts'
import { user } from './permit.ts'
import { always, EmptyArray, Flag, route, Stamps } from './route.ts'

/** Accepts any type, because a body of another shape is a failed login (C), not an invalid request. */
const LoginBody = shownAs(
  Type.Unsafe<unknown>({
    properties: { user: { properties: { email: {}, password: {}, tfa_token: {} } } },
  }),
  Type.Object({
    user: Type.Object({
      email: Type.String(),
      password: Type.String(),
      tfa_token: Type.Optional(Type.String({ description: 'For a user who has a second factor.' })),
    }),
  }),
)
const UserQuery = Type.Object({ include_orgs_roles: Flag })

/** The keys of a user (A). */
const keys = {
  uid: Type.String(),
  created_at: Stamps.created_at,
  updated_at: Stamps.updated_at,
  email: Type.String(),
  username: Type.String(),
  first_name: Type.String(),
  last_name: Type.String(),
  org_uid: Type.Array(Type.String()),
  shared_org_uid: EmptyArray,
  active: Type.Boolean(),
  failed_attempts: Type.Integer(),
  roles: EmptyArray,
  organizations: Type.Array(
    Type.Object({
      uid: Type.String(),
      name: Type.String(),
      is_owner: Type.Boolean(),
      org_roles: Type.Optional(Type.Array(Role, { description: 'Only with include_orgs_roles=true.' })),
    }),
  ),
}
const User = Type.Object(keys, { $id: 'User' })
const LoggedInUser = Type.Object({ ...keys, authtoken: Type.String() }, { $id: 'LoggedInUser' })

const COOKIE = 'The authtoken, which is no credential here, or its deletion'

/** Login, logout and the current user. These calls ignore the api_key. */
export const userSessionRoutes = [
  route({
    method: 'POST',
    path: '/user-session',
    isUnlimited: always,
    operation: 'User session creation',
    summary: 'Log in',
    response: NoticeWith('user', LoggedInUser),
    responseHeaders: { 'set-cookie': COOKIE },
    failures: () => [loginFailed(), secondFactorNeeded(), secondFactorWrong(), secondFactorUsed()],
    query: UserQuery,
    body: LoginBody,
    run: logIn,
  }),
  route({
    method: 'GET',
    path: '/user',
    permit: user({ namesHeader: false }),
    operation: 'User fetch',
    summary: 'Get the current user',
    response: Single('user', User),
    query: UserQuery,
    run: fetchUser,
  }),
  route({
    method: 'DELETE',
    path: '/user-session',
    permit: user({ namesHeader: true }),
    isUnlimited: always,
    summary: 'Log out',
    response: NoticeAlone,
    responseHeaders: {
      'set-cookie': COOKIE,
      'clear-site-data': 'Always *',
    },
    run: logOut,
  }),
]

function logIn(call: Call<{ query: typeof UserQuery; body: typeof LoginBody }>, reply: FastifyReply): string {
  const { store, ids, clock } = call.world
  // Any body without a matching e-mail and password is a failed login (A for an empty body).
  const { email, password, tfa_token } = Object(Object(call.body).user) as Record<string, unknown>
  const found = typeof email === 'string' ? store.users.findByEmail(email) : undefined
  if (!found || found.password !== password) throw loginFailed()
  checkSecondFactor(store, found, tfa_token, clock.now())
  const authtoken = ids.uid()
  store.users.insertAuthtoken(found.uid, authtoken)
  // A: the vendor's Postman collection reads the authtoken from this cookie. The cookie itself is not a credential (C).
  reply.header('set-cookie', `authtoken=${authtoken}; path=/; httponly`)
  const profile = profileOf(store, found, isTrue(call.query.include_orgs_roles))
  return JSON.stringify({ notice: 'Login Successful.', user: { ...profile, authtoken } })
}

function fetchUser({ world, callerUid, query }: Call<{ query: typeof UserQuery }>): string {
  const caller = world.store.users.find(callerUid) as UserRow
  return JSON.stringify({ user: profileOf(world.store, caller, isTrue(query.include_orgs_roles)) })
}

function logOut(call: Call, reply: FastifyReply): string {
  const { users } = call.world.store
  const oauthToken = bearerOf(call)
  if (oauthToken === undefined) users.deleteAuthtoken(header(call, 'authtoken'))
  else users.deleteOauthToken(oauthToken)
  // R
  reply.headers({
    'set-cookie': 'authtoken=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly',
    'clear-site-data': '*',
  })
  return noticeAlone("You've logged out successfully.")
}

/** @throws 401/294 for a missing tfa_token, 422/295 for a wrong or used one */
function checkSecondFactor({ users }: Store, found: UserRow, token: unknown, now: number): void {
  const { uid, totp_secret: secret, totp_used_step: usedStep } = found
  if (secret === null) return
  if (token === undefined || token === null || token === '') throw secondFactorNeeded()
  const step = totpStepOf(secret, token, now)
  if (step === undefined) throw secondFactorWrong()
  if (isStepUsed(step, usedStep)) throw secondFactorUsed()
  users.useTotpStep(uid, step)
}

/** The body of a user (A keys). A field that this server does not store has the value of a new user (C). */
function profileOf(store: Store, user: UserRow, includeRoles: boolean) {
  const { uid, email, first_name, last_name, created_at, updated_at } = user
  const organization = store.organization.get()
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
      {
        uid: organization.uid,
        name: organization.name,
        is_owner: organization.owner_uid === uid,
        ...(includeRoles && { org_roles: rolesInOrganization(store, uid) }),
      },
    ],
  }
}
