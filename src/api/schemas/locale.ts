import { Type } from '@sinclair/typebox'

export const LocaleParameters = Type.Object({ code: Type.String() })
