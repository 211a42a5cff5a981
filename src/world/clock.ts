/** A source of time, such as `Date`. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
}

/**
 * How a world's clock runs: `real` shows the machine's time, `offset` differs from it by a fixed amount, `frozen` stands still.
 */
export const CLOCK_MODES = ['real', 'offset', 'frozen'] as const
export type ClockMode = (typeof CLOCK_MODES)[number]

/** The mode and time of a world's clock. */
export interface ClockReading {
  /** `real` at the start. */
  mode: ClockMode
  /** ISO 8601 with milliseconds and Z. */
  now: string
}

/** The latest date that the API's format can write. */
const LATEST = Date.parse('9999-12-31T23:59:59.999Z')

/** A clock that tests can set. */
export class WorldClock implements Clock {
  /** The machine's clock, whatever the mode of this one. */
  readonly real: Clock
  #mode: ClockMode = 'real'
  /** In mode `offset` the difference from the real time, in mode `frozen` the time itself; in milliseconds. */
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

  /** The current time in ISO 8601 with milliseconds and Z, as the API formats it (R). */
  timestamp(): string {
    return new Date(this.now()).toISOString()
  }

  reading(): ClockReading {
    return { mode: this.#mode, now: this.timestamp() }
  }

  /** @param now milliseconds since 1970; defaults to the clock's current time */
  set(mode: ClockMode, now = this.now()): void {
    const time = Math.min(Math.max(now, 0), LATEST)
    this.#value = mode === 'offset' ? time - this.real.now() : time
    this.#mode = mode
  }

  /** Sets the clock to a later time, in milliseconds since 1970. Mode `real` becomes `offset`. */
  advance(to: number): void {
    this.set(this.#mode === 'frozen' ? 'frozen' : 'offset', to)
  }
}
