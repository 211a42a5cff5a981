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
