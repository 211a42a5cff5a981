import { type ScopeList, scopeNames, scopeWithout } from '../rules/scope.ts'
import type { Store } from '../store/index.ts'

// Updates the tokens of a stack when something that their scopes name changes.

/** Renders the delivery tokens again that show an environment. */
export function renderTokensOf({ deliveryTokens }: Store, apiKey: string, environmentUid: string): void {
  for (const token of deliveryTokens.all(apiKey)) {
    if (scopeNames(token.scope, 'environments', environmentUid)) deliveryTokens.update(apiKey, token)
  }
}

/** Removes a deleted environment, branch or alias from all scopes. The tokens keep their updated_at (C). */
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
