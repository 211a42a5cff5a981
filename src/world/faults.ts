import { type Static, Type } from '@sinclair/typebox'
import { matchesPath } from '../rules/path.ts'
import { Enum, Strict } from '../rules/schemas.ts'
import { seededBytes } from './ids.ts'

// The schema of a rule is also its type and its description in the control API's OpenAPI document.

const Count = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 1e9, description }))

/** A rule that delays, refuses or breaks requests to the emulated API. */
export const FaultRule = Type.Object(
  {
    /** Which requests it is for: those that have every value given. Defaults to all. */
    match: Type.Optional(
      Type.Object(
        {
          /** Such as POST, in any letter case. Defaults to all methods. */
          method: Type.Optional(Type.String({ description: 'Such as POST.' })),
          /**
           * Such as `/stacks/delivery_tokens/*`, with or without /v3; a `*` stands for any characters. At most 500. Defaults
           * to all paths.
           */
          path: Type.Optional(
            Type.String({
              maxLength: 500,
              description:
                'Such as /stacks/delivery_tokens/*, with or without /v3; a * matches any characters.',
            }),
          ),
          /** The header api_key. Defaults to all stacks. */
          api_key: Type.Optional(Type.String()),
          /**
           * Only requests with a management token that was created less than this many milliseconds ago, 0 to 1,000,000,000,
           * by the world's clock. Defaults to all.
           */
          authorization_younger_than_ms: Count(
            'Only calls with a management token that was created less than this many milliseconds ago.',
          ),
        },
        { ...Strict, description: 'Which requests; all of them if absent.' },
      ),
    ),
    /** The status of the response, 200 to 599. Defaults to no response: the request continues. */
    status: Type.Optional(
      Type.Integer({
        minimum: 200,
        maximum: 599,
        description: 'Responds with this status: with the body, or else in the envelope of the API.',
      }),
    ),
    /**
     * The body of that response: a text as it is, any other value as JSON. Defaults to the envelope of the API, and to `{}`
     * for a status below 400.
     */
    body: Type.Optional(
      Type.Unknown({ description: 'The body of that response: a text as it is, any other value as JSON.' }),
    ),
    /** Whether a missing stack and a wrong credential are refused first. Defaults to false. */
    after_permit: Type.Optional(
      Type.Boolean({
        description:
          'Responds only if the request has a known stack and a valid credential; otherwise those failures come first.',
      }),
    ),
    /** The message in the envelope. Defaults to `An injected failure: STATUS.` */
    error_message: Type.Optional(Type.String()),
    /** The code in the envelope, a whole number. Defaults to the status. */
    error_code: Type.Optional(Type.Integer()),
    /**
     * Headers of that response, in ASCII. Defaults to none.
     *
     * @throws TypeError for a header of the connection
     */
    headers: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z0-9-]+$' }), Type.String({ pattern: '^[ -~]*$' }), {
        ...Strict,
        description: 'Headers of that response, except those of the connection.',
      }),
    ),
    /** How long to wait first, in milliseconds, 0 to 600,000. Defaults to no wait. */
    latency_ms: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 600_000, description: 'Waits this many milliseconds first.' }),
    ),
    /**
     * `reset` resets the connection, `empty` closes it without a response, `hang` never responds. Defaults to none of these.
     */
    connection: Type.Optional(
      Enum(['reset', 'empty', 'hang'], {
        description: 'Resets the connection, closes it without a response, or never responds.',
      }),
    ),
    /**
     * Affects only what exceeds this many reads, or this many writes, per second of real time, 0 to 1,000,000,000. Defaults
     * to no limit.
     */
    rate_limit: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1e9,
        description: 'Allows this many reads and this many writes per second.',
      }),
    ),
    /** Skips this many matching requests first, 0 to 1,000,000,000. Defaults to 0. */
    after: Count('Skips this many matching requests first.'),
    /** Affects at most this many requests, 0 to 1,000,000,000. Defaults to all. */
    times: Count('Affects at most this many requests.'),
    /** Affects this share of the requests, 0 to 1, chosen by the world's id seed. Defaults to all. */
    probability: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: "Affects this share of the requests, chosen by the world's id seed.",
      }),
    ),
  },
  Strict,
)
export type FaultRule = Static<typeof FaultRule>

