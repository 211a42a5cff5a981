import type { TSchema } from '@sinclair/typebox'
import type { ErrorObject } from 'ajv'
import { FIXTURE_DEPTH_LIMIT } from '../rules/caps.ts'
import { isDeeper } from '../rules/depth.ts'
import { type FieldErrors, REQUIRED } from '../rules/errors.ts'
import {
  type CheckedScope,
  checkDeliveryScope,
  checkManagementScope,
  type StackContents,
} from '../rules/scope.ts'
import { checkExpiresOn } from '../rules/token.ts'
import { isTotpSecret } from '../rules/two-factor.ts'
import { firstErrorValidatorOf } from '../schema-compiler.ts'
import { timeAfter } from './duration.ts'
import { Fixture, type StackEntry, type TokenEntry } from './fixture-schema.ts'
import { idsOfPlace } from './ids.ts'
import { Problems } from './problems.ts'

/** How many mistakes in the shape of a file are counted. */
const COUNTED = 10_000

/** The mistakes of a fixture's content, each a sentence that begins with its JSON path: the first hundred, and how many more. */
export function fixtureProblems(content: unknown): string[] {
  if (isDeeper(content, FIXTURE_DEPTH_LIMIT))
    return [`$: is nested more than ${FIXTURE_DEPTH_LIMIT} levels deep.`]
  const problems = new Problems()
  if (!firstErrorValidatorOf(Fixture)(content)) {
    for (const problem of shapeProblems(Fixture, content, '$')) {
      problems.add(problem)
      if (problems.count < COUNTED) continue
      // What has no shape at all is not looked at further, which would take minutes.
      problems.cut()
      return problems.list()
    }
  }
  const { organization, users, stacks } = Object(content) as Fixture
  asFarAsShaped(() => checkUsers(users, problems))
  const emails = asFarAsShaped(() => new Set(users.map(({ email }) => email.toLowerCase())))
  if (emails) asFarAsShaped(() => checkOrganization(organization, emails, problems))
  asFarAsShaped(() => {
    unique(
      problems,
      stacks,
      '$.stacks',
      'api_key',
      (stack, place) => stack.api_key ?? idsOfPlace(place).uid(),
    )
    unique(
      problems,
      stacks,
      '$.stacks',
      'uid',
      (stack, place) => stack.uid ?? idsOfPlace(`${place}.uid`).uid(),
    )
    for (const [s, stack] of stacks.entries()) {
      if (emails) asFarAsShaped(() => checkPeople(stack, `$.stacks[${s}]`, emails, problems))
      asFarAsShaped(() => checkContents(stack, `$.stacks[${s}]`, problems))
    }
  })
  return problems.list()
}

/** What is looked at of a JSON schema. */
interface Shape extends TSchema {
  properties?: Record<string, Shape> | undefined
  required?: string[] | undefined
  items?: Shape | undefined
}

/** What does not fit the schema, one after the other: a large file has more of it than memory holds. */
function* shapeProblems(shape: Shape, value: unknown, place: string): Generator<string> {
  const { properties, required = [], items } = shape
  if (items && Array.isArray(value) && value.length > 0) {
    for (const [i, inner] of value.entries()) yield* shapeProblems(items, inner, `${place}[${i}]`)
  } else if (properties && typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const name of Object.keys(value))
      if (!Object.hasOwn(properties, name)) yield `${place}: must NOT have additional properties ('${name}').`
    for (const name of required)
      if (!Object.hasOwn(value, name)) yield `${place}: must have required property '${name}'.`
    for (const [name, inner] of Object.entries(properties))
      if (Object.hasOwn(value, name))
        yield* shapeProblems(inner, value[name as keyof typeof value], `${place}.${name}`)
  } else {
    const validate = firstErrorValidatorOf(shape)
    if (!validate(value))
      for (const { instancePath, message } of validate.errors as ErrorObject[])
        yield `${place}${instancePath.replaceAll('/', '.')}: ${message}.`
  }
}

/** Runs a check on a part of the file. One whose shape is wrong cannot be read, and has been told of already. */
function asFarAsShaped<T>(check: () => T): T | undefined {
  try {
    return check()
  } catch {
    // Nothing to add to what the schema said.
    return undefined
  }
}

/** Tells of each entry whose key an earlier one has; what is derived from the place counts as if it were written. */
function unique<T>(
  problems: Problems,
  entries: readonly T[],
  place: string,
  field: string,
  keyOf: (entry: T, place: string) => string,
): void {
  const seen = new Set<string>()
  for (const [i, entry] of entries.entries()) {
    const key = keyOf(entry, `${place}[${i}]`).toWellFormed()
    if (seen.has(key)) problems.add(`${place}[${i}].${field}: '${key}' is not unique.`)
    seen.add(key)
  }
}

function checkUsers(users: Fixture['users'], problems: Problems): void {
  unique(problems, users, '$.users', 'email', (user) => user.email.toLowerCase())
  unique(problems, users, '$.users', 'uid', (user, place) => user.uid ?? idsOfPlace(place).uid())
  for (const [u, { totp_secret: secret }] of users.entries()) {
    if (typeof secret === 'string' && !isTotpSecret(secret))
      problems.add(`$.users[${u}].totp_secret: must be base32 of at least 16 bytes.`)
  }
  for (const kind of ['authtokens', 'oauth_tokens'] as const) {
    const seen = new Set<string>()
    for (const [u, user] of users.entries()) {
      for (const [a, token] of (user[kind] ?? []).entries()) {
        if (seen.has(token)) problems.add(`$.users[${u}].${kind}[${a}]: '${token}' is not unique.`)
        seen.add(token)
      }
    }
  }
}

