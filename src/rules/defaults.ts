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
  /** Stores the local certificate authority. */
  dataDirectory: '~/.contentstack-tokens-mock',
} as const

/**
 * Which source wins where the page and the service disagree: `documented` returns the page's shapes, `live` the
 * service's. `compatible` returns both side by side, so that every client finds the fields it reads.
 */
export const PROFILES = ['compatible', 'documented', 'live'] as const
export type Profile = (typeof PROFILES)[number]
