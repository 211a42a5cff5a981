import { invalid } from './errors.ts'

/** "You can generate a maximum of 10 management tokens for a specific stack" (page, Create management token). */
export const MANAGEMENT_TOKEN_CAP = 10

/** The most authtokens that a user keeps: a further login ends the oldest one (D). */
export const AUTHTOKEN_CAP = 20

/** The size of a list's page when the request names none (I). */
export const DEFAULT_LIMIT = 100

/** The longest name of a token in characters (C: the web app stops at 50, the API's limit is unpublished). */
export const NAME_MAX_LENGTH = 255

/** The largest request body in bytes (C). */
export const BODY_LIMIT = 1024 * 1024

/** How deep the values of a request body may be nested (C). */
export const DEPTH_LIMIT = 100

/** The same of a fixture, where what a body brought may stand three levels deeper: as `stacks[].environments[].servers`. */
export const FIXTURE_DEPTH_LIMIT = DEPTH_LIMIT + 3

/** Reads, and likewise writes, that the service takes in a second (D). */
export const REQUESTS_PER_SECOND = 10

/** The most that the environments of a stack may weigh together, in characters of what scopes show of them (C). */
export const ENVIRONMENTS_WEIGHT = 2 * 2 ** 20

/** The most that the environments in a token's scope may weigh together (C): a scope may name one many times. */
export const SCOPE_WEIGHT = 4 * 2 ** 20

// Our own, not the API's (C).

/** The most worlds beside the default one, unless told otherwise. */
export const MAX_WORLDS = 1000

/** How many requests a world's journal keeps, unless told otherwise. */
export const JOURNAL_SIZE = 1000

/** How many snapshots a world keeps. */
export const SNAPSHOT_CAP = 100

/** @throws 422/141 (C) where the stack holds `count` tokens of a kind and may hold no more than `cap` */
export function checkTokenCap(kind: 'Management Token' | 'Delivery Token', count: number, cap: number): void {
  if (count >= cap) {
    throw invalid(`${kind} creation`, {
      token: [`limit reached: a stack can have at most ${cap} ${kind.toLowerCase()}s.`],
    })
  }
}
