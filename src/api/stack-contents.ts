import type { StackContents } from '../rules/scope.ts'
import type { Store } from '../store/index.ts'

/** What the scope of a token in this stack may name. */
export const contentsOfStack = (store: Store, apiKey: string): StackContents => ({
  environments: store.environments.uidsByName(apiKey),
  branches: new Set(store.branches.all(apiKey).map(({ uid }) => uid)),
  aliases: new Set(store.branches.aliases(apiKey).map(({ alias }) => alias)),
})
