import { DEFAULT_LIMIT } from '../rules/caps.ts'
import { invalid, type Operation } from '../rules/errors.ts'
import type { Listing } from '../store/listing.ts'
import { listOf } from './envelope.ts'
import type { ListingQuery } from './schemas/listing.ts'
import { isTrue } from './schemas/token.ts'

/** The wording of refused list parameters (R, of another list). */
export const INVALID_PARAMETERS = { params: ['has an invalid operation.'] }

/** More than there can be, and no more than SQLite can count. */
const MANY = Number.MAX_SAFE_INTEGER

/** What a list is read from: the part of it that is `whose`, a stack's or a user's. */
interface Collection {
  list(whose: string, listing: Listing): string[]
  count(whose: string, listing: Listing): number
}

/**
 * Answers a list, or with `count=true` only the number of its entries (I).
 *
 * @param key the name of the list in the answer
 */
export function answerList(
  key: string,
  { list, count }: Collection,
  whose: string,
  query: ListingQuery,
  operation: Operation,
): string {
  const listing = parseListing(query, operation)
  if (isTrue(query.count)) return JSON.stringify({ [key]: count(whose, listing) })
  return listOf(key, list(whose, listing), isTrue(query.include_count) ? count(whose, listing) : undefined)
}

export function parseListing(
  { limit, skip = '0', query, asc, desc }: ListingQuery,
  operation: Operation,
): Listing {
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

/** Equality on top-level fields (A); an operator such as `$in` is refused (C). */
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
