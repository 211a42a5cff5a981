import { type Static, Type } from '@sinclair/typebox'
import { Flag } from './token.ts'

/** The query of a list. */
export const ListingQuery = Type.Object({
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
export type ListingQuery = Static<typeof ListingQuery>
