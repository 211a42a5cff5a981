import { branchDenied, scopeNotPermitted } from './errors.ts'
import type { ScopeEntry } from './scope.ts'

/** What a call does to which module of the stack. */
export interface ModuleAccess {
  module: string
  acl: 'read' | 'write'
}

/** @throws 401/161 (A) where no entry of a management token's scope gives the access; `$all` stands for every module */
export function checkScopePermits(scope: readonly ScopeEntry[], { module, acl }: ModuleAccess): void {
  const permits = scope.some((entry) => [module, '$all'].includes(entry.module) && entry.acl[acl] === true)
  if (!permits)
    throw scopeNotPermitted(`The management token's scope does not let it ${acl} the module ${module}.`)
}

/**
 * Whether a management token may work on a branch, by its uid or by an alias: the scope has to name either, or the
 * alias's branch, in an entry that may be read (C).
 *
 * @param branch a branch or an alias, as the request names it
 * @param target the branch that the alias stands for; the branch itself where it is none
 * @throws 422/901 (A)
 */
export function checkBranchAccess(scope: readonly ScopeEntry[], branch: string, target: string): void {
  const isIn = scope.some(
    ({ acl, branches = [], branch_aliases: aliases = [] }) =>
      acl.read && (branches.includes(target) || (branch !== target && aliases.includes(branch))),
  )
  if (!isIn) throw branchDenied(branch)
}
