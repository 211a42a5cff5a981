import { SCOPE_SIZE } from './caps.ts'
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
import type { Profile } from './profiles.ts'
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
  const { callerUid, now, ids, apiKey, store } = context
  const { scope, errors } = checkScope('delivery', input.scope, apiKey, store)
  refuseMistakes('Delivery Token creation', errors, input.name, undefined, context)
  return {
    name: input.name,
    description: input.description ?? '',
    scope: withMetadata(scope, ids),
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
  const { ids, apiKey, store } = context
  const checked = input.scope && checkScope('delivery', input.scope, apiKey, store)
  refuseMistakes('Delivery Token update', checked?.errors, input.name, found.uid, context)
  return updated(found, {
    name: input.name,
    description: input.description === null ? '' : input.description,
    scope: checked && withMetadata(checked.scope, ids),
    updated_by: context.callerUid,
    updated_at: context.now,
  })
}

/** Throws for the mistakes in a scope, and for a name that another token has. */
function refuseMistakes(
  operation: Operation,
  inScope: FieldErrors | undefined,
  name: string | undefined,
  ownUid: string | undefined,
  { apiKey, store }: DeliveryTokenContext,
): void {
  const errors: FieldErrors = { ...inScope }
  const takenBy = name && store.deliveryTokens.uidOfName(apiKey, name)
  if (takenBy && takenBy !== ownUid) errors['name'] = [NOT_UNIQUE]
  if (Object.keys(errors).length > 0) throw invalid(operation, errors)
}

/** Gives each entry of a scope a new uid (R). */
const withMetadata = (scope: ScopeEntry[], ids: Ids): ScopeEntry[] =>
  scope.map((entry) => ({ ...entry, _metadata: { uid: ids.metadataUid() } }))

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
      // Stryker disable next-line EqualityOperator: the bound is chosen, and nobody needs its last byte.
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
