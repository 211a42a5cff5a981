import { parse } from 'iso8601-duration'
import { type FieldErrors, NOT_VALID } from './errors.ts'

/** The day, the time and the zone. */
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})(?:(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/
const DURATION = /^P(?=[\dT])(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/

/**
 * Parses an ISO 8601 date or date-time to milliseconds since 1970; NaN for anything else. A date means 00:00 UTC of that
 * day (A). A time without a zone is in UTC.
 */
export function timeOf(text: string): number {
  const parts = DATE_TIME.exec(text)
  if (!parts) return Number.NaN
  const [, day, time, zone = 'Z'] = parts
  const midnight = new Date(`${day}T00:00Z`)
  // JavaScript reads February 30 as March 2, so days that do not exist are refused here.
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return Number.NaN
  return time === undefined ? midnight.getTime() : Date.parse(`${day}${time}${zone}`)
}

/**
 * Adds an ISO 8601 duration such as P5D to a time; both times are in milliseconds since 1970. Undefined for a text that is
 * not a duration and for a result beyond JavaScript's dates. Counts in UTC, so that daylight saving time has no effect.
 */
export function timeAfter(duration: string, from: number): number | undefined {
  if (!DURATION.test(duration)) return undefined
  const parts = parse(duration)
  const { years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = parts
  const date = new Date(from)
  date.setUTCFullYear(date.getUTCFullYear() + years)
  date.setUTCMonth(date.getUTCMonth() + months)
  date.setUTCDate(date.getUTCDate() + weeks * 7 + days)
  const time = new Date(date.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000).getTime()
  return Number.isNaN(time) ? undefined : time
}

/** When a token expires, in milliseconds since 1970; null for never, NaN for a text that is not a date. */
export const expiryOf = (expiresOn: string | null) => (expiresOn === null ? null : timeOf(expiresOn))

/** Whether a management token has expired at `now` (milliseconds since 1970). It expires at `expiresOn` itself. */
export function isExpired(expiresOn: string | null, now: number): boolean {
  const expiry = expiryOf(expiresOn)
  return expiry !== null && expiry <= now
}

/** C: reports an expires_on that is neither `YYYY-MM-DD`, an ISO 8601 date-time nor null. */
export function checkExpiresOn(expiresOn: string | null): FieldErrors {
  return Number.isNaN(expiryOf(expiresOn)) ? { expires_on: [NOT_VALID] } : {}
}

/** A status, C words: reports an expiry before the UTC day of `now` (milliseconds since 1970). */
export function checkExpiryAhead(expiresOn: string | null, now: number): FieldErrors {
  const expiry = expiryOf(expiresOn)
  const today = new Date(now).setUTCHours(0, 0, 0, 0)
  return expiry !== null && expiry < today ? { expires_on: ['must not be in the past.'] } : {}
}

/** What the two checks report, for the OpenAPI document. */
export const expiryErrors = (): FieldErrors[] => [
  // Stryker disable next-line StringLiteral: no other text is a date either.
  checkExpiresOn('soon'),
  checkExpiryAhead('2020-12-10', Date.parse('2026-01-01')),
]

/** How long before the expiry the e-mail is sent, in milliseconds: seven days (page). */
const NOTICE = 7 * 24 * 60 * 60 * 1000

interface Noticed {
  expires_on: string | null
  is_email_notification_enabled: boolean
  /** The expires_on that the last e-mail announced; null before the first. */
  notice_sent_for: string | null
}

/**
 * When the e-mail about a token's expiry is due, in milliseconds since 1970. Null if the token does not expire, its
 * notification is off, or the e-mail about this expiry has been sent.
 */
export function noticeDueAt(token: Noticed): number | null {
  const expiry = expiryOf(token.expires_on)
  if (expiry === null || !token.is_email_notification_enabled) return null
  return token.expires_on === token.notice_sent_for ? null : expiry - NOTICE
}
