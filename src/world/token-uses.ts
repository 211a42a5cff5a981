/** How many tokens are counted at most. The one that has been unused longest goes first. */
const COUNTED = 1000

export interface TokenUse {
  uses: number
  /** Milliseconds since 1970, in the world's time. */
  lastUsedAt: number
}

/** Counts the requests that each token has made since the start of its world. */
export class TokenUses {
  readonly #uses = new Map<string, TokenUse>()

  /** @param now milliseconds since 1970 */
  count(apiKey: string, token: string, now: number): void {
    const key = keyOf(apiKey, token)
    const uses = (this.#uses.get(key)?.uses ?? 0) + 1
    // A map keeps the order of insertion.
    this.#uses.delete(key)
    this.#uses.set(key, { uses, lastUsedAt: now })
    if (this.#uses.size > COUNTED) this.#uses.delete(this.#uses.keys().next().value as string)
  }

  /** Undefined for a token that has made no request. */
  of(apiKey: string, token: string): TokenUse | undefined {
    return this.#uses.get(keyOf(apiKey, token))
  }

  clear(): void {
    this.#uses.clear()
  }
}

const keyOf = (apiKey: string, token: string) => `${apiKey} ${token}`
