import { type Static, type TProperties, Type } from '@sinclair/typebox'
import { NAME_MAX_LENGTH } from '../rules/caps.ts'
import { FLAG } from '../rules/input.ts'

// Pieces of the schemas of requests. Fields that no schema names are ignored, since clients send back whole resources as they
// read them.

/** A text that may also be null. */
export const OptionalText = Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] }))

/** A name that has to be there. */
export const Name = Type.String({ minLength: 1, maxLength: NAME_MAX_LENGTH })

/** A parameter of the query that says true or false. */
export const Flag = Type.Optional(Type.String({ pattern: FLAG }))

/** The query of a deletion. */
export const Force = Type.Object({ force: Flag })

/** The path of a call that names a resource by its uid. */
export const ByUid = Type.Object({ uid: Type.String() })

/** The query of a list. */
export const ListQuery = Type.Object({
  // A: a negative limit reads as the default, a negative skip is refused.
  limit: Type.Optional(Type.String({ pattern: '^-?\\d+$' })),
  // csdx asks for the assets from 1e+100 on.
  skip: Type.Optional(Type.String({ pattern: '^\\d+([eE]\\+?\\d+)?$' })),
  include_count: Flag,
  count: Flag,
  /** A JSON object: values by field. */
  query: Type.Optional(Type.String()),
  asc: Type.Optional(Type.String({ pattern: '^\\w+$' })),
  desc: Type.Optional(Type.String({ pattern: '^\\w+$' })),
})
export type ListQuery = Static<typeof ListQuery>

/** The scope of a token, whose entries have these keys. Any value is taken here, since `rules/scope.ts` checks them. */
export const Scope = (...keys: string[]) =>
  Type.Array(Type.Unsafe<unknown>({ properties: Object.fromEntries(keys.map((key) => [key, {}])) }), {
    minItems: 1,
  })

/** A body that creates a token: `{"token": {...}}`. */
export const TokenBody = <T extends TProperties>(fields: T) => Type.Object({ token: Type.Object(fields) })

/** The same body with every field optional, for an update. */
export const TokenUpdateBody = <T extends TProperties>(fields: T) =>
  Type.Object({ token: Type.Partial(Type.Object(fields)) })
