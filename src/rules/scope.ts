import { type FieldErrors, NOT_VALID, REQUIRED } from './errors.ts'

export interface Acl {
  read?: boolean
  write?: boolean
}

/** One entry of a token's scope, as stored. It holds uids of environments, so that a renamed environment stays in the scope. */
export interface ScopeEntry {
  environments?: string[]
  module: string
  acl: Acl
  branches?: string[]
  branch_aliases?: string[]
  /** Only in delivery tokens. Null for a fixture's entry that dates from before the service added it (page). */
  _metadata?: { uid: string } | null
}

/** The lists of a scope entry: environments by uid, branches and aliases by name. */
export type ScopeList = 'environments' | 'branches' | 'branch_aliases'

/** Whether an entry of the scope has `name` (for an environment, its uid) in the list. */
export const scopeNames = (scope: readonly ScopeEntry[], list: ScopeList, name: string) =>
  scope.some((entry) => entry[list]?.includes(name))

/** Removes a deleted environment, branch or alias from a scope. An entry stays even if it then names nothing. */
export const scopeWithout = (scope: readonly ScopeEntry[], list: ScopeList, name: string): ScopeEntry[] =>
  scope.map((entry) => {
    const named = entry[list]
    return named ? { ...entry, [list]: named.filter((other) => other !== name) } : entry
  })

/** Looks up what a scope may name, in a store or in a fixture. */
export interface StackContents {
  environments: { uidOfName(apiKey: string, name: string): string | undefined }
  branches: {
    has(apiKey: string, uid: string): boolean
    /** Whether the stack has branches. */
    isAny(apiKey: string): boolean
    /** The branch that an alias points to. */
    targetOf(apiKey: string, alias: string): string | undefined
  }
}

/** A: the modules of a management token's scope, besides branch and branch_alias. */
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

const BRANCH_MODULES = ['branch', 'branch_alias'] as const

/** The kind of token that has the scope. */
export type ScopeKind = 'delivery' | 'management'

/** The modules that the scope of each kind of token may name. */
export const MODULES = {
  delivery: ['environment', ...BRANCH_MODULES],
  management: [...MANAGEMENT_MODULES, ...BRANCH_MODULES],
} as const

const KNOWN: Record<ScopeKind, ReadonlySet<unknown>> = {
  delivery: new Set(MODULES.delivery),
  management: new Set(MODULES.management),
}

/** Whether the scope of a token may name the module. */
export const isModule = (kind: ScopeKind, module: unknown): module is string => KNOWN[kind].has(module)

/** Distinct messages by field, so that many invalid entries do not repeat one. */
type Messages = Map<string, Set<string>>

export interface CheckedScope {
  scope: ScopeEntry[]
  errors: FieldErrors
}

/**
 * Checks the scope of a token. A delivery token needs an environment. If the stack has branches, both kinds need a branch
 * or an alias (R / A). Missing entries are reported only when everything else is valid.
 */
export function checkScope(
  kind: ScopeKind,
  raw: readonly unknown[],
  apiKey: string,
  contents: StackContents,
): CheckedScope {
  const errors: Messages = new Map()
  const scope: ScopeEntry[] = []
  let namesEnvironment = false
  let namesBranch = false
  for (const sent of raw) {
    if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) {
      add(errors, 'scope', NOT_VALID)
      continue
    }
    const { module, acl: sentAcl, environments, branches, branch_aliases } = sent as Sent
    if (!isModule(kind, module)) {
      add(errors, 'scope.module', typeof module === 'string' ? `'${module}' ${NOT_VALID}` : NOT_VALID)
      continue
    }
    const acl = checkAcl(kind, sentAcl)
    if (!acl) add(errors, 'scope.acl', NOT_VALID)
    let entry: ScopeEntry = { module, acl: acl ?? {} }
    if (module === 'environment' && kind === 'delivery') {
      const uids = checkNames('environment', environments, apiKey, contents, errors)
      // Stryker disable next-line ConditionalExpression: JSON leaves out what is undefined.
      if (uids) entry = { environments: uids, ...entry }
      namesEnvironment ||= Boolean(uids?.length)
    } else if (module === 'branch') {
      const names = checkNames('branch', branches, apiKey, contents, errors)
      // Stryker disable next-line ConditionalExpression: JSON leaves out what is undefined.
      if (names) entry.branches = names
      namesBranch ||= Boolean(names?.length)
    } else if (module === 'branch_alias') {
      const names = checkNames('branch_alias', branch_aliases, apiKey, contents, errors)
      // Stryker disable next-line ConditionalExpression: JSON leaves out what is undefined.
      if (names) entry.branch_aliases = names
      namesBranch ||= Boolean(names?.length)
    }
    scope.push(entry)
  }
  if (errors.size > 0) {
    const fields = [...errors].map(([field, messages]) => [field, [...messages]])
    return { scope, errors: Object.fromEntries(fields) as FieldErrors }
  }
  const missing: FieldErrors = {}
  if (kind === 'delivery' && !namesEnvironment) missing['scope.environment'] = [REQUIRED]
  // The page's create sample shows a token without branches, so its stack has no branches (C).
  if (!namesBranch && contents.branches.isAny(apiKey)) missing['scope.branch_or_alias'] = [REQUIRED]
  return { scope, errors: missing }
}

