/** A world's time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** ISO 8601 with milliseconds and Z, as the API writes times (R). */
export const timestamp = (clock: Clock) => new Date(clock.now()).toISOString()
