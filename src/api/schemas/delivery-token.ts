import { Type } from '@sinclair/typebox'
import { Flag, Scope, TokenBody, TokenUpdateBody, tokenFields } from './token.ts'

const fields = {
  ...tokenFields,
  scope: Scope('module', 'acl', 'environments', 'branches', 'branch_aliases', '_metadata'),
}

export const CreateDeliveryToken = TokenBody(fields)
export const UpdateDeliveryToken = TokenUpdateBody(fields)

/** A: the flag counts in the query only; in the body it is ignored. */
export const CreateDeliveryTokenQuery = Type.Object({ create_with_preview_token: Flag })

/** A: sent by real clients, and without effect: a preview token is always shown. */
export const FetchDeliveryTokenQuery = Type.Object({ include_preview_token: Flag })
