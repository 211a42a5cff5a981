import { Type } from '@sinclair/typebox'
import { Flag, TokenBody, TokenUpdateBody, tokenFields } from './token.ts'

export const CreateDeliveryToken = TokenBody(tokenFields)
export const UpdateDeliveryToken = TokenUpdateBody(tokenFields)

/** A: the flag counts in the query only; in the body it is ignored. */
export const CreateDeliveryTokenQuery = Type.Object({ create_with_preview_token: Flag })
