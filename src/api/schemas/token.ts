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
}

/** The scope of a token, whose entries have these keys. Any value is taken here, since `rules/scope.ts` checks them. */
export const Scope = (...keys: string[]) =>
  Type.Array(Type.Unsafe<unknown>({ properties: Object.fromEntries(keys.map((key) => [key, {}])) }), {
    minItems: 1,
  })

/** The body of a request: `{"token": {...}}`. */
export const TokenBody = <T extends TProperties>(fields: T) => Type.Object({ token: Type.Object(fields) })

/** In any letter case, as Python's clients write them (A). */
export const FLAG = '^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])?$'

/** A parameter of the query that says true or false. */
export const Flag = Type.Optional(Type.String({ pattern: FLAG }))

/** Whether a flag says true. An empty one reads as absent. */
export const isTrue = (flag: string | undefined) => flag?.toLowerCase() === 'true'

/** The query of a deletion. */
export const Force = Type.Object({ force: Flag })

/** The same body with every field optional, for an update. */
export const TokenUpdateBody = <T extends TProperties>(fields: T) =>
  Type.Object({ token: Type.Partial(Type.Object(fields)) })

export const TokenParameters = Type.Object({ uid: Type.String() })
