import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { ErrorObject } from 'ajv'
import { end, parse as parseDuration } from 'iso8601-duration'
import type { FieldErrors } from '../rules/errors.ts'
import {
  type CheckedScope,
  checkDeliveryScope,
  checkManagementScope,
  type ScopeEntry,
} from '../rules/scope.ts'
import { checkExpiresOn } from '../rules/token.ts'
import { validatorOf } from '../schema-compiler.ts'
import { UserError } from '../user-error.ts'
import { Fixture, type StackEntry, type TokenEntry } from './fixture-schema.ts'
import { idsOfPlace } from './ids.ts'
import type { DeliveryToken } from './store/delivery-tokens.ts'
import type { Environment } from './store/environments.ts'
import type { Store } from './store/index.ts'
import type { ManagementToken } from './store/management-tokens.ts'

/** The fixture cannot be loaded. Each problem is a sentence that begins with its JSON path. */
export class FixtureError extends UserError {
  override readonly name = 'FixtureError'
  readonly problems: string[]

  constructor(name: string, problems: string[]) {
    super([`The fixture ${name} cannot be loaded:`, ...problems.map((problem) => `  ${problem}`)].join('\n'))
    this.problems = problems
  }
}

const folder = new URL('../../fixtures/', import.meta.url)

/** The fixtures that come with the package, by the name that `--fixtures` takes. */
export const fixtureNames = () =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json') && file !== 'schema.json')
    .map((file) => file.replace(/\.json$/, ''))

/**
 * Reads and checks a fixture: the name of one that comes with the package, or the path of a file.
 *
 * @throws FixtureError with every mistake at once
 */
export function readFixture(nameOrPath: string): Fixture {
  const isName = fixtureNames().includes(nameOrPath)
  const file = isName ? new URL(`${nameOrPath}.json`, folder) : nameOrPath
  if (!existsSync(file)) {
    throw new FixtureError(nameOrPath, [`$: is neither a file nor one of ${fixtureNames().join(', ')}.`])
  }
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new FixtureError(nameOrPath, [`$: ${(error as Error).message}.`])
  }
  return checkFixture(nameOrPath, content)
}

/** @throws FixtureError with every mistake at once */
export function checkFixture(name: string, content: unknown): Fixture {
  const validate = validatorOf<Fixture>(Fixture)
  if (!validate(content)) {
    throw new FixtureError(name, [...new Set((validate.errors as ErrorObject[]).map(schemaProblem))])
  }
  const problems = findProblems(content)
  if (problems.length > 0) throw new FixtureError(name, problems)
  return content
}

function schemaProblem({ instancePath, message, params, keyword }: ErrorObject): string {
  const place = instancePath.replaceAll(/\/(\d+)/g, '[$1]').replaceAll('/', '.')
  const detail = keyword === 'additionalProperties' ? ` ('${String(params['additionalProperty'])}')` : ''
  return `$${place}: ${message}${detail}.`
}

