import { type TProperties, Type } from '@sinclair/typebox'
import { NAME_MAX_LENGTH } from '../../rules/caps.ts'

/** A text that may also be null. */
export const OptionalText = Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] }))

/**
 * The fields that delivery and management tokens share in a request. Shape only: a scope's entries are checked by
 * `rules/scope.ts`, which speaks the API's words. Fields that are not named here are ignored, since clients send
 * back whole tokens as they read them.
 */
export const tokenFields = {
  name: Type.String({ minLength: 1, maxLength: NAME_MAX_LENGTH }),
  description: OptionalText,
  scope: Type.Array(Type.Unknown(), { minItems: 1 }),
}

/** The body of a request: `{"token": {...}}`. */
export const TokenBody = <T extends TProperties>(fields: T) => Type.Object({ token: Type.Object(fields) })

/** A parameter of the query that says true or false. */
export const Flag = Type.Optional(Type.Unsafe<'true' | 'false'>({ enum: ['true', 'false'] }))

/** The query of a deletion. */
export const Force = Type.Object({ force: Flag })

/** The same body with every field optional, for an update. */
export const TokenUpdateBody = <T extends TProperties>(fields: T) =>
  Type.Object({ token: Type.Partial(Type.Object(fields)) })

export const TokenParameters = Type.Object({ uid: Type.String() })
