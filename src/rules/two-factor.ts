import { generateSync, verifySync } from 'otplib'

/** Whether a base32 text can be the secret of an authenticator app: at least 16 bytes (RFC 4226). */
export function isTotpSecret(secret: string): boolean {
  try {
    generateSync({ secret })
    return true
  } catch {
    return false
  }
}

/**
 * Whether an authenticator app with this secret shows `token` at `now` (milliseconds since 1970), or showed it one
 * step of 30 seconds ago, or will show it in the next: people are slow, and clocks differ.
 */
export function isTotpToken(secret: string, token: unknown, now: number): boolean {
  // As a number it has lost its leading zeros.
  const digits = typeof token === 'number' ? String(token).padStart(6, '0') : token
  if (typeof digits !== 'string' || !/^\d{6}$/.test(digits)) return false
  return verifySync({ secret, token: digits, epoch: Math.floor(now / 1000), epochTolerance: 30 }).valid
}
