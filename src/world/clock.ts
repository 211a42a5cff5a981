/** A source of time, such as `Date`. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
}

/**
 * How a world's clock runs: `real` with the machine's, `offset` beside it by a fixed difference, `frozen` not at all.
 */
export const CLOCK_MODES = ['real', 'offset', 'frozen'] as const
export type ClockMode = (typeof CLOCK_MODES)[number]

/** What a world's clock shows. */
export interface ClockReading {
  mode: ClockMode
  /** ISO 8601 with milliseconds and Z. */
  now: string
}

/** The dates that JavaScript and the API's format can write. */
const LATEST = Date.parse('9999-12-31T23:59:59.999Z')

/** A clock that tests can set. */
export class WorldClock implements Clock {
  /** The machine's time, also while this clock is frozen. */
  readonly real: Clock
  #mode: ClockMode = 'real'
  /** The difference from the real time where `offset`, the time itself where `frozen`. */
  #value = 0

  constructor(real: Clock) {
    this.real = real
  }

  now(): number {
    switch (this.#mode) {
      case 'real':
        return this.real.now()
      case 'offset':
        return this.real.now() + this.#value
      case 'frozen':
        return this.#value
    }
  }

  /** Now, in ISO 8601 with milliseconds and Z, as the API writes times (R). */
  timestamp(): string {
    return new Date(this.now()).toISOString()
  }

  reading(): ClockReading {
    return { mode: this.#mode, now: this.timestamp() }
  }

  /** @param now milliseconds since 1970; what the clock shows already where absent */
  set(mode: ClockMode, now = this.now()): void {
    const time = Math.min(Math.max(now, 0), LATEST)
    this.#value = mode === 'offset' ? time - this.real.now() : time
    this.#mode = mode
  }

  /** Moves it on. A real clock becomes one with an offset. */
  advance(to: number): void {
    this.set(this.#mode === 'frozen' ? 'frozen' : 'offset', to)
  }
}
