import { parse } from 'iso8601-duration'
import { type FieldErrors, NOT_VALID } from './errors.ts'

const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/
const ZONE = /(Z|[+-]\d{2}:?\d{2})$/
const DURATION = /^P(?=[\dT])(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/

const NONE = { years: 0, months: 0, weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0 }

/**
 * A date or date-time of ISO 8601 in milliseconds since 1970; NaN for anything else. A date stands for 00:00 UTC of that day
 * (A), and a time without a zone is in UTC, too.
 */
export function timeOf(text: string): number {
  const isDate = DATE.test(text)
  if (!isDate && !DATE_TIME.test(text)) return Number.NaN
  // JavaScript reads February 30 as March 2: a day that its month does not have is refused here.
  const day = text.slice(0, 10)
  const midnight = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return Number.NaN
  if (isDate) return midnight.getTime()
  return Date.parse(ZONE.test(text) ? text : `${text}Z`)
}

/**
 * The time, in milliseconds since 1970, that is an ISO 8601 duration (such as P5D) after another. Undefined for any other text,
 * and for a time past the dates of JavaScript. In UTC: the summer time of the machine's own zone shifts nothing.
 */
export function timeAfter(duration: string, from: number): number | undefined {
  if (!DURATION.test(duration)) return undefined
  const { years, months, weeks, days, hours, minutes, seconds } = { ...NONE, ...parse(duration) }
  const date = new Date(from)
  date.setUTCFullYear(date.getUTCFullYear() + years)
  date.setUTCMonth(date.getUTCMonth() + months)
  date.setUTCDate(date.getUTCDate() + weeks * 7 + days)
  const time = new Date(date.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000).getTime()
  return Number.isNaN(time) ? undefined : time
}

/** When a token expires, in milliseconds since 1970; null for never, NaN for a text that says no time. */
export const expiryOf = (expiresOn: string | null) => (expiresOn === null ? null : timeOf(expiresOn))

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

/** How long before its expiry a management token's e-mail goes out, in milliseconds: seven days (page). */
const NOTICE = 7 * 24 * 60 * 60 * 1000

interface Noticed {
  expires_on: string | null
  is_email_notification_enabled: boolean
  /** The expires_on that the last e-mail was about; null before the first. */
  notice_sent_for: string | null
}

/**
 * When the e-mail about a token's expiry falls due, in milliseconds since 1970. Null for never: where nobody wants one, or one
 * about this expiry was sent already.
 */
export function noticeDueAt(token: Noticed): number | null {
  const expiry = expiryOf(token.expires_on)
  if (expiry === null || !token.is_email_notification_enabled) return null
  return token.expires_on === token.notice_sent_for ? null : expiry - NOTICE
}
