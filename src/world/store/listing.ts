import type { Connection } from './database.ts'

/** Which part of a list is asked for, and in which order. */
export interface Listing {
  limit: number
  skip: number
  /** Values by top-level field of the answered token; a field that is absent counts as null. */
  filter: Record<string, unknown>
  /** Newest first where absent. */
  sort?: { field: string; direction: 'ASC' | 'DESC' }
}

export type TokenTable = 'delivery_tokens' | 'management_tokens'

/** The rendered bodies of a page of a stack's tokens. */
export function listBodies(db: Connection, table: TokenTable, apiKey: string, listing: Listing): string[] {
  const { where, parameters } = conditions(apiKey, listing)
  const order = listing.sort
    ? `json_extract(body, ?) ${listing.sort.direction}, seq DESC`
    : 'created_at DESC, seq DESC'
  const sortParameters = listing.sort ? [path(listing.sort.field)] : []
  return db
    .query<{ body: string }>(`SELECT body FROM ${table} WHERE ${where} ORDER BY ${order} LIMIT ? OFFSET ?`)
    .all(...parameters, ...sortParameters, listing.limit, listing.skip)
    .map((row) => row.body)
}

/** How many tokens there are, whatever the page. */
export function countTokens(
  db: Connection,
  table: TokenTable,
  apiKey: string,
  listing: Pick<Listing, 'filter'> = { filter: {} },
): number {
  const { where, parameters } = conditions(apiKey, listing)
  return db.query<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).get(...parameters)
    ?.n as number
}

function conditions(apiKey: string, { filter }: Pick<Listing, 'filter'>) {
  const fields = Object.entries(filter)
  return {
    // `->` answers the JSON text of a field, as JSON.stringify wrote it.
    where: ['api_key = ?', ...fields.map(() => "coalesce(body -> ?, 'null') = ?")].join(' AND '),
    parameters: [apiKey, ...fields.flatMap(([field, value]) => [path(field), JSON.stringify(value)])],
  }
}

const path = (field: string) => `$."${field}"`
