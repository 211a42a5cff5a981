import type { ScopeEntry } from '../rules/scope.ts'
import type { Fixture, StackEntry } from './fixture-schema.ts'
import { parseColumn } from './store/database.ts'
import type { Store } from './store/index.ts'
import type { User } from './store/users.ts'

/** The whole content of a store as a fixture, values included. Loading it gives the same state. */
export function exportState(store: Store): Fixture {
  const { owner_uid: ownerUid, ...organization } = store.organization.get()
  const users = store.users.all()
  const admins = store.organization.admins().map((uid) => emailOf(users, uid))
  return {
    organization: {
      ...organization,
      owner: ownerUid === null ? null : emailOf(users, ownerUid),
      ...(admins.length > 0 && { admins }),
    },
    users: users.map((user) => {
      const oauthTokens = store.users.oauthTokensOf(user.uid)
      return {
        ...user,
        authtokens: store.users.authtokensOf(user.uid),
        ...(oauthTokens.length > 0 && { oauth_tokens: oauthTokens }),
      }
    }),
    stacks: store.stacks.all().map(({ owner_uid: stackOwnerUid, description, settings, ...stack }) => {
      const apiKey = stack.api_key
      const environments = store.environments.all(apiKey)
      const namesByUid = new Map(environments.map((environment) => [environment.uid, environment.name]))
      return {
        ...stack,
        ...(description !== null && { description }),
        settings: parseColumn<Record<string, unknown>>('stacks.settings', settings),
        owner: emailOf(users, stackOwnerUid),
        members: store.stacks.members(apiKey).map(({ user_uid, role }) => ({
          email: emailOf(users, user_uid),
          role,
        })),
        environments: environments.map(({ deploy_content: deployContent, servers, ...rest }) => ({
          ...rest,
          ...(deployContent !== undefined && { deploy_content: deployContent }),
          ...(servers !== undefined && { servers }),
        })),
        branches: store.branches.all(apiKey),
        branch_aliases: store.branches.aliases(apiKey),
        delivery_tokens: store.deliveryTokens.all(apiKey).map(({ preview_token, scope, ...rest }) => ({
          ...rest,
          scope: scopeEntries(scope, namesByUid),
          ...(preview_token !== null && { preview_token }),
        })),
        management_tokens: store.managementTokens.all(apiKey).map(({ scope, ...rest }) => ({
          ...rest,
          scope: scopeEntries(scope, namesByUid),
        })),
      } satisfies StackEntry
    }),
  }
}

const emailOf = (users: User[], uid: string) => users.find((user) => user.uid === uid)?.email as string

/** Environments by name. */
function scopeEntries(scope: ScopeEntry[], namesByUid: Map<string, string>) {
  return scope.map(({ environments, ...entry }) => ({
    ...(environments && { environments: environments.map((uid) => namesByUid.get(uid) as string) }),
    ...entry,
  }))
}
