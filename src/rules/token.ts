import { type FieldErrors, NOT_VALID } from './errors.ts'

const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/

/**
 * When a token expires, in milliseconds since 1970; null for never. A date stands for 00:00 UTC of that day (A),
 * and so does a time without a zone for UTC.
 */
export function expiryOf(expiresOn: string | null): number | null {
  if (expiresOn === null) return null
  const isDate = DATE.test(expiresOn)
  if (!isDate && !DATE_TIME.test(expiresOn)) return Number.NaN
  // JavaScript reads February 30 as March 2: a day that its month does not have is refused here.
  const day = expiresOn.slice(0, 10)
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return Number.NaN
  if (isDate) return midnight.getTime()
  return Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(expiresOn) ? expiresOn : `${expiresOn}Z`)
}

/** Whether a management token is refused at `now` (milliseconds): from its expiry on. */
export function isExpired(expiresOn: string | null, now: number): boolean {
  const expiry = expiryOf(expiresOn)
  return expiry !== null && expiry <= now
}

/** C: what is neither `YYYY-MM-DD`, an ISO 8601 date-time nor null. */
export function checkExpiresOn(expiresOn: string | null): FieldErrors {
  return Number.isNaN(expiryOf(expiresOn) ?? 0) ? { expires_on: [NOT_VALID] } : {}
}

/** A status, C words: an expiry before the day (UTC) of `now`, in milliseconds. */
export function checkExpiryAhead(expiresOn: string | null, now: number): FieldErrors {
  const expiry = expiryOf(expiresOn)
  const today = new Date(now).setUTCHours(0, 0, 0, 0)
  return expiry !== null && expiry < today ? { expires_on: ['must not be in the past.'] } : {}
}
