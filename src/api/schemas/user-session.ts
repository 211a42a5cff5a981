import { Type } from '@sinclair/typebox'

/** No type is asked for: a body of any other shape is a failed login (C), and no invalid request. */
export const Login = Type.Unsafe<unknown>({
  properties: { user: { properties: { email: {}, password: {}, tfa_token: {} } } },
})