/** An entry as the request sent it. */
type Sent = Partial<Record<'module' | 'acl' | ScopeList, unknown>>

/**
 * Returns the acl, or undefined if it is invalid (A). The strings "true" and "false" are accepted and returned as
 * booleans (R). A management token may be write-only (D).
 */
function checkAcl(kind: ScopeKind, sent: unknown): Acl | undefined {
  const acl: Acl = {}
  // Of a value that is no object, these are none, or no rights.
  for (const [right, value] of Object.entries(Object(sent))) {
    if (right !== 'read' && !(right === 'write' && kind === 'management')) return undefined
    if (value !== true && value !== false && value !== 'true' && value !== 'false') return undefined
    acl[right] = value === true || value === 'true'
  }
  return acl.read === undefined && acl.write === undefined ? undefined : acl
}

const NOUNS = { branch: 'branch(es)', branch_alias: 'branch alias(es)' }

/**
 * Returns the distinct names in a list; for environments, their uids. Undefined if there is no list, which `checkScope`
 * reports, or if it is invalid.
 */
function checkNames(
  field: 'environment' | keyof typeof NOUNS,
  sent: unknown,
  apiKey: string,
  { environments, branches }: StackContents,
  errors: Messages,
): string[] | undefined {
  if (sent === null || sent === undefined) return undefined
  if (!Array.isArray(sent) || sent.some((name) => typeof name !== 'string')) {
    // Clients may send back environments as the objects of an earlier response (A status).
    add(
      errors,
      `scope.${field}`,
      field === 'environment' ? 'is not valid. Send environment names.' : NOT_VALID,
    )
    return undefined
  }
  const found: string[] = []
  const unknown: string[] = []
  for (const name of new Set<string>(sent)) {
    let known: string | undefined
    if (field === 'environment') known = environments.uidOfName(apiKey, name)
    else if (field === 'branch') known = branches.has(apiKey, name) ? name : undefined
    else known = branches.targetOf(apiKey, name) && name
    if (known === undefined) unknown.push(name)
    found.push(known ?? name)
  }
  if (field === 'environment')
    for (const name of unknown) add(errors, 'scope.environment', `'${name}' environment(s) not found.`)
  else if (unknown.length > 0)
    add(errors, `scope.${field}`, `${unknown.join(', ')} ${NOUNS[field]} not found.`)
  return found
}

function add(errors: Messages, field: string, message: string): void {
  const messages = errors.get(field)
  if (messages) messages.add(message)
  else errors.set(field, new Set([message]))
}

/** Contents that know no name, of a stack with branches. */
const NOTHING: StackContents = {
  environments: { uidOfName: () => undefined },
  // Stryker disable next-line ArrowFunction: undefined is as false.
  branches: { has: () => false, isAny: () => true, targetOf: () => undefined },
}

// Stryker disable next-line BooleanLiteral: false is no mistake either.
const READ = { read: true }

/** Entries of a scope, each with another mistake. */
const MISTAKEN = [
  7,
  { module: 'x' },
  { module: 'branch', acl: {} },
  { module: 'environment', acl: READ, environments: ['x'] },
  { module: 'branch', acl: READ, branches: ['x'] },
  { module: 'branch_alias', acl: READ, branch_aliases: ['x'] },
]

/** What `checkScope` reports, for the OpenAPI document: an example of each mistake, and of missing entries. */
export const scopeErrors = (kind: ScopeKind): FieldErrors[] =>
  // Stryker disable next-line StringLiteral: the contents are the same for each api_key.
  [...MISTAKEN.map((entry) => [entry]), []].map((scope) => checkScope(kind, scope, '', NOTHING).errors)
