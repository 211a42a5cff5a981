import { JOURNAL_SIZE, MANAGEMENT_TOKEN_CAP, MAX_WORLDS } from './caps.ts'

/** What holds where neither a program, a flag nor the environment says. */
export const DEFAULTS = {
  host: '127.0.0.1',
  database: ':memory:',
  fixtures: 'documentation',
  profile: 'compatible',
  managementTokenCap: MANAGEMENT_TOKEN_CAP,
  maxWorlds: MAX_WORLDS,
  journalSize: JOURNAL_SIZE,
  /** Where the local certificate authority is kept. */
  dataDirectory: '~/.contentstack-tokens-mock',
} as const

/**
 * Who decides where the page and the service disagree: `documented` returns the page's shapes, `live` the service's,
 * `compatible` both side by side, so that any client finds what it reads.
 */
export const PROFILES = ['compatible', 'documented', 'live'] as const
export type Profile = (typeof PROFILES)[number]
