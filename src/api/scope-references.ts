import { type ScopeList, scopeNames, scopeWithout } from '../rules/scope.ts'
import type { Store } from '../store/index.ts'

// What follows for the tokens of a stack when something that their scopes name changes. To be called in the
// transaction of the change.

/** Renders anew the delivery tokens that show an environment. */
export function renderTokensOf({ deliveryTokens }: Store, apiKey: string, environmentUid: string): void {
  for (const token of deliveryTokens.all(apiKey)) {
    if (scopeNames(token.scope, 'environments', environmentUid)) deliveryTokens.update(apiKey, token)
  }
}

/** Takes what is gone out of the scopes that name it. That is no change of the tokens' own times (C). */
export function removeFromScopes(store: Store, apiKey: string, list: ScopeList, name: string): void {
  const { deliveryTokens, managementTokens } = store
  for (const token of deliveryTokens.all(apiKey)) {
    if (!scopeNames(token.scope, list, name)) continue
    deliveryTokens.update(apiKey, { ...token, scope: scopeWithout(token.scope, list, name) })
  }
  for (const token of managementTokens.all(apiKey)) {
    if (!scopeNames(token.scope, list, name)) continue
    managementTokens.update(apiKey, { ...token, scope: scopeWithout(token.scope, list, name) })
  }
}
