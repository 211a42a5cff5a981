import type { ScopeEntry } from '../rules/scope.ts'
import type { Fixture, StackEntry } from './fixture-schema.ts'
import type { Store } from './store/index.ts'
import type { User } from './store/users.ts'

/** The whole content of a store as a fixture, values included. Loading it gives the same state. */
export function exportState(store: Store): Fixture {
  const { owner_uid: ownerUid, ...organization } = store.organization.get()
  const users = store.users.all()
  return {
    organization: { ...organization, owner: ownerUid === null ? null : emailOf(users, ownerUid) },
    users: users.map((user) => ({ ...user, authtokens: store.users.authtokensOf(user.uid) })),
    stacks: store.stacks.all().map(({ owner_uid: stackOwnerUid, ...stack }) => {
      const apiKey = stack.api_key
      const environments = store.environments.all(apiKey)
      const namesByUid = new Map(environments.map((environment) => [environment.uid, environment.name]))
      return {
        ...stack,
        owner: emailOf(users, stackOwnerUid),
        members: store.stacks.members(apiKey).map(({ user_uid, role }) => ({
          email: emailOf(users, user_uid),
          role,
        })),
        environments: environments.map(({ app_user_object_uid: _, ACL: _acl, tags: _tags, ...rest }) => rest),
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
