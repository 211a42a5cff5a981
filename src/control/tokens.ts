import { Type } from '@sinclair/typebox'
import { Strict } from '../rules/schemas.ts'
import type { Call } from '../server/call.ts'
import { Introspection, TokenReading } from './introspection.ts'
import { route } from './route.ts'

const TokenReadings = Type.Object({ tokens: Type.Array(TokenReading) })

export const Introspect = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 1000, description: 'The value of a token.' }) },
  Strict,
)

export const tokenRoutes = [
  route({
    method: 'GET',
    path: '/tokens',
    summary: 'Lists all tokens with their uses, newest first',
    response: TokenReadings,
    run: listTokens,
  }),
  route({
    method: 'POST',
    path: '/tokens/introspect',
    summary: 'Explains what a token is and what it may read',
    body: Introspect,
    response: Introspection,
    run: introspectToken,
  }),
]

function listTokens({ control }: Call) {
  return { tokens: control.tokens.list() }
}

function introspectToken({ control, body }: Call<{ body: typeof Introspect }>) {
  return control.tokens.introspect(body.token)
}
