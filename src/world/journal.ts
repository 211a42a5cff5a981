import { matchesPath } from '../rules/path.ts'
import { redactBody, redactQuery, redactResponse, redactText } from './redaction.ts'
import { NAME_ITSELF, type ReadSchemas, type Unread, unreadOf } from './unread.ts'

/** The headers with credentials that a request sent. */
export const CREDENTIALS = [
  'none',
  'authtoken',
  'authorization',
  'both',
  'access_token',
  'preview_token',
] as const
export type Credential = (typeof CREDENTIALS)[number]

/** The fields that an entry may shorten or leave out. */
export const BOUNDED_FIELDS = [
  'path',
  'query',
  'api_key',
  'request_headers',
  'request_body',
  'unread.fields',
  'unread.parameters',
  'response_body',
  'reason',
] as const
export type BoundedField = (typeof BOUNDED_FIELDS)[number]

/** A request and its response. */
export interface JournalEntry {
  /** The value of the header x-request-id. */
  id: string
  /** When it was recorded, in the world's time: ISO 8601 with milliseconds and Z. */
  time: string
  /** In capital letters. A HEAD is recorded as a GET. */
  method: string
  /** The path with /v3, without the world's prefix and the query. */
  path: string
  /** The query without its question mark, with secret values redacted; empty if there is none. */
  query: string
  /** Which headers with credentials the request sent. */
  credential: Credential
  /** The header api_key; null if it is missing or empty. */
  api_key: string | null
  /** The headers that identify the client and its request. Credentials are not among them. */
  request_headers: Record<string, string>
  /** The body as JSON, with secret values redacted; null if there is none. */
  request_body: string | null
  /** The fields of the body and the parameters of the query that no schema names. */
  unread: {
    /** Pointers such as `token.scopes`. */
    fields: string[]
    /** Names of parameters. */
    parameters: string[]
  }
  /** The status of the response; 0 if there was none. */
  status: number
  /** The body of the response, with secret values redacted; null if there is none. */
  response_body: string | null
  /** A sentence that explains the refusal; null if the request was not refused. */
  reason: string | null
  /** How long the request took, in milliseconds. */
  ms: number
  /**
   * How much is missing, by field: characters of a text, or names of a list. A body or a query is either whole or missing.
   * One that cannot be parsed is missing, since it may contain a secret.
   */
  left_out: Partial<Record<BoundedField, number>>
}

/** Which requests to find: those that have every value given. An absent key matches all. */
export interface JournalFilter {
  /** In any letter case. */
  method?: string
  /** With or without /v3. A `*` stands for any characters. */
  path?: string
  /** The status of the response; 0 for none. */
  status?: number
  /** Which headers with credentials the request sent. */
  credential?: Credential
}

// In bytes. A character counts as two, the most that it takes in memory.
const BYTES_PER_CHARACTER = 2
/** The memory of an entry besides its texts. */
const ENTRY_ITSELF = 512
const ENTRY_BOUND = 16 * 2 ** 10
const WORLD_BOUND = 8 * 2 ** 20
const SERVER_BOUND = 64 * 2 ** 20

/** The longest that a timer of Node can wait, in milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1

// In characters.
/** The longest texts in an entry that is too large. */
const KEPT = { path: 1000, api_key: 100, reason: 1000 }
/** What is stored of each header of such an entry. */
const HEADER_KEPT = 200

/** A request as stored. The other fields of an entry are computed when it is read, since most entries never are. */
export type RecordedRequest = Omit<JournalEntry, 'time' | 'unread' | 'left_out'> & {
  /** Milliseconds since 1970. */
  time: number
}

/** The unread names, or the schemas to find them with. */
type Reading = { schemas: ReadSchemas | undefined } | { unread: Unread }

interface Content {
  entry: RecordedRequest
  reading: Reading
  leftOut: JournalEntry['left_out']
  /** In bytes. */
  size: number
}

/** A node of two linked lists, from older to newer: the entries of its journal, and the entries of all journals. */
interface Kept extends Content {
  journal: Journal
  older: Kept | undefined
  newer: Kept | undefined
  olderOfAll: Kept | undefined
  newerOfAll: Kept | undefined
}

/** The entries of all journals of a server, in one linked list. The oldest is dropped first. */
export class JournalMemory {
  oldest: Kept | undefined
  newest: Kept | undefined
  /** In bytes. */
  size = 0
}

