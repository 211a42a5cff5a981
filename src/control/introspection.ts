import { type Static, Type } from '@sinclair/typebox'
import { checkBranchAccess, checkEnvironmentAccess, type TokenKind, whyUnusable } from '../rules/access.ts'
import type { DeliveryToken } from '../rules/delivery-token.ts'
import type { ApiError } from '../rules/errors.ts'
import type { ManagementToken } from '../rules/management-token.ts'
import { Enum } from '../rules/schemas.ts'
import type { ScopeEntry } from '../rules/scope.ts'
import { expiryOf } from '../rules/time.ts'
import { namesByUid } from '../store/environments.ts'
import type { World } from '../world/world.ts'
import { TextOrNull } from './route.ts'

/** The keys of RFC 7662, and ours. */
export const TokenReading = Type.Object({
  /** Whether the token can be used. */
  active: Type.Boolean(),
  /** The kind of token. */
  token_type: Enum(['delivery', 'preview', 'management']),
  /** The uid of the token; for a preview token, that of its delivery token. */
  uid: Type.String({ description: 'For a preview token, that of its delivery token.' }),
  /** The name of the token; for a preview token, that of its delivery token. */
  name: Type.String({ description: 'For a preview token, that of its delivery token.' }),
  /** The api_key of its stack. */
  stack: Type.String({ description: 'The api_key.' }),
  /** Words such as `environment:production`, `branch:main` and `entry:write`, with spaces between. */
  scope: Type.String({ description: 'Words such as environment:production, branch:main and entry:write.' }),
  /** When it expires, in seconds since 1970; absent if it never does. */
  exp: Type.Optional(Type.Integer({ description: 'When it expires, in seconds since 1970.' })),
  /** When it was created, in seconds since 1970. */
  iat: Type.Integer({ description: 'When it was created, in seconds since 1970.' }),
  /** The number of requests that it has made since the start of the world. */
  uses: Type.Integer({ description: 'The requests that it has made since the start of the world.' }),
  /** When it made the last of them, in ISO 8601 with milliseconds and Z; null if it made none. */
  last_used_at: TextOrNull,
  /** Why it is not active; absent if it is. */
  reason: Type.Optional(Type.String({ description: 'Why it is not active.' })),
})
export type TokenReading = Static<typeof TokenReading>

const access = {
  /** Whether the token may read it. */
  allowed: Type.Boolean(),
  /** Why not; absent if it may. */
  reason: Type.Optional(Type.String()),
}

/** What is known of a value: all of it, or only that it is no token. */
export const Introspection = Type.Union([
  Type.Object({
    ...TokenReading.properties,
    /** Each environment of the stack. */
    environments: Type.Array(
      Type.Object({
        /** The name of the environment. */
        name: Type.String(),
        ...access,
      }),
    ),
    /** Each branch and each alias of the stack. */
    branches: Type.Array(
      Type.Object({
        /** The uid of the branch, or the name of the alias. */
        uid: Type.String(),
        /** Which of both it is. */
        kind: Enum(['branch', 'branch_alias']),
        ...access,
      }),
    ),
  }),
  Type.Object({
    /** Whether the token can be used. */
    active: Type.Literal(false),
    /** Why it is not active. */
    reason: Type.String(),
  }),
])
export type Introspection = Static<typeof Introspection>

/** A token of any kind, with the stack that has it. */
interface Found {
  kind: TokenKind
  apiKey: string
  value: string
  token: DeliveryToken | ManagementToken
}

/** All tokens of a world, newest first. */
export function tokensOf(world: World): TokenReading[] {
  const { store } = world
  return store.stacks
    .all()
    .flatMap(({ api_key: apiKey }) => {
      // Once for all tokens, since a stack may have thousands of either.
      const names = namesByUid(store.environments.all(apiKey))
      return [
        ...store.deliveryTokens.all(apiKey).flatMap((token) => deliveryAndPreview(apiKey, token)),
        ...store.managementTokens
          .all(apiKey)
          .map((token): Found => ({ kind: 'management', apiKey, value: token.token, token })),
      ].map((found) => readingOf(world, found, names))
    })
    .sort((a, b) => b.iat - a.iat)
}

function deliveryAndPreview(apiKey: string, token: DeliveryToken): Found[] {
  const delivery: Found = { kind: 'delivery', apiKey, value: token.token, token }
  if (token.preview_token === null) return [delivery]
  return [delivery, { kind: 'preview', apiKey, value: token.preview_token, token }]
}

