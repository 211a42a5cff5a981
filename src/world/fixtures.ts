import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileErrorOf } from '../file-error.ts'
import { checkDeliveryScope, checkManagementScope, type ScopeEntry } from '../rules/scope.ts'
import { DEFAULT_MASTER_LOCALE } from '../rules/stack.ts'
import { UserError } from '../user-error.ts'
import { contentsOf, fixtureProblems, resolveExpiry } from './fixture-problems.ts'
import type { Fixture, TokenEntry } from './fixture-schema.ts'
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
    throw new FixtureError(nameOrPath, [`$: ${fileErrorOf(error as Error)}.`])
  }
  return checkFixture(nameOrPath, content)
}

/** @throws FixtureError with every mistake at once */
export function checkFixture(name: string, content: unknown): Fixture {
  const problems = fixtureProblems(content)
  if (problems.length > 0) throw new FixtureError(name, problems)
  return content as Fixture
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
  const uidOfEmail = new Map<string, string>()
  for (const [u, { authtokens = [], oauth_tokens: oauthTokens = [], ...user }] of users.entries()) {
    const uid = uidAt(`$.users[${u}]`, user.uid)
    uidOfEmail.set(user.email.toLowerCase(), uid)
    const { created_at: createdAt = derivedTime(u), updated_at: updatedAt = createdAt } = user
    const totpSecret = user.totp_secret ?? null
    store.users.insert({
      ...user,
      totp_secret: totpSecret,
      totp_used_step: user.totp_used_step ?? null,
      uid,
      created_at: createdAt,
      updated_at: updatedAt,
    })
    for (const authtoken of authtokens) store.users.insertAuthtoken(uid, authtoken)
    for (const oauthToken of oauthTokens) store.users.insertOauthToken(uid, oauthToken)
  }
  const userUid = (email: string) => uidOfEmail.get(email.toLowerCase()) as string
  const { owner = users[0]?.email ?? null, created_at: createdAt = derivedTime(0) } = organization
  store.organization.insert({
    name: organization.name,
    uid: uidAt('$.organization', organization.uid),
    owner_uid: owner === null ? null : userUid(owner),
    created_at: createdAt,
    updated_at: organization.updated_at ?? createdAt,
  })
  for (const email of organization.admins ?? []) store.organization.insertAdmin(userUid(email))

  for (const [s, stack] of stacks.entries()) {
    const place = `$.stacks[${s}]`
    const apiKey = uidAt(place, stack.api_key)
    const ownerUid = userUid(stack.owner)
    const stackCreatedAt = stack.created_at ?? derivedTime(s)
    store.stacks.insert({
      api_key: apiKey,
      uid: uidAt(`${place}.uid`, stack.uid),
      name: stack.name,
      description: stack.description ?? null,
      master_locale: stack.master_locale ?? DEFAULT_MASTER_LOCALE,
      master_key: stack.master_key ?? idsOfPlace(`${place}.master_key`).uid(),
      settings: JSON.stringify(stack.settings ?? {}),
      owner_uid: ownerUid,
      created_at: stackCreatedAt,
      updated_at: stack.updated_at ?? stackCreatedAt,
    })
    for (const { email, role } of stack.members ?? []) {
      store.stacks.insertMember(apiKey, { user_uid: userUid(email), role })
    }
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
    for (const [i, entry] of (stack.branches ?? []).entries()) {
      const { uid, source = '' } = entry
      store.branches.insert(apiKey, { uid, source, ...stampsOf(entry, i) })
    }
    for (const alias of stack.branch_aliases ?? []) store.branches.assignAlias(apiKey, alias)
    const contents = contentsOf(stack, place)
    for (const [i, entry] of (stack.environments ?? []).entries()) {
      store.environments.insert(apiKey, {
        deploy_content: entry.deploy_content,
        servers: entry.servers,
        urls: entry.urls ?? [],
        name: entry.name,
        uid: contents.environments.get(entry.name) as string,
        ...stampsOf(entry, i),
        _version: entry._version ?? 1,
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
        expires_on: resolveExpiry(expiresOn, now),
        is_email_notification_enabled: entry.is_email_notification_enabled ?? false,
        rate_limit_enabled: entry.rate_limit_enabled ?? null,
        notice_sent_for: entry.notice_sent_for ?? null,
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
