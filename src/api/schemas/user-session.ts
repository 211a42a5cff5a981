import { Type } from '@sinclair/typebox'
import { Flag } from './token.ts'

/** No type is asked for: a body of any other shape is a failed login (C), and no invalid request. */
export const Login = Type.Unsafe<unknown>({
  properties: { user: { properties: { email: {}, password: {}, tfa_token: {} } } },
})

export const FetchUserQuery = Type.Object({ include_orgs_roles: Flag })
