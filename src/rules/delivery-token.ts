import { SCOPE_SIZE } from './caps.ts'
import type { Profile } from './defaults.ts'
import {
  type FieldErrors,
  invalid,
  NOT_UNIQUE,
  type Operation,
  previewTokenLinked,
  scopeTooLarge,
} from './errors.ts'
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

/** The fields that a request may set. */
export interface DeliveryTokenInput {
  name?: string | undefined
  description?: string | null | undefined
  scope?: unknown[] | undefined
}

/** What creating or updating a delivery token needs besides the request. */
export interface DeliveryTokenContext {
  callerUid: string
  /** The current time, as the API formats it. */
  now: string
  ids: Ids
  apiKey: string
  store: StackContents & { deliveryTokens: { uidOfName(apiKey: string, name: string): string | undefined } }
}

/** @throws 422/141 for a taken name or an invalid scope */
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

/** @throws 422/141 for a taken name or an invalid scope */
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

/** Checks the name and the scope. Gives each entry of a valid scope a new uid (R). */
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

/**
 * Refuses to delete a delivery token that has a preview token, unless forced (C). In the profile `live` the deletion succeeds,
 * since the service deletes both tokens (D).
 *
 * @throws 422/141
 */
export function checkDeletion(previewToken: string | null, isForced: boolean, profile: Profile): void {
  if (previewToken !== null && profile !== 'live' && !isForced) throw previewTokenLinked()
}

/**
 * Renders the JSON text that the API returns, with the keys in the order of the live service (R).
 *
 * @param inScope returns the JSON text of an environment by its uid
 * @throws 422/141 if the environments in the scope are too large in total
 */
export function deliveryTokenBody(token: DeliveryToken, inScope: (uid: string) => string): string {
  let size = 0
  const scope = token.scope.map(({ environments: uids, _metadata, ...entry }) => {
    const rest = JSON.stringify(_metadata ? { ...entry, _metadata } : entry)
    if (!uids) return rest
    const environments: string[] = []
    for (const uid of uids) {
      const text = inScope(uid)
      size += Buffer.byteLength(text)
      if (size > SCOPE_SIZE) throw scopeTooLarge()
      environments.push(text)
    }
    return `{"environments":[${environments.join(',')}],${rest.slice(1)}`
  })
  const { name, description, uid, created_by, updated_by, created_at, updated_at } = token
  const head = JSON.stringify({ name, description })
  const tail = JSON.stringify({
    uid,
    created_by,
    updated_by,
    created_at,
    updated_at,
    token: token.token,
    type: 'delivery',
    ...(token.preview_token !== null && { preview_token: token.preview_token }),
  })
  return `${head.slice(0, -1)},"scope":[${scope.join(',')}],${tail.slice(1)}`
}
