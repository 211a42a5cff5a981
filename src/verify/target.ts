import { UserError } from '../rules/user-error.ts'
import type { Observed } from './compare.ts'
import type { FilledRequest } from './request.ts'

/** Time as the requests see it. */
export interface Pace {
  /** In milliseconds. */
  now(): number
  /** Rejects when the signal is aborted. */
  sleep(ms: number, value: undefined, options: { signal: AbortSignal }): Promise<unknown>
}

/** The time between two requests, in milliseconds: five in a second. */
export const INTERVAL = 200

/** How often a request is repeated that got 429. */
const REPEATS = 5
/** The longest time that a response with 429 may ask for, in seconds. */
const LONGEST_WAIT = 60
/** How long a response may take, in milliseconds. */
const TIMEOUT = 30_000

/** The largest response that is read, in MiB; the largest lists of the service are far smaller. */
const LARGEST_BODY = 4

/** The service, or whatever stands at the user's URL. */
export class Target {
  readonly #url: string
  readonly #pace: Pace
  readonly #stop: AbortSignal
  #next = 0

  /** @param url without `/v3` */
  constructor(url: string, pace: Pace, stop: AbortSignal) {
    this.#url = url
    this.#pace = pace
    this.#stop = stop
  }

  /** @throws UserError if there is no response, only 429, or a body that is too large */
  async send(request: FilledRequest): Promise<Observed> {
    for (let repeat = 0; repeat <= REPEATS; repeat++) {
      await this.#wait(this.#next - this.#pace.now())
      this.#next = this.#pace.now() + INTERVAL
      const response = await this.#fetch(request)
      if (response.status !== 429) return response
      await this.#wait(response.retryAfter * 1000)
    }
    throw new UserError('The target keeps responding with 429. Try again later.')
  }

  async #wait(ms: number): Promise<void> {
    if (this.#stop.aborted) throw stopped()
    if (ms <= 0) return
    await this.#pace.sleep(ms, undefined, { signal: this.#stop }).catch(() => {
      throw stopped()
    })
  }

  async #fetch({ path, method, headers, body }: FilledRequest): Promise<Observed & { retryAfter: number }> {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        headers,
        body: body ?? null,
        // A redirect would take the credentials to another place.
        redirect: 'manual',
        signal: AbortSignal.any([this.#stop, AbortSignal.timeout(TIMEOUT)]),
      })
      return {
        status: response.status,
        headerNames: [...response.headers.keys()],
        retryAfter: secondsIn(response.headers.get('retry-after')),
        text: await textOf(response),
      }
    } catch (error) {
      if (this.#stop.aborted) throw stopped()
      if (error instanceof UserError) throw error
      throw new UserError(`The target cannot be reached: ${codeOf(error)}.`)
    }
  }
}

const stopped = () => new UserError('Stopped before the end.')

/** @throws UserError for a body that is too large */
async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > LARGEST_BODY * 2 ** 20)
      throw new UserError(`The target sends more than ${LARGEST_BODY} MiB in one response. Check --target.`)
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** The value of Retry-After; one second if there is none, or a date. */
const secondsIn = (text: string | null) =>
  /^\d+$/.test(text ?? '') ? Math.min(Number(text), LONGEST_WAIT) : 1

/** The code of a network error. The message may name the host. */
function codeOf(error: unknown): string {
  const { name, cause } = error as Error
  const { code } = Object(cause) as { code?: unknown }
  return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? code : name
}
