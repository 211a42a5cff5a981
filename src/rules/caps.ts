import { tokenCapReached } from './errors.ts'

/** "You can generate a maximum of 10 management tokens for a specific stack" (page, Create management token). */
export const MANAGEMENT_TOKEN_CAP = 10

/** The most authtokens a user can have; the next login revokes the oldest (D). */
export const AUTHTOKEN_CAP = 20

/** The page size of a list when the request sets no limit (I). */
export const DEFAULT_LIMIT = 100

/** The largest page of content (D). */
export const CONTENT_LIMIT = 100

/** The longest token name, in characters (C: the web app allows 50; the API's limit is unpublished). */
export const NAME_MAX_LENGTH = 255

/** The largest request body in bytes (C). */
export const BODY_LIMIT = 1024 * 1024

/** The most levels of nesting in a request body (C). */
export const DEPTH_LIMIT = 100

/** The same for a fixture, which holds request values three levels deeper: `stacks[].environments[].servers`. */
export const FIXTURE_DEPTH_LIMIT = DEPTH_LIMIT + 3

/** How many reads, and how many writes, the service accepts per second (D). */
export const REQUESTS_PER_SECOND = 10

/** The largest total size of a stack's environments, in bytes of the JSON that scopes show (C). */
export const ENVIRONMENTS_SIZE = 2 * 2 ** 20

/** The same for the environments in a token's scope, which may name an environment repeatedly (C). */
export const SCOPE_SIZE = 4 * 2 ** 20

// Limits of this server, not of the API (C).

/** The default maximum number of worlds, not counting the default world. */
export const MAX_WORLDS = 1000

/** The default number of requests that a world's journal stores. */
export const JOURNAL_SIZE = 1000

/** The maximum number of snapshots in a world. */
export const SNAPSHOT_CAP = 100

/** @throws 422/141 (C) if a stack that has `count` tokens of this kind has reached `cap` */
export function checkTokenCap(kind: 'Management Token' | 'Delivery Token', count: number, cap: number): void {
  if (count >= cap) throw tokenCapReached(kind, cap)
}
