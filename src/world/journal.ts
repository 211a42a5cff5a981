import { matchesPath } from '../rules/path.ts'
import { redactAnswer, redactBody, redactQuery, redactText } from './redaction.ts'

/** What kind of credential a request carried. */
export const CREDENTIALS = ['none', 'authtoken', 'authorization', 'both'] as const
export type Credential = (typeof CREDENTIALS)[number]

/** The fields of which an entry may leave something out. */
export const BOUNDED_FIELDS = [
  'path',
  'query',
  'api_key',
  'request_body',
  'unread.fields',
  'unread.parameters',
  'response_body',
  'reason',
] as const
export type BoundedField = (typeof BOUNDED_FIELDS)[number]

/** A request and its answer. */
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
  /**
   * How much is missing, by field: characters of a text, names of a list. A body or a query is here whole or not at
   * all; one that cannot be parsed is not, since it may hold a secret.
   */
  left_out: Partial<Record<BoundedField, number>>
}

export interface JournalFilter {
  method?: string
  /** With or without /v3. A `*` stands for any characters. */
  path?: string
  status?: number
  credential?: Credential
}

// In bytes. A character counts as two, which is the most that one takes in memory.
const BYTES_PER_CHARACTER = 2
/** What an entry takes beside its texts. */
const ENTRY_ITSELF = 512
const ENTRY_BOUND = 16 * 2 ** 10
const WORLD_BOUND = 8 * 2 ** 20
const SERVER_BOUND = 64 * 2 ** 20

// In characters.
/** What is kept of the texts of an entry that is too large. */
const KEPT = { path: 1000, api_key: 100, reason: 1000 }
/** What a name in a list takes beside its own characters. */
const NAME_ITSELF = 16
const NAMES_BOUND = 2000

/** The first of the names that something has, and how many more there are. */
export class Names {
  readonly kept: string[] = []
  left = 0
  #room = NAMES_BOUND

  /** @param of the part of the name before `name` */
  add(of: string, name: string): void {
    this.#room -= of.length + name.length + NAME_ITSELF
    if (this.#room < 0) this.left += 1
    else this.kept.push(of + name)
  }
}

/** An entry in two lines, from its older neighbour to its newer one: that of its journal and that of all journals. */
interface Kept {
  entry: JournalEntry
  /** In bytes. */
  size: number
  journal: Journal
  older: Kept | undefined
  newer: Kept | undefined
  olderOfAll: Kept | undefined
  newerOfAll: Kept | undefined
}

/** What the journals of a server hold together: their entries in one line, the oldest of which goes first. */
export class JournalMemory {
  oldest: Kept | undefined
  newest: Kept | undefined
  /** In bytes. */
  size = 0
}

type Listener = (entry: JournalEntry) => void

/** The last requests to a world. Keeping one and dropping one cost the same, however many there are. */
export class Journal {
  readonly #most: number
  readonly #memory: JournalMemory
  readonly #listeners = new Set<Listener>()
  #oldest: Kept | undefined
  #newest: Kept | undefined
  #count = 0
  #size = 0

  /** @param most how many are kept at most */
  constructor(most: number, memory: JournalMemory) {
    this.#most = most
    this.#memory = memory
  }

