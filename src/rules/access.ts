import { branchDenied, environmentDenied, environmentUnknown, objectNotFound } from './errors.ts'
import type { ScopeEntry } from './scope.ts'
import { isExpired } from './time.ts'

// What a token may read. No scope limits the locale.

/** The kinds of tokens of a stack. */
export type TokenKind = 'delivery' | 'preview' | 'management'

/**
 * The uids of the environments that a token may read: those in the scope of a delivery token, also for its preview token.
 * Undefined for all of them, since no scope of a management token names one.
 */
export const environmentsIn = (kind: TokenKind, scope: readonly ScopeEntry[]): string[] | undefined =>
  kind === 'management'
    ? undefined
    : [...new Set(scope.flatMap(({ acl, environments = [] }) => (acl.read ? environments : [])))]

/**
 * Why a token cannot be used at all, in a sentence; undefined if it can.
 *
 * @param expiresOn of a management token; null for the others
 * @param now milliseconds since 1970
 */
export function whyUnusable(
  kind: TokenKind,
  scope: readonly ScopeEntry[],
  expiresOn: string | null,
  now: number,
): string | undefined {
  if (isExpired(expiresOn, now)) return `The management token expired on ${expiresOn}.`
  // D: such a token stops working.
  return environmentsIn(kind, scope)?.length === 0
    ? `The ${kind} token no longer works: its scope names no environment that exists.`
    : undefined
}

/**
 * Checks that a token may use a branch, named by its uid or by an alias. An entry with read access has to name the branch,
 * or the alias that the request uses (C).
 *
 * @param name a branch or an alias, as the request names it
 * @param target the branch that the alias points to; undefined if `name` is not an alias
 * @throws 422/901 if the scope names neither, even if the branch does not exist
 */
export function checkBranchAccess(
  kind: TokenKind,
  scope: readonly ScopeEntry[],
  name: string,
  target: string | undefined,
): void {
  const isIn = scope.some(
    ({ acl, branches, branch_aliases: aliases }) =>
      acl.read && (branches?.includes(target ?? name) || aliases?.includes(name)),
  )
  if (isIn) return
  const reason =
    target === undefined
      ? `The ${kind} token's scope names neither the branch '${name}' nor an alias for it.`
      : `The ${kind} token's scope names neither the alias '${name}' nor its branch '${target}'.`
  // The management API speaks of a branch in both cases (A).
  throw branchDenied(name, reason, target === undefined || kind === 'management' ? 'branch' : 'branch alias')
}

/**
 * Checks that a token may read an environment. No scope of a management token names one, so it may read them all.
 *
 * @param uid of the environment; undefined if there is no environment of that name
 * @throws 422/141 or, from the preview host for an environment outside the scope, 403/162
 */
export function checkEnvironmentAccess(
  kind: TokenKind,
  scope: readonly ScopeEntry[],
  name: string,
  uid: string | undefined,
): asserts uid is string {
  if (uid === undefined) throw environmentUnknown(name)
  if (kind === 'management') return
  if (scope.some(({ acl, environments }) => acl.read && environments?.includes(uid))) return
  const reason = `The ${kind} token's scope does not name the environment '${name}'.`
  throw kind === 'preview' ? environmentDenied(reason) : objectNotFound('environment', reason)
}
