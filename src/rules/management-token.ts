import { type FieldErrors, invalid, type Operation, scopeNotPermitted } from './errors.ts'
import type { Ids } from './ids.ts'
import { updated } from './input.ts'
import type { Profile } from './profiles.ts'
import { checkScope, type ScopeEntry, type StackContents } from './scope.ts'
import { checkExpiresOn, checkExpiryAhead } from './time.ts'

export interface ManagementToken {
  uid: string
  name: string
  description: string
  scope: ScopeEntry[]
  /** As the request sent it; null for never. */
  expires_on: string | null
  is_email_notification_enabled: boolean
  /** Null if it was never set. */
  rate_limit_enabled: boolean | null
  /** The expires_on that the last e-mail announced; null before the first. */
  notice_sent_for: string | null
  /** The value that clients send. */
  token: string
  created_by: string
  updated_by: string
  created_at: string
  updated_at: string
}

/** The fields that a request may set. */
export interface ManagementTokenInput {
  name?: string | undefined
  description?: string | null | undefined
  scope?: unknown[] | undefined
  expires_on?: string | null | undefined
  is_email_notification_enabled?: boolean | undefined
  rate_limit_enabled?: boolean | undefined
}

/** What creating or updating a management token needs besides the request. */
export interface ManagementTokenContext {
  callerUid: string
  /** The current time, as the API formats it. */
  now: string
  ids: Ids
  apiKey: string
  store: StackContents
  profile: Profile
}

/** @throws 422/141 for an invalid scope or expiry */
export function create(
  input: ManagementTokenInput & { name: string; scope: unknown[] },
  context: ManagementTokenContext,
): ManagementToken {
  const { callerUid, now, ids, apiKey, store } = context
  const { scope, errors } = checkScope('management', input.scope, apiKey, store)
  refuseMistakes('Management Token creation', errors, input.expires_on, context)
  return {
    name: input.name,
    description: input.description ?? '',
    scope,
    expires_on: input.expires_on ?? null,
    is_email_notification_enabled: input.is_email_notification_enabled ?? false,
    rate_limit_enabled: input.rate_limit_enabled ?? null,
    notice_sent_for: null,
    uid: ids.uid(),
    token: ids.token(),
    created_by: callerUid,
    updated_by: callerUid,
    created_at: now,
    updated_at: now,
  }
}

/** @throws 422/141 for an invalid scope or expiry */
export function update(
  found: ManagementToken,
  input: ManagementTokenInput,
  context: ManagementTokenContext,
): ManagementToken {
  const checked = input.scope && checkScope('management', input.scope, context.apiKey, context.store)
  refuseMistakes('Management Token update', checked?.errors, input.expires_on, context)
  return updated(found, {
    name: input.name,
    description: input.description === null ? '' : input.description,
    scope: checked?.scope,
    expires_on: input.expires_on,
    is_email_notification_enabled: input.is_email_notification_enabled,
    rate_limit_enabled: input.rate_limit_enabled,
    updated_by: context.callerUid,
    updated_at: context.now,
  })
}

/** Throws for the mistakes in a scope and in an expiry. */
function refuseMistakes(
  operation: Operation,
  inScope: FieldErrors | undefined,
  expiresOn: string | null = null,
  { now, profile }: ManagementTokenContext,
): void {
  const errors = {
    ...inScope,
    ...checkExpiresOn(expiresOn),
    // The page's own samples expire in 2020, so only the profile `live` refuses a past date.
    ...(profile === 'live' && checkExpiryAhead(expiresOn, Date.parse(now))),
  }
  if (Object.keys(errors).length > 0) throw invalid(operation, errors)
}

/** Renders the JSON text that the API returns, without the value, which only the response to a creation shows (page). */
export function managementTokenBody(token: ManagementToken): string {
  const { token: _value, notice_sent_for: _notice, ...shown } = token
  const { rate_limit_enabled, is_email_notification_enabled, ...rest } = shown
  const { name, description, scope, expires_on, ...stamps } = rest
  return JSON.stringify({
    name,
    description,
    scope,
    expires_on,
    is_email_notification_enabled,
    ...(rate_limit_enabled !== null && { rate_limit_enabled }),
    ...stamps,
  })
}

/** A module of the stack, and the access that a call needs to it. */
export interface ModuleAccess {
  module: string
  acl: 'read' | 'write'
}

/** @throws 401/161 (A) if no entry of the scope grants the access; `$all` grants it for every module */
export function checkScopePermits(scope: readonly ScopeEntry[], { module, acl }: ModuleAccess): void {
  const permits = scope.some((entry) => [module, '$all'].includes(entry.module) && entry.acl[acl] === true)
  if (!permits)
    throw scopeNotPermitted(`The management token's scope does not let it ${acl} the module ${module}.`)
}