  add(sent: JournalEntry): void {
    const memory = this.#memory
    let entry = sent
    let size = sizeOf(sent)
    if (size > ENTRY_BOUND) {
      entry = bounded(sent)
      size = sizeOf(entry)
    }
    const kept: Kept = {
      entry,
      size,
      journal: this,
      older: this.#newest,
      newer: undefined,
      olderOfAll: memory.newest,
      newerOfAll: undefined,
    }
    if (this.#newest) this.#newest.newer = kept
    else this.#oldest = kept
    this.#newest = kept
    this.#count += 1
    this.#size += size
    if (memory.newest) memory.newest.newerOfAll = kept
    else memory.oldest = kept
    memory.newest = kept
    memory.size += size
    // Its own first, so that a full world takes nothing from others.
    while (this.#count > this.#most || this.#size > WORLD_BOUND) this.#dropOldest()
    while (memory.size > SERVER_BOUND) (memory.oldest as Kept).journal.#dropOldest()
    if (this.#listeners.size === 0) return
    const shown = redacted(entry)
    for (const listener of this.#listeners) listener(shown)
  }

  /** Newest first, without secrets. */
  list(filter: JournalFilter = {}, limit = this.#most): JournalEntry[] {
    const found: JournalEntry[] = []
    for (let kept = this.#newest; kept && found.length < limit; kept = kept.older)
      if (matches(kept.entry, filter)) found.push(redacted(kept.entry))
    return found
  }

  count(filter: JournalFilter = {}): number {
    let count = 0
    for (let kept = this.#newest; kept; kept = kept.older) if (matches(kept.entry, filter)) count += 1
    return count
  }

  clear(): void {
    while (this.#oldest) this.#dropOldest()
  }

  /** The oldest of a journal need not be the oldest of all. */
  #dropOldest(): void {
    const memory = this.#memory
    const kept = this.#oldest as Kept
    this.#oldest = kept.newer
    if (kept.newer) kept.newer.older = undefined
    else this.#newest = undefined
    this.#count -= 1
    this.#size -= kept.size
    const { olderOfAll, newerOfAll } = kept
    if (olderOfAll) olderOfAll.newerOfAll = newerOfAll
    else memory.oldest = newerOfAll
    if (newerOfAll) newerOfAll.olderOfAll = olderOfAll
    else memory.newest = olderOfAll
    memory.size -= kept.size
  }

  /** Calls back for each further entry. Returns what ends that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** In bytes. */
function sizeOf(entry: JournalEntry): number {
  let characters = entry.id.length + entry.time.length + entry.path.length + entry.query.length
  for (const text of [entry.api_key, entry.request_body, entry.response_body, entry.reason])
    characters += text?.length ?? 0
  for (const names of [entry.unread.fields, entry.unread.parameters])
    for (const name of names) characters += name.length + NAME_ITSELF
  return ENTRY_ITSELF + characters * BYTES_PER_CHARACTER
}

/** An entry cut to its bound: first what is short and says most, then the query, then the bodies. */
function bounded(sent: JournalEntry): JournalEntry {
  const leftOut = { ...sent.left_out }
  const cut = (field: keyof typeof KEPT, text: string) => {
    if (text.length <= KEPT[field]) return text
    leftOut[field] = text.length - KEPT[field]
    return copied(text.slice(0, KEPT[field]))
  }
  const entry: JournalEntry = {
    ...sent,
    path: cut('path', sent.path),
    api_key: sent.api_key && cut('api_key', sent.api_key),
    reason: sent.reason && cut('reason', sent.reason),
    unread: { ...sent.unread, parameters: sent.unread.parameters.map(copied) },
    query: '',
    request_body: null,
    response_body: null,
    left_out: leftOut,
  }
  for (const field of ['query', 'request_body', 'response_body'] as const) {
    const text = sent[field]
    if (!text) continue
    if (sizeOf(entry) + text.length * BYTES_PER_CHARACTER <= ENTRY_BOUND) entry[field] = copied(text)
    else leftOut[field] = text.length
  }
  return entry
}

/** A part of a text that does not keep the whole of it in memory. */
const copied = (part: string) => Buffer.from(part).toString()

// When it is read, not when it is written: most entries are never read.
function redacted(entry: JournalEntry): JournalEntry {
  const leftOut = { ...entry.left_out }
  const shown = (
    field: 'query' | 'request_body' | 'response_body',
    redact: (text: string) => string | undefined,
  ) => {
    const text = entry[field]
    const without = text ? redact(text) : undefined
    if (text && without === undefined) leftOut[field] = text.length
    return without ?? null
  }
  return {
    ...entry,
    path: redactText(entry.path),
    query: shown('query', redactQuery) ?? '',
    request_body: shown('request_body', redactBody),
    unread: {
      fields: entry.unread.fields.map(redactText),
      parameters: entry.unread.parameters.map(redactText),
    },
    response_body: shown('response_body', redactAnswer),
    reason: entry.reason && redactText(entry.reason),
    left_out: leftOut,
  }
}

function matches(entry: JournalEntry, { method, path, status, credential }: JournalFilter): boolean {
  return (
    (method === undefined || method.toUpperCase() === entry.method) &&
    (status === undefined || status === entry.status) &&
    (credential === undefined || credential === entry.credential) &&
    (path === undefined || matchesPath(path, entry.path))
  )
}