type Listener = (entry: JournalEntry) => void

/** The latest requests to a world. Adding and dropping an entry take constant time. */
export class Journal {
  readonly #most: number
  readonly #memory: JournalMemory
  readonly #listeners = new Set<Listener>()
  #oldest: Kept | undefined
  #newest: Kept | undefined
  #count = 0
  #size = 0

  /** @param most the maximum number of entries */
  constructor(most: number, memory: JournalMemory) {
    this.#most = most
    this.#memory = memory
  }

  /**
   * Stores a request.
   *
   * @param schemas of what the call reads; undefined if it read nothing
   * @param body as parsed
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
    // Drops this journal's entries first, so that a busy world does not evict those of other worlds.
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

  /** Unlinks the journal's oldest entry, which may be in the middle of the list of all journals. */
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
    // These links would keep all newer entries alive until a full garbage collection.
    kept.newer = undefined
    kept.newerOfAll = undefined
    kept.olderOfAll = undefined
  }

  /** Resolves to the newest request that matches, or the next one; undefined if none matches in time. */
  next(filter: JournalFilter, milliseconds: number, signal?: AbortSignal): Promise<JournalEntry | undefined> {
    const [newest] = this.list(filter, 1)
    if (newest) return Promise.resolve(newest)
    return new Promise((resolve) => {
      const end = (entry?: JournalEntry) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
        unsubscribe()
        resolve(entry)
      }
      const stop = () => end()
      const timer = setTimeout(stop, Math.min(milliseconds, LONGEST_WAIT))
      signal?.addEventListener('abort', stop)
      const unsubscribe = this.subscribe((entry) => {
        if (matches(entry, filter)) end(entry)
      })
    })
  }

  /** Calls `listener` with each new entry. Returns a function that unsubscribes it. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** In bytes. */
function sizeOf(entry: RecordedRequest): number {
  let characters = entry.id.length + entry.path.length + entry.query.length
  characters += (entry.api_key?.length ?? 0) + (entry.reason?.length ?? 0)
  for (const name in entry.request_headers) characters += (entry.request_headers[name] as string).length
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

/** Cuts a request to the size limit. The short fields take precedence, then the query, then the bodies. */
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
    request_headers: cutHeaders(sent.request_headers, leftOut),
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

/** Cuts the headers, and counts the missing characters in `leftOut`. */
function cutHeaders(
  headers: JournalEntry['request_headers'],
  leftOut: JournalEntry['left_out'],
): JournalEntry['request_headers'] {
  let missing = 0
  const cut = Object.entries(headers).map(([name, value]) => {
    missing += Math.max(0, value.length - HEADER_KEPT)
    return [name, copied(value.slice(0, HEADER_KEPT))]
  })
  if (missing > 0) leftOut.request_headers = missing
  return Object.fromEntries(cut)
}

/** For a request that read nothing: then no name counts as unread. */
const READS_ALL: ReadSchemas = { body: {}, querystring: {} }

/** Copies a slice, so that it does not hold the whole text in memory. */
const copied = (part: string) => Buffer.from(part).toString()

/** Renders an entry without secrets. */
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
    request_headers: Object.fromEntries(
      Object.entries(entry.request_headers).map(([name, value]) => [name, redactText(value)]),
    ),
    request_body: shown('request_body', redactBody),
    unread: { fields: fields.kept.map(redactText), parameters: parameters.kept.map(redactText) },
    response_body: shown('response_body', redactResponse),
    reason: entry.reason && redactText(entry.reason),
    left_out: missing,
  }
}

/** The unread names of a request that is stored whole. */
function unreadOfText(schemas: ReadSchemas, { request_body: text, query }: RecordedRequest): Unread {
  let body: unknown
  try {
    body = JSON.parse(text ?? '')
  } catch {
    // There was no body, or it was not valid JSON.
  }
  return unreadOf(schemas, body, query)
}

function matches(
  entry: Pick<JournalEntry, 'method' | 'path' | 'status' | 'credential'>,
  { method, path, status, credential }: JournalFilter,
): boolean {
  return (
    (method === undefined || method.toUpperCase() === entry.method) &&
    (status === undefined || status === entry.status) &&
    (credential === undefined || credential === entry.credential) &&
    (path === undefined || matchesPath(path, entry.path))
  )
}
