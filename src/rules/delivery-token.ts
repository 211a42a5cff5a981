import { type FieldErrors, invalid, NOT_UNIQUE, type Operation } from './errors.ts'
import type { Ids } from './ids.ts'
import { updated } from './input.ts'
import { checkScope, type ScopeEntry, type StackContents } from './scope.ts'

export interface DeliveryToken {
  uid: string
  name: string
  description: string
  scope: ScopeEntry[]
  /** The value that clients send. */
  token: string
  preview_token: string | null
  created_by: string
  updated_by: string
  created_at: string
  updated_at: string
}

/** What a request says of a delivery token. */
export interface DeliveryTokenInput {
  name?: string | undefined
  description?: string | null | undefined
  scope?: unknown[] | undefined
}

/** What a change of a delivery token depends on beside the request. */
export interface DeliveryTokenContext {
  callerUid: string
  /** As the API writes times. */
  now: string
  ids: Ids
  apiKey: string
  store: StackContents & { deliveryTokens: { uidOfName(apiKey: string, name: string): string | undefined } }
}

/** @throws 422/141 for a name that is taken, or a wrong scope */
export function create(
  input: DeliveryTokenInput & { name: string; scope: unknown[] },
  withPreviewToken: boolean,
  context: DeliveryTokenContext,
): DeliveryToken {
  const { callerUid, now, ids } = context
  const scope = check('Delivery Token creation', input, context, undefined)
  return {
    name: input.name,
    description: input.description ?? '',
    scope,
    uid: ids.uid(),
    token: ids.token(),
    preview_token: withPreviewToken ? ids.token() : null,
    created_by: callerUid,
    updated_by: callerUid,
    created_at: now,
    updated_at: now,
  }
}

/** @throws 422/141 for a name that is taken, or a wrong scope */
export function update(
  found: DeliveryToken,
  input: DeliveryTokenInput,
  context: DeliveryTokenContext,
): DeliveryToken {
  const scope = check('Delivery Token update', input, context, found.uid)
  return updated(found, {
    name: input.name,
    description: input.description === null ? '' : input.description,
    scope: input.scope && scope,
    updated_by: context.callerUid,
    updated_at: context.now,
  })
}

/** Gives each entry of a scope that is right a new uid (R). */
function check(
  operation: Operation,
  { name, scope }: DeliveryTokenInput,
  { apiKey, store, ids }: DeliveryTokenContext,
  ownUid: string | undefined,
): ScopeEntry[] {
  const checked = scope ? checkScope('delivery', scope, apiKey, store) : { scope: [], errors: {} }
  const errors: FieldErrors = { ...checked.errors }
  const takenBy = name === undefined ? undefined : store.deliveryTokens.uidOfName(apiKey, name)
  if (takenBy !== undefined && takenBy !== ownUid) errors['name'] = [NOT_UNIQUE]
  if (Object.keys(errors).length > 0) throw invalid(operation, errors)
  for (const entry of checked.scope) entry._metadata = { uid: ids.metadataUid() }
  return checked.scope
}
