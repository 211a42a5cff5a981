import { matchesWildcard } from './wildcard.ts'

/** What kind of credential a request carried. */
export const CREDENTIALS = ['none', 'authtoken', 'authorization', 'both'] as const
export type Credential = (typeof CREDENTIALS)[number]

/** A request that was answered. */
export interface JournalEntry {
  /** As the header x-request-id says it. */
  id: string
  /** When it came, in the world's time. */
  time: string
  method: string
  /** The path with /v3, without the world's prefix and the query. */
  path: string
  query: string
  credential: Credential
  api_key: string | null
  request_body: string | null
  /** Fields of the body and parameters of the query that nothing read. */
  unread: { fields: string[]; parameters: string[] }
  status: number
  response_body: string | null
  /** The rule that refused it, in a sentence; null where it was not. */
  reason: string | null
  ms: number
}

export interface JournalFilter {
  method?: string
  /** A `*` stands for any characters. */
  path?: string
  status?: number
  credential?: Credential
}

/** The longest part of a body that is kept, in characters. */
const BODY_BOUND = 2048

const SECRETS =
  /(?<!\w)(["']?(?:authtoken|authorization|access_token|preview_token|management_token|token|password|tfa_token|totp_secret|master_key)["']?\s*(?:[:=]|%3[aA])\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s"{[&,}\]][^\s&,}\]]*)/gi

/** Puts `[redacted]` in the place of the secrets in a text of JSON or of a query. */
export const redact = (text: string) => text.replace(SECRETS, '$1"[redacted]"')

/** A part of a text that does not keep the whole of it in memory. */
const bounded = (text: string) =>
  text.length <= BODY_BOUND ? text : `${Buffer.from(text.slice(0, BODY_BOUND)).toString()}...`

type Listener = (entry: JournalEntry) => void

/** The last requests to a world. */
export class Journal {
  readonly #size: number
  readonly #entries: JournalEntry[] = []
  readonly #listeners = new Set<Listener>()

  /** @param size how many are kept at most */
  constructor(size: number) {
    this.#size = size
  }

  add(entry: JournalEntry): void {
    const kept = {
      ...entry,
      query: bounded(entry.query),
      request_body: entry.request_body && bounded(entry.request_body),
      response_body: entry.response_body && bounded(entry.response_body),
    }
    this.#entries.push(kept)
    if (this.#entries.length > this.#size) this.#entries.shift()
    for (const listener of this.#listeners) listener(redacted(kept))
  }

  /** Newest first, without secrets. */
  list(filter: JournalFilter = {}, limit = this.#size): JournalEntry[] {
    const found: JournalEntry[] = []
    for (let i = this.#entries.length - 1; i >= 0 && found.length < limit; i--) {
      const entry = this.#entries[i] as JournalEntry
      if (matches(entry, filter)) found.push(redacted(entry))
    }
    return found
  }

  count(filter: JournalFilter = {}): number {
    return this.#entries.filter((entry) => matches(entry, filter)).length
  }

  clear(): void {
    this.#entries.length = 0
  }

  /** Tells of each further entry. Answers what ends that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

// When it is read, not when it is written: most entries are never read.
const redacted = (entry: JournalEntry): JournalEntry => ({
  ...entry,
  query: redact(entry.query),
  request_body: entry.request_body && redact(entry.request_body),
  response_body: entry.response_body && redact(entry.response_body),
})

function matches(entry: JournalEntry, { method, path, status, credential }: JournalFilter): boolean {
  return (
    (method === undefined || method.toUpperCase() === entry.method) &&
    (status === undefined || status === entry.status) &&
    (credential === undefined || credential === entry.credential) &&
    (path === undefined || matchesWildcard(path, entry.path))
  )
}
