import { Type } from '@sinclair/typebox'
import { NAME_MAX_LENGTH } from '../../rules/caps.ts'
import { ListingQuery } from './listing.ts'
import { Flag, OptionalText } from './token.ts'

const name = Type.String({ minLength: 1, maxLength: NAME_MAX_LENGTH })

export const CreateStack = Type.Object({
  stack: Type.Object({
    name,
    description: OptionalText,
    master_locale: Type.Optional(Type.String({ minLength: 1 })),
  }),
})

/** The master locale cannot be changed: it is ignored, as clients send back what they read. */
export const UpdateStack = Type.Object({
  stack: Type.Object({ name: Type.Optional(name), description: OptionalText }),
})

export const CreateStackQuery = Type.Object({ organization_uid: Type.Optional(Type.String()) })

export const UpdateStackSettings = Type.Object({ stack_settings: Type.Record(Type.String(), Type.Unknown()) })

export const FetchStacksQuery = Type.Composite([ListingQuery, Type.Object({ include_collaborators: Flag })])
