import { JOURNAL_SIZE, MANAGEMENT_TOKEN_CAP, MAX_WORLDS } from './caps.ts'

/** The defaults of the settings, for programs and for the command. */
export const DEFAULTS = {
  host: '127.0.0.1',
  database: ':memory:',
  fixtures: 'documentation',
  profile: 'compatible',
  managementTokenCap: MANAGEMENT_TOKEN_CAP,
  maxWorlds: MAX_WORLDS,
  requireWorld: false,
  journalSize: JOURNAL_SIZE,
  console: true,
  /** Stores the local certificate authority. */
  dataDirectory: '~/.contentstack-tokens-mock',
} as const

/**
 * Which source wins where the page and the service disagree: `documented` returns the page's shapes, `live` the
 * service's. `compatible` returns both side by side, so that every client finds the fields it reads.
 */
export const PROFILES = ['compatible', 'documented', 'live'] as const
export type Profile = (typeof PROFILES)[number]

/** A fact that is the same in every profile, or one for each. */
export type PerProfile<T> = T | Record<Profile, T>

/** The fact in one profile, or without a profile the different facts of all of them. */
export function factsIn<T extends object>(fact: PerProfile<T>, profile: Profile | undefined): T[] {
  if (!('documented' in fact)) return [fact]
  // Stryker disable next-line ArrowFunction: only the published OpenAPI document reads it, which docs.test.ts compares.
  return profile === undefined ? PROFILES.map((name) => fact[name]) : [fact[profile]]
}