/** What a rule can match of a request. */
export interface Faulted {
  method: string
  /** Without the query. */
  path: string
  apiKey: string
  /** Milliseconds of the world's time since the request's management token was created; undefined without one. */
  tokenAge: number | undefined
  /** Whether the service limits how often the call may be made. */
  isRateLimited: boolean
}

interface Armed {
  rule: FaultRule
  /** The number of matching requests so far. */
  seen: number
  hits: number
  /** The current second, with its reads and writes, which the service counts separately (D). */
  window: { second: number; read: number; write: number }
}

/** The state of a rate limit in the current second. */
export interface RateLimit {
  limit: number
  remaining: number
}

/** A rule with the number of requests that it affected. */
export type FaultReading = FaultRule & {
  /** The number of requests that it affected. */
  hits: number
}

/** The fault rules of a world. */
export class Faults {
  readonly #initial: FaultRule[]
  /** Whether the world has fault rules. */
  isSet = false
  #armed: Armed[] = []
  #random = seededBytes('faults null')

  /** @param initial the rules at the start and after a reset */
  constructor(initial: FaultRule[]) {
    this.#initial = initial
    this.reset(null)
  }

  reset(seed: number | null): void {
    this.set(this.#initial)
    this.restart(seed)
  }

  /** Restarts the random sequence of a seed. */
  restart(seed: number | null): void {
    this.#random = seededBytes(`faults ${seed}`)
  }

  set(rules: FaultRule[]): void {
    this.isSet = rules.length > 0
    this.#armed = rules.map((rule) => ({
      rule,
      seen: 0,
      hits: 0,
      window: { second: 0, read: 0, write: 0 },
    }))
  }

  readings(): FaultReading[] {
    return this.#armed.map(({ rule, hits }) => ({ ...rule, hits }))
  }

  /**
   * The state of the first rate limit that matches a request, which `hit` has counted; undefined if there is no such rule.
   */
  rateLimitOf(request: Faulted): RateLimit | undefined {
    const armed = this.#armed.find(({ rule }) => rule.rate_limit !== undefined && matches(rule, request))
    if (!armed) return undefined
    const limit = armed.rule.rate_limit as number
    return { limit, remaining: Math.max(0, limit - armed.window[kindOf(request)]) }
  }

  /**
   * Returns the rules that affect a request, in order, up to the first that ends it. Counts the request.
   *
   * @param now the real time in milliseconds since 1970, for rate limits
   */
  hit(request: Faulted, now: number): FaultRule[] {
    const affected: FaultRule[] = []
    for (const armed of this.#armed) {
      if (!matches(armed.rule, request) || !this.#affects(armed, request, now)) continue
      armed.hits += 1
      affected.push(armed.rule)
      if (armed.rule.status !== undefined || armed.rule.connection !== undefined) break
    }
    return affected
  }

  #affects(armed: Armed, request: Faulted, now: number): boolean {
    const { rule, window } = armed
    armed.seen += 1
    const second = Math.floor(now / 1000)
    if (window.second !== second) Object.assign(window, { second, read: 0, write: 0 })
    const kind = kindOf(request)
    window[kind] += 1
    if (rule.rate_limit !== undefined && window[kind] <= rule.rate_limit) return false
    if (armed.seen <= (rule.after ?? 0)) return false
    if (armed.hits >= (rule.times ?? Number.POSITIVE_INFINITY)) return false
    return rule.probability === undefined || this.#chance() < rule.probability
  }

  /** At least 0, and less than 1. */
  #chance(): number {
    return Buffer.from(this.#random(4)).readUInt32BE() / 2 ** 32
  }
}

const kindOf = ({ method }: Faulted) => (method === 'GET' ? 'read' : 'write')

function matches({ match = {}, rate_limit: rateLimit }: FaultRule, request: Faulted): boolean {
  if (rateLimit !== undefined && !request.isRateLimited) return false
  const { method, path, api_key: apiKey, authorization_younger_than_ms: age } = match
  if (method !== undefined && method.toUpperCase() !== request.method) return false
  if (apiKey !== undefined && apiKey !== request.apiKey) return false
  if (path !== undefined && !matchesPath(path, request.path)) return false
  return age === undefined || (request.tokenAge !== undefined && request.tokenAge < age)
}
