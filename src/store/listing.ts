import type { Connection } from './database.ts'

/** The requested part of a list, and its order. */
export interface Listing {
  limit: number
  skip: number
  /** Required values by top-level field of the body; an absent field counts as null. */
  filter: Record<string, unknown>
  /** Defaults to newest first. */
  sort?: { field: string; direction: 'ASC' | 'DESC' }
}

/** A table, a view or a subquery with the columns body, created_at and seq. */
export type Source =
  | `(${string})`
  | 'organization_bodies'
  | 'stack_bodies'
  | 'content_types'
  | 'environments'
  | 'branch_bodies'
  | 'branch_alias_bodies'
  | 'delivery_tokens'
  | 'management_tokens'

/** Selects the rows that a list may contain. */
export interface Whose {
  where: string
  parameters: unknown[]
}

// SQLite plans a list by the values bound to its key, limit and offset, and compiles the statement again at each call. That takes
// a third of the time of a list of fifty. A plus before these parameters, which changes nothing else, prevents it.

export const inStack = (apiKey: string): Whose => ({ where: 'api_key = +?', parameters: [apiKey] })

/** The rendered bodies of one page of a list. */
export function listBodies(db: Connection, source: Source, whose: Whose, listing: Listing): string[] {
  const { sql, parameters } = page(source, whose, listing)
  return db.values<string>(sql, ...parameters)
}

/**
 * The same bodies as one text, separated by commas: returning fifty separate texts would take most of a list's time. SQLite
 * respects the order of the subquery, because the subquery has a limit.
 */
export function joinBodies(db: Connection, source: Source, whose: Whose, listing: Listing): string {
  const { sql, parameters } = page(source, whose, listing)
  return db.value<string | null>(`SELECT group_concat(body, ',') FROM (${sql})`, ...parameters) ?? ''
}

function page(source: Source, whose: Whose, listing: Listing) {
  const { where, parameters } = conditions(whose, listing)
  const order = listing.sort
    ? `json_extract(body, ?) ${listing.sort.direction}, seq DESC`
    : 'created_at DESC, seq DESC'
  const sortParameters = listing.sort ? [path(listing.sort.field)] : []
  return {
    sql: `SELECT body FROM ${source} WHERE ${where} ORDER BY ${order} LIMIT +? OFFSET +?`,
    parameters: [...parameters, ...sortParameters, listing.limit, listing.skip],
  }
}

/** The number of entries on all pages. */
export function countBodies(
  db: Connection,
  source: Source,
  whose: Whose,
  listing: Pick<Listing, 'filter'> = { filter: {} },
): number {
  const { where, parameters } = conditions(whose, listing)
  return db.value<number>(`SELECT count(*) FROM ${source} WHERE ${where}`, ...parameters) as number
}

function conditions(whose: Whose, { filter }: Pick<Listing, 'filter'>) {
  const fields = Object.entries(filter)
  return {
    // `->` returns the JSON text of a field, as JSON.stringify wrote it.
    where: [whose.where, ...fields.map(() => "coalesce(body -> ?, 'null') = ?")].join(' AND '),
    parameters: [
      ...whose.parameters,
      ...fields.flatMap(([field, value]) => [path(field), JSON.stringify(value)]),
    ],
  }
}

const path = (field: string) => `$."${field}"`
