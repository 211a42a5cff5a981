import { Type } from '@sinclair/typebox'
import { OptionalText, Scope, TokenBody, TokenUpdateBody, tokenFields } from './token.ts'

const fields = {
  ...tokenFields,
  scope: Scope('module', 'acl', 'branches', 'branch_aliases'),
  expires_on: OptionalText,
  is_email_notification_enabled: Type.Optional(Type.Boolean()),
  // A: accepted and echoed
  rate_limit_enabled: Type.Optional(Type.Boolean()),
}

export const CreateManagementToken = TokenBody(fields)
export const UpdateManagementToken = TokenUpdateBody(fields)
