import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Loaded at its first use: few users have a second factor, and it takes a while to load. */
const otplib = () => require('otplib') as typeof import('otplib')

/** Whether a base32 text can be the secret of an authenticator app: at least 16 bytes (RFC 4226). */
export function isTotpSecret(secret: string): boolean {
  try {
    otplib().generateSync({ secret })
    return true
  } catch {
    return false
  }
}

/**
 * The time step, of 30 seconds since 1970, at which an authenticator app with this secret shows `token`: the one at `now`
 * (milliseconds since 1970), the one before or the one after, since people are slow and clocks differ. Undefined where
 * none of them shows it.
 */
export function totpStepOf(secret: string, token: unknown, now: number): number | undefined {
  // As a number it has lost its leading zeros.
  const digits = typeof token === 'number' ? String(token).padStart(6, '0') : token
  if (typeof digits !== 'string' || !/^\d{6}$/.test(digits)) return undefined
  const result = otplib().verifySync({
    secret,
    token: digits,
    epoch: Math.floor(now / 1000),
    epochTolerance: 30,
  })
  return result.valid && 'timeStep' in result ? result.timeStep : undefined
}

/**
 * Whether the token of a time step was used, where the last one used was of `usedStep`. A token is good for three steps,
 * so one used more than two steps later was used before the clock was set back, and says nothing about this one.
 */
export const isStepUsed = (step: number, usedStep: number | null) =>
  usedStep !== null && step <= usedStep && usedStep - step <= 2
