import { matchesPath } from '../rules/path.ts'
import { redactAnswer, redactBody, redactQuery, redactText } from './redaction.ts'
import { NAME_ITSELF, type ReadSchemas, type Unread, unreadOf } from './unread.ts'

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

/** A request as it is kept: what it shows beside that is found out when it is read, since most entries never are. */
export type RecordedRequest = Omit<JournalEntry, 'time' | 'unread' | 'left_out'> & {
  /** Milliseconds since 1970. */
  time: number
}

/** What is known of what nothing read: the schemas by which to find out, or the names themselves. */
type Reading = { schemas: ReadSchemas | undefined } | { unread: Unread }

interface Content {
  entry: RecordedRequest
  reading: Reading
  leftOut: JournalEntry['left_out']
  /** In bytes. */
  size: number
}

/** An entry in two lines, from its older neighbour to its newer one: that of its journal and that of all journals. */
interface Kept extends Content {
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

  /**
   * Keeps a request.
   *
   * @param schemas of what its call reads; undefined where it read nothing at all
   * @param body as it was parsed
   */
  add(sent: RecordedRequest, schemas: ReadSchemas | undefined, body: unknown): void {
    const memory = this.#memory
    let content: Content = { entry: sent, reading: { schemas }, leftOut: {}, size: sizeOf(sent) }
    if (content.size > ENTRY_BOUND) content = bounded(sent, schemas, body)
    const { size } = content
    const kept: Kept = {
      ...content,
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
    const shown = shownOf(kept)
    for (const listener of this.#listeners) listener(shown)
  }

  /** Newest first, without secrets. */
  list(filter: JournalFilter = {}, limit = this.#most): JournalEntry[] {
    const found: JournalEntry[] = []
    for (let kept = this.#newest; kept && found.length < limit; kept = kept.older)
      if (matches(kept.entry, filter)) found.push(shownOf(kept))
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
    // Left in place, these would keep all newer entries alive until a full garbage collection.
    kept.newer = undefined
    kept.newerOfAll = undefined
    kept.olderOfAll = undefined
  }

  /** Calls back for each further entry. Returns what ends that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** In bytes. */
function sizeOf(entry: RecordedRequest): number {
  let characters = entry.id.length + entry.path.length + entry.query.length
  characters += (entry.api_key?.length ?? 0) + (entry.reason?.length ?? 0)
  characters += (entry.request_body?.length ?? 0) + (entry.response_body?.length ?? 0)
  return ENTRY_ITSELF + characters * BYTES_PER_CHARACTER
}

/** In bytes. */
function sizeOfNames({ fields, parameters }: Unread): number {
  let characters = 0
  for (const names of [fields, parameters])
    for (const name of names.kept) characters += name.length + NAME_ITSELF
  return characters * BYTES_PER_CHARACTER
}

/** A request cut to its bound: first what is short and says most, then the query, then the bodies. */
function bounded(sent: RecordedRequest, schemas: ReadSchemas | undefined, body: unknown): Content {
  const leftOut: JournalEntry['left_out'] = {}
  const cut = (field: keyof typeof KEPT, text: string) => {
    if (text.length <= KEPT[field]) return text
    leftOut[field] = text.length - KEPT[field]
    return copied(text.slice(0, KEPT[field]))
  }
  const unread = unreadOf(schemas ?? READS_ALL, body, sent.query)
  const entry: RecordedRequest = {
    ...sent,
    path: cut('path', sent.path),
    api_key: sent.api_key && cut('api_key', sent.api_key),
    reason: sent.reason && cut('reason', sent.reason),
    query: '',
    request_body: null,
    response_body: null,
  }
  let size = sizeOf(entry) + sizeOfNames(unread)
  for (const field of ['query', 'request_body', 'response_body'] as const) {
    const text = sent[field]
    if (!text) continue
    if (size + text.length * BYTES_PER_CHARACTER <= ENTRY_BOUND) {
      entry[field] = copied(text)
      size += text.length * BYTES_PER_CHARACTER
    } else leftOut[field] = text.length
  }
  return { entry, reading: { unread }, leftOut, size }
}

/** For a request that read nothing at all, which is no news. */
const READS_ALL: ReadSchemas = { body: {}, querystring: {} }

/** A part of a text that does not keep the whole of it in memory. */
const copied = (part: string) => Buffer.from(part).toString()

/** An entry as it is shown: without secrets. */
function shownOf({ entry, reading, leftOut }: Kept): JournalEntry {
  const missing = { ...leftOut }
  const shown = (
    field: 'query' | 'request_body' | 'response_body',
    redact: (text: string) => string | undefined,
  ) => {
    const text = entry[field]
    const without = text ? redact(text) : undefined
    if (text && without === undefined) missing[field] = text.length
    return without ?? null
  }
  const { fields, parameters } =
    'unread' in reading ? reading.unread : unreadOfText(reading.schemas ?? READS_ALL, entry)
  if (fields.left > 0) missing['unread.fields'] = fields.left
  if (parameters.left > 0) missing['unread.parameters'] = parameters.left
  return {
    ...entry,
    time: new Date(entry.time).toISOString(),
    path: redactText(entry.path),
    query: shown('query', redactQuery) ?? '',
    request_body: shown('request_body', redactBody),
    unread: { fields: fields.kept.map(redactText), parameters: parameters.kept.map(redactText) },
    response_body: shown('response_body', redactAnswer),
    reason: entry.reason && redactText(entry.reason),
    left_out: missing,
  }
}

/** What nothing read of a request that is kept whole. */
function unreadOfText(schemas: ReadSchemas, { request_body: text, query }: RecordedRequest): Unread {
  let body: unknown
  try {
    body = JSON.parse(text ?? '')
  } catch {
    // No body, or none that was read.
  }
  return unreadOf(schemas, body, query)
}

function matches(entry: RecordedRequest, { method, path, status, credential }: JournalFilter): boolean {
  return (
    (method === undefined || method.toUpperCase() === entry.method) &&
    (status === undefined || status === entry.status) &&
    (credential === undefined || credential === entry.credential) &&
    (path === undefined || matchesPath(path, entry.path))
  )
}
