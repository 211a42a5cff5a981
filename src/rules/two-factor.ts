import { generateSync, verifySync } from 'otplib'

/** Whether a text is a valid secret for an authenticator app: base32 of at least 16 bytes (RFC 4226). */
export function isTotpSecret(secret: string): boolean {
  let isSecret = true
  try {
    generateSync({ secret })
  } catch {
    isSecret = false
  }
  return isSecret
}

/**
 * Returns the time step (30 seconds each, counted from 1970) in which an authenticator app shows `token`. Tries the step
 * of `now` (milliseconds since 1970), the one before and the one after, since people are slow and clocks differ.
 * Undefined if the token fits none of them.
 */
export function totpStepOf(secret: string, token: unknown, now: number): number | undefined {
  // A token sent as a number has lost its leading zeros.
  const digits = typeof token === 'number' ? String(token).padStart(6, '0') : token
  if (typeof digits !== 'string' || !/^\d{6}$/.test(digits)) return undefined
  const result = verifySync({
    secret,
    token: digits,
    epoch: Math.floor(now / 1000),
    epochTolerance: 30,
  })
  // Stryker disable next-line all: only a valid result has a timeStep, and the check is for TypeScript.
  return result.valid && 'timeStep' in result ? result.timeStep : undefined
}

/**
 * Whether the token of a time step has been used, given the step of the last token used. A token is valid for three
 * steps, so a last step more than two steps ahead dates from before the clock was set back, and is ignored.
 */
export function isStepUsed(step: number, usedStep: number | null): boolean {
  const used = usedStep ?? 0
  return step <= used && used - step <= 2
}
