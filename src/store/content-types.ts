import { type Connection, parseColumn } from './database.ts'
import { countBodies, inStack, joinBodies, type Listing } from './listing.ts'

export interface ContentType {
  uid: string
  title: string
  description: string
  /** The fields of an entry, as the API describes them. */
  schema: unknown[]
  created_at: string
  updated_at: string
}

/** The keys are recorded (R), except those with a fixed value that nobody sets here (D). */
const bodyOf = ({ uid, title, description, schema, created_at, updated_at }: ContentType) =>
  JSON.stringify({
    created_at,
    updated_at,
    title,
    uid,
    _version: 1,
    inbuilt_class: false,
    schema,
    description,
    maintain_revisions: true,
    options: { is_page: false, singleton: false, title: 'title', sub_title: [] },
  })

const ALL = 'SELECT body FROM content_types WHERE api_key = ? ORDER BY seq'
const BODY = 'SELECT body FROM content_types WHERE api_key = ? AND uid = ?'
const INSERT = 'INSERT INTO content_types (api_key, uid, body) VALUES (?, ?, ?)'

export class ContentTypes {
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
  }

  all(apiKey: string): ContentType[] {
    return this.#db.values<string>(ALL, apiKey).map(parse)
  }

  /** The rendered body. */
  body(apiKey: string, uid: string): string | undefined {
    return this.#db.value<string>(BODY, apiKey, uid)
  }

  list(apiKey: string, listing: Listing): string {
    return joinBodies(this.#db, 'content_types', inStack(apiKey), listing)
  }

  count(apiKey: string, listing: Listing): number {
    return countBodies(this.#db, 'content_types', inStack(apiKey), listing)
  }

  insert(apiKey: string, contentType: ContentType): void {
    this.#db.run(INSERT, apiKey, contentType.uid, bodyOf(contentType))
  }
}

function parse(body: string): ContentType {
  const found = parseColumn<ContentType>('content_types.body', body)
  const { uid, title, description, schema, created_at, updated_at } = found
  return { uid, title, description, schema, created_at, updated_at }
}
