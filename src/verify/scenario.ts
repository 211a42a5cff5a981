import type * as failures from '../rules/errors.ts'
import type { Operation } from '../rules/errors.ts'

/** How an expectation is known; `docs/contributing.md` explains the marks. */
export type Mark = 'R' | 'A' | 'D' | 'I' | 'C'

/** The marks of refusals that are certain enough to send the request. */
const CERTAIN: readonly Mark[] = ['R', 'A', 'D']

/**
 * Why a request changes nothing: it reads, it names something that does not exist, or the service refuses it, as known from
 * the mark.
 */
type Harmless = 'reads' | 'names nothing that exists' | { refused: Mark }

/** What this project may have chosen or inferred: a failure of `rules/errors.ts`, or a rule of reading. */
export type Choice = Operation | keyof typeof failures | 'count=true' | 'both credentials'

/** The status of a response, and how it and the body are known. */
interface Expected {
  status: number
  statusMark: Mark
  bodyMark: Mark
}

/**
 * One request and what is known of its response. `{name}` in a path, header or body stands for what an earlier response had in
 * that place, or for a credential.
 */
export interface Scenario {
  id: string
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Without `/v3`. */
  path: string
  /** In addition to `api_key` and `authtoken`; null omits a header. */
  headers: Record<string, string | null>
  /** Sent as JSON; a text is sent as it is. */
  body?: unknown
  harmless: Harmless
  expects: Expected
  /** What the response settles, if an expectation is inferred or chosen. */
  settles?: Choice
  /** Pointers of what later scenarios need, by name. */
  finds: Record<string, string>
  /** Names that must have been found, besides those in the request. */
  needs: readonly string[]
  /** Pointers of keys that depend on the content of the stack; such a key may be absent or null. `*` is any element. */
  optional: readonly string[]
  /** Pointers of values whose keys are the user's own, so only their type is compared. */
  open: readonly string[]
}

/** Whether the refusal of a request is inferred or chosen, so that it is sent only if the user names it. */
export const isRisky = ({ harmless }: Scenario) =>
  typeof harmless === 'object' && !CERTAIN.includes(harmless.refused)

/** Such as `GET /v3/stacks/delivery_tokens/{delivery_token}`. */
export const requestLine = ({ method, path }: Scenario) => `${method} /v3${path}`

export const expected = (status: number, statusMark: Mark, bodyMark: Mark = statusMark): Expected => ({
  status,
  statusMark,
  bodyMark,
})

type More = Partial<Omit<Scenario, 'id' | 'method' | 'path' | 'harmless' | 'expects'>>

const scenario = (
  row: Pick<Scenario, 'id' | 'method' | 'path' | 'harmless' | 'expects'>,
  more: More,
): Scenario => ({ headers: {}, finds: {}, needs: [], optional: [], open: [], ...row, ...more })

/** A GET. */
export const reads = (id: string, path: string, expects: Expected, more: More = {}) =>
  scenario({ id, method: 'GET', path, harmless: 'reads', expects }, more)

/** A write that names something that does not exist. */
export const misses = (
  id: string,
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  expects: Expected,
  more: More = {},
) => scenario({ id, method, path, harmless: 'names nothing that exists', expects }, more)

/** A creation that the service refuses, as known from the mark `refused`. */
export const refuses = (id: string, path: string, refused: Mark, expects: Expected, more: More = {}) =>
  scenario({ id, method: 'POST', path, harmless: { refused }, expects }, more)
