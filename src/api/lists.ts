import { DEFAULT_LIMIT } from '../rules/caps.ts'
import { INVALID_PARAMETERS, invalid, type Operation } from '../rules/errors.ts'
import { isTrue } from '../rules/input.ts'
import type { Listing } from '../store/listing.ts'
import { listOf } from './envelope.ts'
import type { ListQuery } from './route.ts'

/** The largest limit and skip, which SQLite can still count. */
const MANY = Number.MAX_SAFE_INTEGER

/** The source of a list. `whose` selects its entries: the api_key of a stack, or the uid of a user. */
interface Collection<Whose> {
  /** The bodies, separated by commas. */
  list(whose: Whose, listing: Listing): string
  count(whose: Whose, listing: Listing): number
}

/**
 * Renders the body of a list, or with `count=true` only the number of its entries (I).
 *
 * @param key the name of the list in the body
 */
export function listBody<Whose>(
  key: string,
  collection: Collection<Whose>,
  whose: Whose,
  query: ListQuery,
  operation: Operation,
): string {
  const listing = parseListing(query, operation)
  if (isTrue(query.count)) return JSON.stringify({ [key]: collection.count(whose, listing) })
  const count = isTrue(query.include_count) ? collection.count(whose, listing) : undefined
  return listOf(key, collection.list(whose, listing), count)
}

function parseListing({ limit, skip = '0', query, asc, desc }: ListQuery, operation: Operation): Listing {
  const size = Number(limit ?? DEFAULT_LIMIT)
  const listing: Listing = {
    limit: size < 0 ? DEFAULT_LIMIT : Math.min(size, MANY),
    skip: Math.min(Number(skip), MANY),
    filter: query === undefined ? {} : parseFilter(query, operation),
  }
  if (asc !== undefined) listing.sort = { field: asc, direction: 'ASC' }
  else if (desc !== undefined) listing.sort = { field: desc, direction: 'DESC' }
  return listing
}

/** Parses a filter: equality on top-level fields (A). An operator such as `$in` is refused (C). */
function parseFilter(text: string, operation: Operation): Record<string, unknown> {
  let filter: unknown
  try {
    filter = JSON.parse(text)
  } catch {
    throw invalid(operation, INVALID_PARAMETERS)
  }
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) {
    throw invalid(operation, INVALID_PARAMETERS)
  }
  const terms = Object.entries(filter)
  const isPlain = ([field, value]: [string, unknown]) =>
    /^\w+$/.test(field) && (typeof value !== 'object' || value === null)
  if (terms.length > 20 || !terms.every(isPlain)) throw invalid(operation, INVALID_PARAMETERS)
  return Object.fromEntries(terms)
}
