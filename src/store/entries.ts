import { type Connection, parseColumn } from './database.ts'
import { countBodies, joinBodies, type Listing, listBodies, type Whose } from './listing.ts'

type Fields = Record<string, unknown>

/** An entry in one locale. */
export interface Entry {
  uid: string
  content_type: string
  locale: string
  /** The branches that have the entry; null for all. */
  branches: string[] | null
  /** The uids of the environments that it is published in; null for all. */
  environments: string[] | null
  fields: Fields
  /** The fields of the draft that differ from the published ones; null if there is no draft. */
  draft: Fields | null
  _version: number
  created_by: string
  updated_by: string
  created_at: string
  updated_at: string
}

/** Which entries to read, and which of their versions. */
export interface Reading {
  apiKey: string
  contentType: string
  locale: string
  /** Undefined for a stack without branches. */
  branch: string | undefined
  /** The uids of environments, for `publish_details`. Undefined leaves those out. */
  environments: readonly string[] | undefined
  /** Whether to read the latest versions, published or not, instead of what the environments publish. */
  isDraft: boolean
}

/** The keys of an entry that are not its fields (R). */
const systemKeysOf = ({ uid, locale, _version, created_at, created_by, updated_at, updated_by }: Entry) => ({
  uid,
  locale,
  _version,
  ACL: {},
  _in_progress: false,
  created_at,
  created_by,
  updated_at,
  updated_by,
  tags: [],
})

/** What a fixture cannot name a field. */
export const SYSTEM_KEYS: readonly string[] = [...Object.keys(systemKeysOf({} as Entry)), 'publish_details']

interface Row {
  uid: string
  content_type: string
  locale: string
  branches: string | null
  environments: string | null
  body: string
  draft_body: string | null
}

const COLUMNS = 'uid, content_type, locale, branches, environments, body, draft_body'
const VALUES = COLUMNS.replaceAll(/(\w+)/g, '@$1')

const ALL = `SELECT ${COLUMNS} FROM entries WHERE api_key = ? ORDER BY seq`
const INSERT = `INSERT INTO entries (api_key, ${COLUMNS}) VALUES (@api_key, ${VALUES})`
const ADD_TO_BRANCH = `
  UPDATE entries SET branches = json_insert(branches, '$[#]', @branch)
  WHERE api_key = @api_key AND @source IN (SELECT value FROM json_each(branches))`
const without = (column: 'branches' | 'environments') => `
  UPDATE entries SET ${column} = (SELECT json_group_array(value) FROM json_each(${column}) WHERE value <> @gone)
  WHERE api_key = @api_key AND @gone IN (SELECT value FROM json_each(${column}))`
const LEAVE_BRANCH = without('branches')
const UNPUBLISH = without('environments')

/** Selects the bodies of a reading, whose values are its first parameters. Their order is that of `parametersOf`. */
const READ = `(
  WITH asked (api_key, content_type, locale, branch, environments, is_draft) AS (VALUES (?, ?, ?, ?, ?, ?)),
  wanted AS MATERIALIZED (SELECT key AS place, value AS uid FROM asked, json_each(asked.environments)),
  found AS (
    SELECT seq, e.uid, e.created_at, iif(is_draft, coalesce(draft_body, body), body) AS body, is_draft,
      iif(e.environments IS NULL, (SELECT uid FROM wanted ORDER BY place LIMIT 1), (
        SELECT wanted.uid FROM json_each(e.environments) JOIN wanted ON wanted.uid = value ORDER BY place LIMIT 1
      )) AS environment
    FROM asked JOIN entries e ON e.api_key = asked.api_key AND e.content_type = asked.content_type AND e.locale = asked.locale
    WHERE branch IS NULL OR branches IS NULL OR branch IN (SELECT value FROM json_each(branches))
  )
  SELECT seq, uid, created_at, iif(environment IS NULL, body, json_set(body, '$.publish_details', json_object(
    'environment', environment, 'locale', body ->> '$.locale', 'time', body ->> '$.updated_at', 'user', body ->> '$.updated_by'
  ))) AS body
  FROM found WHERE is_draft OR environment IS NOT NULL
)`

const parametersOf = ({ apiKey, contentType, locale, branch, environments, isDraft }: Reading) => [
  apiKey,
  contentType,
  locale,
  branch ?? null,
  environments === undefined ? null : JSON.stringify(environments),
  Number(isDraft),
]

const all = (reading: Reading): Whose => ({ where: 'true', parameters: parametersOf(reading) })

const ANY_PAGE: Listing = { limit: 1, skip: 0, filter: {} }

export class Entries {
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
  }

  all(apiKey: string): Entry[] {
    return this.#db.rows<Row>(ALL, apiKey).map(parse)
  }

  /** The rendered body; undefined if the reading has no such entry. */
  body(reading: Reading, uid: string): string | undefined {
    const whose = { where: 'uid = +?', parameters: [...parametersOf(reading), uid] }
    return listBodies(this.#db, READ, whose, ANY_PAGE)[0]
  }

  list(reading: Reading, listing: Listing): string {
    return joinBodies(this.#db, READ, all(reading), listing)
  }

  count(reading: Reading, listing: Listing): number {
    return countBodies(this.#db, READ, all(reading), listing)
  }

  insert(apiKey: string, entry: Entry): void {
    const systemKeys = systemKeysOf(entry)
    this.#db.run(INSERT, {
      api_key: apiKey,
      uid: entry.uid,
      content_type: entry.content_type,
      locale: entry.locale,
      branches: entry.branches && JSON.stringify(entry.branches),
      environments: entry.environments && JSON.stringify(entry.environments),
      body: JSON.stringify({ ...entry.fields, ...systemKeys }),
      draft_body: entry.draft && JSON.stringify({ ...entry.fields, ...entry.draft, ...systemKeys }),
    })
  }

  /** Gives a new branch the entries of its source. */
  addToBranch(apiKey: string, branch: string, source: string): void {
    this.#db.run(ADD_TO_BRANCH, { api_key: apiKey, branch, source })
  }

  /** Removes the entries from a deleted branch. */
  leaveBranch(apiKey: string, branch: string): void {
    this.#db.run(LEAVE_BRANCH, { api_key: apiKey, gone: branch })
  }

  /** Unpublishes the entries from a deleted environment, named by its uid. */
  unpublish(apiKey: string, environment: string): void {
    this.#db.run(UNPUBLISH, { api_key: apiKey, gone: environment })
  }
}

function parse(row: Row): Entry {
  const body = parseColumn<Fields & Entry>('entries.body', row.body)
  const { _version, created_at, created_by, updated_at, updated_by } = body
  const fields = fieldsOf(body)
  const draft =
    row.draft_body === null ? null : fieldsOf(parseColumn<Fields>('entries.draft_body', row.draft_body))
  return {
    uid: row.uid,
    content_type: row.content_type,
    locale: row.locale,
    branches: listIn('entries.branches', row.branches),
    environments: listIn('entries.environments', row.environments),
    fields,
    draft: draft && differing(draft, fields),
    _version,
    created_by,
    updated_by,
    created_at,
    updated_at,
  }
}

const listIn = (column: string, text: string | null) =>
  text === null ? null : parseColumn<string[]>(column, text)

const fieldsOf = (body: Fields): Fields =>
  Object.fromEntries(Object.entries(body).filter(([key]) => !SYSTEM_KEYS.includes(key)))

const differing = (draft: Fields, fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(draft).filter(
      ([key, value]) => !Object.hasOwn(fields, key) || JSON.stringify(value) !== JSON.stringify(fields[key]),
    ),
  )
