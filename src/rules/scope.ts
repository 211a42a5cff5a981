import { type FieldErrors, NOT_VALID, REQUIRED } from './errors.ts'

export interface Acl {
  read?: boolean
  write?: boolean
}

/** One entry of a token's scope, as it is kept: an environment by its uid, so that a renamed one stays in the scope. */
export interface ScopeEntry {
  environments?: string[]
  module: string
  acl: Acl
  branches?: string[]
  branch_aliases?: string[]
  /** Carried by the entries of a delivery token only. Null in a fixture's entry from before the service gave them (page). */
  _metadata?: { uid: string } | null
}

/** The lists of a scope entry: environments by uid, branches and aliases by name. */
export type ScopeList = 'environments' | 'branches' | 'branch_aliases'

/** Whether any entry of a scope names it. */
export const scopeNames = (scope: readonly ScopeEntry[], list: ScopeList, name: string) =>
  scope.some((entry) => entry[list]?.includes(name))

/** The same scope without what is gone. An entry stays, though it may name nothing any more. */
export const scopeWithout = (scope: readonly ScopeEntry[], list: ScopeList, name: string): ScopeEntry[] =>
  scope.map((entry) => {
    const named = entry[list]
    return named ? { ...entry, [list]: named.filter((other) => other !== name) } : entry
  })

/** What a scope may name: what there is in its stack. */
export interface StackContents {
  /** The uid of an environment by its name. */
  environments: ReadonlyMap<string, string>
  branches: ReadonlySet<string>
  aliases: ReadonlySet<string>
}

/** A: the modules of a management token's scope beside branch and branch_alias. */
export const MANAGEMENT_MODULES = [
  'content_type',
  'entry',
  'asset',
  'environment',
  'locale',
  'global_field',
  'webhook',
  'workflow',
  'release',
  'label',
  'extension',
  'role',
  '$all',
] as const

const DELIVERY_MODULES = ['environment']
const BRANCH_MODULES = ['branch', 'branch_alias']

/** Each message once, whatever the number of entries that earn it. */
type Messages = Map<string, Set<string>>

export interface CheckedScope {
  scope: ScopeEntry[]
  errors: FieldErrors
}

/** The scope of a delivery token: at least one environment, and a branch or an alias where the stack has branches (R). */
export function checkDeliveryScope(raw: readonly unknown[], contents: StackContents): CheckedScope {
  const checked = checkEntries(raw, contents, DELIVERY_MODULES, false)
  if (!isClean(checked)) return checked
  const { scope, errors } = checked
  if (!scope.some((entry) => entry.environments?.length)) errors['scope.environment'] = [REQUIRED]
  requireBranch(checked, contents)
  return checked
}

/** The scope of a management token: modules to read and write, and a branch or an alias as for delivery tokens (A). */
export function checkManagementScope(raw: readonly unknown[], contents: StackContents): CheckedScope {
  const checked = checkEntries(raw, contents, MANAGEMENT_MODULES, true)
  if (isClean(checked)) requireBranch(checked, contents)
  return checked
}

/** What is missing is told once all that is there is right. */
const isClean = ({ errors }: CheckedScope) => Object.keys(errors).length === 0

function requireBranch({ scope, errors }: CheckedScope, contents: StackContents): void {
  // The page's create sample shows a token without branches: its stack has none (C).
  if (contents.branches.size === 0) return
  const named = scope.some((entry) => entry.branches?.length || entry.branch_aliases?.length)
  if (!named) errors['scope.branch_or_alias'] = [REQUIRED]
}

function checkEntries(
  raw: readonly unknown[],
  contents: StackContents,
  modules: readonly string[],
  mayWrite: boolean,
): CheckedScope {
  const errors: Messages = new Map()
  const scope: ScopeEntry[] = []
  for (const entry of raw) {
    if (!isObject(entry)) {
      add(errors, 'scope', NOT_VALID)
      continue
    }
    const module = entry['module']
    if (typeof module !== 'string' || ![...modules, ...BRANCH_MODULES].includes(module)) {
      add(errors, 'scope.module', typeof module === 'string' ? `'${module}' ${NOT_VALID}` : NOT_VALID)
      continue
    }
    const acl = checkAcl(entry['acl'], mayWrite)
    if (!acl) {
      add(errors, 'scope.acl', NOT_VALID)
    }
    const kept = { module, acl: acl ?? { read: true } }
    if (module === 'environment' && !mayWrite) {
      const environments = checkEnvironments(entry['environments'], contents, errors)
      scope.push({ ...(environments && { environments }), ...kept })
    } else if (module === 'branch') {
      const branches = checkNames(entry['branches'], contents.branches, 'branch', 'branch(es)', errors)
      scope.push({ ...kept, ...(branches && { branches }) })
    } else if (module === 'branch_alias') {
      const aliases = entry['branch_aliases']
      const names = checkNames(aliases, contents.aliases, 'branch_alias', 'branch alias(es)', errors)
      scope.push({ ...kept, ...(names && { branch_aliases: names }) })
    } else {
      scope.push(kept)
    }
  }
  return { scope, errors: Object.fromEntries([...errors].map(([field, messages]) => [field, [...messages]])) }
}

/**
 * R: the strings "true" and "false" are taken, and returned as booleans. Undefined where the acl is refused (A). A
 * management token may be write-only (D).
 */
function checkAcl(raw: unknown, mayWrite: boolean): Acl | undefined {
  if (!isObject(raw)) return undefined
  if (!Object.hasOwn(raw, 'read') && !(mayWrite && Object.hasOwn(raw, 'write'))) return undefined
  const acl: Record<string, boolean> = {}
  for (const [key, value] of Object.entries(raw)) {
    if (key !== 'read' && !(key === 'write' && mayWrite)) return undefined
    if (![true, false, 'true', 'false'].includes(value as string)) return undefined
    acl[key] = value === true || value === 'true'
  }
  return acl
}

/** Turns names into uids. Undefined where there is no list, which is left to the check of the whole scope. */
function checkEnvironments(raw: unknown, contents: StackContents, errors: Messages): string[] | undefined {
  if (raw === null || raw === undefined) return undefined
  if (!Array.isArray(raw) || raw.some((name) => typeof name !== 'string')) {
    // What a client sends that returns the objects of an answer (A status).
    add(errors, 'scope.environment', 'is not valid. Send environment names.')
    return ['']
  }
  return [...new Set<string>(raw)].map((name) => {
    const uid = contents.environments.get(name)
    if (uid === undefined) add(errors, 'scope.environment', `'${name}' environment(s) not found.`)
    return uid ?? name
  })
}

function checkNames(
  raw: unknown,
  known: ReadonlySet<string>,
  field: string,
  noun: string,
  errors: Messages,
): string[] | undefined {
  if (raw === null || raw === undefined) return undefined
  if (!Array.isArray(raw) || raw.some((name) => typeof name !== 'string')) {
    add(errors, `scope.${field}`, NOT_VALID)
    return ['']
  }
  const names = [...new Set<string>(raw)]
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length > 0) add(errors, `scope.${field}`, `${unknown.join(', ')} ${noun} not found.`)
  return names
}

function add(errors: Messages, field: string, message: string): void {
  const messages = errors.get(field)
  if (messages) messages.add(message)
  else errors.set(field, new Set([message]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