/** What the schema cannot say: names that nothing bears, and names given twice. */
function findProblems(fixture: Fixture): string[] {
  const problems: string[] = []
  const unique = (values: (string | undefined)[], place: (index: number) => string) => {
    const seen = new Set<string>()
    for (const [index, value] of values.entries()) {
      if (value === undefined) continue
      if (seen.has(value)) problems.push(`${place(index)}: '${value}' is not unique.`)
      seen.add(value)
    }
  }
  const { users, stacks } = fixture
  const emails = new Set(users.map((user) => user.email.toLowerCase()))
  const known = (email: string, place: string) => {
    if (!emails.has(email.toLowerCase())) problems.push(`${place}: no user has the e-mail '${email}'.`)
  }
  unique(
    users.map((user) => user.email.toLowerCase()),
    (i) => `$.users[${i}].email`,
  )
  unique(
    users.map((user) => user.uid),
    (i) => `$.users[${i}].uid`,
  )
  unique(
    users.flatMap((user) => user.authtokens ?? []),
    () => '$.users[*].authtokens',
  )
  unique(
    stacks.map((stack) => stack.api_key),
    (i) => `$.stacks[${i}].api_key`,
  )

  for (const [s, stack] of stacks.entries()) {
    const place = `$.stacks[${s}]`
    known(stack.owner, `${place}.owner`)
    const members = stack.members ?? []
    for (const [m, { email }] of members.entries()) known(email, `${place}.members[${m}].email`)
    unique(
      [stack.owner, ...members.map(({ email }) => email)].map((email) => email.toLowerCase()),
      (i) => `${place}.members[${i - 1}].email`,
    )

    const { environments = [], branches = [], branch_aliases: aliases = [] } = stack
    unique(
      environments.map(({ name }) => name),
      (i) => `${place}.environments[${i}].name`,
    )
    unique(
      environments.map(({ uid }) => uid),
      (i) => `${place}.environments[${i}].uid`,
    )
    unique(
      branches.map(({ uid }) => uid),
      (i) => `${place}.branches[${i}].uid`,
    )
    unique(
      aliases.map(({ alias }) => alias),
      (i) => `${place}.branch_aliases[${i}].alias`,
    )
    for (const [a, { branch }] of aliases.entries()) {
      if (!branches.some(({ uid }) => uid === branch)) {
        problems.push(`${place}.branch_aliases[${a}].branch: there is no branch '${branch}'.`)
      }
    }

    const contents = contentsOf(stack, place)
    for (const kind of ['delivery_tokens', 'management_tokens'] as const) {
      const tokens: TokenEntry[] = stack[kind] ?? []
      unique(
        tokens.map(({ uid }) => uid),
        (i) => `${place}.${kind}[${i}].uid`,
      )
      unique(
        tokens.map(({ token }) => token),
        (i) => `${place}.${kind}[${i}].token`,
      )
      for (const [i, entry] of tokens.entries()) {
        const check = kind === 'delivery_tokens' ? checkDeliveryScope : checkManagementScope
        const errors = { ...missingLeftOut(check(entry.scope, contents)), ...expiryErrors(entry) }
        for (const [field, messages] of Object.entries(errors)) {
          problems.push(`${place}.${kind}[${i}].${field}: ${messages.join(' ')}`)
        }
      }
    }
    unique(
      (stack.delivery_tokens ?? []).map(({ name }) => name),
      (i) => `${place}.delivery_tokens[${i}].name`,
    )
  }
  return problems
}

/**
 * A kept token may lack what a new one needs: its environment was deleted since, or it is older than the branches
 * of its stack, as the page's own sample is.
 */
function missingLeftOut({ errors }: CheckedScope): FieldErrors {
  return Object.fromEntries(
    Object.entries(errors).filter(([, messages]) => !messages.includes('is a required field.')),
  )
}

function expiryErrors(entry: TokenEntry): FieldErrors {
  if (!('expires_on' in entry) || isDuration(entry.expires_on)) return {}
  return checkExpiresOn(entry.expires_on ?? null)
}

function isDuration(text: string | null | undefined): text is string {
  try {
    return typeof text === 'string' && parseDuration(text) !== undefined
  } catch {
    return false
  }
}

function contentsOf(stack: StackEntry, place: string) {
  return {
    environments: new Map(
      (stack.environments ?? []).map(({ name, uid }, i) => [
        name,
        uid ?? idsOfPlace(`${place}.environments[${i}]`).uid(),
      ]),
    ),
    branches: new Set((stack.branches ?? []).map(({ uid }) => uid)),
    aliases: new Set((stack.branch_aliases ?? []).map(({ alias }) => alias)),
  }
}

/** The times of what a fixture gives none for: a second apart, in the order of the file. */
const derivedTime = (index: number) => new Date(Date.UTC(2024, 0, 1, 0, 0, index)).toISOString()

/**
 * Fills an empty store. What the fixture leaves out is derived from the place of the entry in the file, so that
 * the same file gives the same values at every start.
 *
 * @param now milliseconds since 1970, from which durations count
 */