/** What a value is, and what it may read. An unknown value is not active. */
export function introspect(world: World, value: string): Introspection {
  const found = find(world, value)
  if (!found) return { active: false, reason: whyUnknown(world, value) }
  const { kind, apiKey, token } = found
  const { branches } = world.store
  const environments = world.store.environments.all(apiKey)
  const reading = readingOf(world, found, namesByUid(environments))
  /** Whether a check passes, and if not, why. A token that is not active passes none. */
  const accessBy = (check: () => void): { allowed: boolean; reason?: string } => {
    if (reading.reason !== undefined) return { allowed: false, reason: reading.reason }
    try {
      check()
      return { allowed: true }
    } catch (error) {
      return { allowed: false, reason: (error as ApiError).reason }
    }
  }
  return {
    ...reading,
    environments: environments.map(({ uid, name }) => ({
      name,
      ...accessBy(() => checkEnvironmentAccess(kind, token.scope, name, uid)),
    })),
    branches: [
      ...branches.all(apiKey).map(({ uid }) => ({
        uid,
        kind: 'branch' as const,
        ...accessBy(() => checkBranchAccess(kind, token.scope, uid, undefined)),
      })),
      ...branches.aliases(apiKey).map(({ alias, branch }) => ({
        uid: alias,
        kind: 'branch_alias' as const,
        ...accessBy(() => checkBranchAccess(kind, token.scope, alias, branch)),
      })),
    ],
  }
}

function find({ store }: World, value: string): Found | undefined {
  const { deliveryTokens, managementTokens } = store
  const { delivery, preview, management } = store.stacksOfToken(value)
  if (delivery !== undefined)
    return foundAs('delivery', delivery, value, deliveryTokens.findByValue(delivery, value))
  if (preview !== undefined)
    return foundAs('preview', preview, value, deliveryTokens.findByPreviewToken(preview, value))
  if (management === undefined) return undefined
  return foundAs('management', management, value, managementTokens.findByValue(management, value))
}

/** @param token of a stack that is known to have it */
const foundAs = (
  kind: TokenKind,
  apiKey: string,
  value: string,
  token: Found['token'] | undefined,
): Found => ({
  kind,
  apiKey,
  value,
  token: token as Found['token'],
})

function whyUnknown({ store }: World, value: string): string {
  if (store.users.uidOfAuthtoken(value)) return "This is a user's authtoken, not a token of a stack."
  if (store.users.uidOfOauthToken(value))
    return "This is a user's OAuth access token, not a token of a stack."
  return 'No stack of this world has such a token. It may have been deleted.'
}

/** The keys of RFC 7662, section 2.2, and ours. */
function readingOf(
  { uses, clock }: World,
  { kind, apiKey, value, token }: Found,
  names: ReadonlyMap<string, string>,
): TokenReading {
  const use = uses.of(apiKey, value)
  const expiresOn = 'expires_on' in token ? token.expires_on : null
  const expiry = expiryOf(expiresOn)
  const reason = whyUnusable(kind, token.scope, expiresOn, clock.now())
  return {
    active: reason === undefined,
    token_type: kind,
    uid: token.uid,
    name: token.name,
    stack: apiKey,
    scope: scopeOf(token.scope, names),
    ...(expiry !== null && { exp: seconds(expiry) }),
    iat: seconds(Date.parse(token.created_at)),
    uses: use?.uses ?? 0,
    last_used_at: use ? new Date(use.lastUsedAt).toISOString() : null,
    ...(reason !== undefined && { reason }),
  }
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000)

/** The scope as words, such as `environment:production`, `branch:main` and `entry:write`. */
function scopeOf(scope: readonly ScopeEntry[], names: ReadonlyMap<string, string>): string {
  const words = scope.flatMap(({ module, acl, ...entry }) => {
    const named = [
      ...(entry.environments ?? []).map((uid) => names.get(uid)),
      ...(entry.branches ?? []),
      ...(entry.branch_aliases ?? []),
    ]
    const isNaming = entry.environments ?? entry.branches ?? entry.branch_aliases
    return isNaming
      ? named.map((name) => `${module}:${name}`)
      : (['read', 'write'] as const).filter((right) => acl[right]).map((right) => `${module}:${right}`)
  })
  return [...new Set(words)].join(' ')
}
