import { type FieldErrors, NOT_VALID } from './errors.ts'
import { timeOf } from './time.ts'

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