export function loadFixture(store: Store, fixture: Fixture, now: number): void {
  const { organization, users, stacks } = fixture
  const uidAt = (place: string, uid?: string) => uid ?? idsOfPlace(place).uid()
  store.organization.insert({ name: organization.name, uid: uidAt('$.organization', organization.uid) })

  const uidOfEmail = new Map<string, string>()
  for (const [u, { authtokens = [], ...user }] of users.entries()) {
    const uid = uidAt(`$.users[${u}]`, user.uid)
    uidOfEmail.set(user.email.toLowerCase(), uid)
    store.users.insert({ ...user, uid })
    for (const authtoken of authtokens) store.users.insertAuthtoken(uid, authtoken)
  }
  const userUid = (email: string) => uidOfEmail.get(email.toLowerCase()) as string

  for (const [s, stack] of stacks.entries()) {
    const place = `$.stacks[${s}]`
    const apiKey = uidAt(place, stack.api_key)
    const ownerUid = userUid(stack.owner)
    store.stacks.insert({ api_key: apiKey, name: stack.name, owner_uid: ownerUid })
    for (const { email, role } of stack.members ?? []) {
      store.stacks.insertMember(apiKey, { user_uid: userUid(email), role })
    }
    for (const { uid, source = '' } of stack.branches ?? []) store.branches.insert(apiKey, { uid, source })
    for (const alias of stack.branch_aliases ?? []) store.branches.insertAlias(apiKey, alias)

    const stampsOf = (
      entry: Partial<Pick<Environment, 'created_by' | 'updated_by' | 'created_at' | 'updated_at'>>,
      index: number,
    ) => {
      const createdBy = entry.created_by ?? ownerUid
      const createdAt = entry.created_at ?? derivedTime(index)
      return {
        created_by: createdBy,
        updated_by: entry.updated_by ?? createdBy,
        created_at: createdAt,
        updated_at: entry.updated_at ?? createdAt,
      }
    }
    const contents = contentsOf(stack, place)
    for (const [i, entry] of (stack.environments ?? []).entries()) {
      store.environments.insert(apiKey, {
        ...(entry.deploy_content !== undefined && { deploy_content: entry.deploy_content }),
        ...(entry.servers && { servers: entry.servers }),
        urls: (entry.urls ?? []).map(({ url, locale }) => ({ url, locale })),
        name: entry.name,
        app_user_object_uid: 'system',
        uid: contents.environments.get(entry.name) as string,
        ...stampsOf(entry, i),
        ACL: [],
        _version: entry._version ?? 1,
        tags: [],
      })
    }
    for (const [i, entry] of (stack.delivery_tokens ?? []).entries()) {
      const at = `${place}.delivery_tokens[${i}]`
      const { preview_token: preview = false } = entry
      const deliveryToken: DeliveryToken = {
        uid: uidAt(at, entry.uid),
        name: entry.name,
        description: entry.description ?? '',
        scope: checkDeliveryScope(entry.scope, contents).scope.map(
          (checked, e): ScopeEntry => ({
            ...checked,
            _metadata: metadataOf(entry, e, at),
          }),
        ),
        token: entry.token ?? idsOfPlace(`${at}.token`).token(),
        preview_token: preview === true ? idsOfPlace(`${at}.preview_token`).token() : preview || null,
        ...stampsOf(entry, i),
      }
      store.deliveryTokens.insert(apiKey, deliveryToken)
    }
    for (const [i, entry] of (stack.management_tokens ?? []).entries()) {
      const at = `${place}.management_tokens[${i}]`
      const { expires_on: expiresOn = null } = entry
      const managementToken: ManagementToken = {
        uid: uidAt(at, entry.uid),
        name: entry.name,
        description: entry.description ?? '',
        scope: checkManagementScope(entry.scope, contents).scope,
        expires_on: isDuration(expiresOn)
          ? end(parseDuration(expiresOn), new Date(now)).toISOString()
          : expiresOn,
        is_email_notification_enabled: entry.is_email_notification_enabled ?? false,
        rate_limit_enabled: entry.rate_limit_enabled ?? null,
        token: entry.token ?? idsOfPlace(`${at}.token`).token(),
        ...stampsOf(entry, i),
      }
      store.managementTokens.insert(apiKey, managementToken)
    }
  }
}

function metadataOf({ scope }: TokenEntry, index: number, place: string): { uid: string } | null {
  const given = scope[index]?._metadata
  return given === undefined ? { uid: idsOfPlace(`${place}.scope[${index}]`).metadataUid() } : given
}