function checkOrganization(
  { owner, admins = [] }: Fixture['organization'],
  emails: ReadonlySet<string>,
  problems: Problems,
): void {
  if (typeof owner === 'string' && !emails.has(owner.toLowerCase()))
    problems.add(`$.organization.owner: no user has the e-mail '${owner}'.`)
  const seen = new Set<string>()
  for (const [a, admin] of admins.entries()) {
    const key = admin.toLowerCase()
    if (!emails.has(key)) problems.add(`$.organization.admins[${a}]: no user has the e-mail '${admin}'.`)
    if (seen.has(key)) problems.add(`$.organization.admins[${a}]: '${admin}' is not unique.`)
    seen.add(key)
  }
}

function checkPeople(
  stack: StackEntry,
  place: string,
  emails: ReadonlySet<string>,
  problems: Problems,
): void {
  const seen = new Set<string>()
  const check = (email: string, at: string) => {
    const key = email.toLowerCase()
    if (!emails.has(key)) problems.add(`${at}: no user has the e-mail '${email}'.`)
    if (seen.has(key)) problems.add(`${at}: '${email}' is in the stack already.`)
    seen.add(key)
  }
  check(stack.owner, `${place}.owner`)
  for (const [m, { email }] of (stack.members ?? []).entries()) check(email, `${place}.members[${m}].email`)
}

function checkContents(stack: StackEntry, place: string, problems: Problems): void {
  const { environments = [], branches = [], branch_aliases: aliases = [] } = stack
  unique(problems, environments, `${place}.environments`, 'name', ({ name }) => name)
  unique(problems, environments, `${place}.environments`, 'uid', ({ uid }, at) => uid ?? idsOfPlace(at).uid())
  unique(problems, branches, `${place}.branches`, 'uid', ({ uid }) => uid)
  unique(problems, aliases, `${place}.branch_aliases`, 'alias', ({ alias }) => alias)
  const contents = contentsOf(stack, place)
  for (const [a, { alias }] of aliases.entries()) {
    if (contents.branches.has(alias))
      problems.add(`${place}.branch_aliases[${a}].alias: '${alias}' is a branch.`)
  }
  for (const [a, { branch }] of aliases.entries()) {
    if (!contents.branches.has(branch)) {
      problems.add(`${place}.branch_aliases[${a}].branch: there is no branch '${branch}'.`)
    }
  }
  unique(problems, stack.delivery_tokens ?? [], `${place}.delivery_tokens`, 'name', ({ name }) => name)
  for (const kind of ['delivery_tokens', 'management_tokens'] as const) {
    const tokens: TokenEntry[] = stack[kind] ?? []
    const at = `${place}.${kind}`
    unique(problems, tokens, at, 'uid', ({ uid }, entry) => uid ?? idsOfPlace(entry).uid())
    unique(problems, tokens, at, 'token', ({ token }, entry) => token ?? idsOfPlace(`${entry}.token`).token())
    const check = kind === 'delivery_tokens' ? checkDeliveryScope : checkManagementScope
    for (const [i, entry] of tokens.entries()) {
      asFarAsShaped(() => {
        const errors = { ...missingLeftOut(check(entry.scope, contents)), ...expiryErrors(entry) }
        for (const [field, messages] of Object.entries(errors)) {
          // `scope.environment` is the API's name of the mistake, `scope` the place in the file.
          problems.add(`${at}[${i}].${field.replace(/\..*/, '')}: ${messages.join(' ')}`)
        }
      })
    }
  }
}

/**
 * A kept token may lack what a new one needs: its environment was deleted since, or it is older than the branches
 * of its stack, as the page's own sample is.
 */
function missingLeftOut({ errors }: CheckedScope): FieldErrors {
  return Object.fromEntries(Object.entries(errors).filter(([, messages]) => !messages.includes(REQUIRED)))
}

function expiryErrors(entry: TokenEntry): FieldErrors {
  const { expires_on: expiresOn = null } = entry as { expires_on?: string | null }
  return checkExpiresOn(resolveExpiry(expiresOn, Date.now()))
}

/**
 * An expiry as the API knows it: a duration becomes the date-time that is so far from `now` (milliseconds since 1970).
 * One that leads past the dates of JavaScript stays, which is no valid expiry.
 */
export function resolveExpiry(expiresOn: string | null, now: number): string | null {
  const time = expiresOn === null ? undefined : timeAfter(expiresOn, now)
  return time === undefined ? expiresOn : new Date(time).toISOString()
}

/** What the scopes of a stack's tokens may name, with uids derived from the place of the stack where it gives none. */
export function contentsOf(stack: StackEntry, place: string): StackContents {
  const { environments = [], branches = [], branch_aliases: aliases = [] } = stack
  return {
    environments: new Map(
      environments.map(({ name, uid }, i) => [name, uid ?? idsOfPlace(`${place}.environments[${i}]`).uid()]),
    ),
    branches: new Set(branches.map(({ uid }) => uid)),
    aliases: new Set(aliases.map(({ alias }) => alias)),
  }
}
