import { expiryOf } from './token.ts'

/** How long before its expiry a management token's e-mail goes out, in milliseconds: seven days (page). */
const NOTICE = 7 * 24 * 60 * 60 * 1000

interface Noticed {
  expires_on: string | null
  is_email_notification_enabled: boolean
  /** The expires_on of which the last e-mail told; null before the first. */
  notice_sent_for: string | null
}

/**
 * When the e-mail about a token's expiry falls due, in milliseconds since 1970; null for never: where none is wanted, or this
 * expiry has been told of already.
 */
export function noticeDueAt(token: Noticed): number | null {
  const expiry = expiryOf(token.expires_on)
  if (expiry === null || !token.is_email_notification_enabled) return null
  return token.expires_on === token.notice_sent_for ? null : expiry - NOTICE
}
