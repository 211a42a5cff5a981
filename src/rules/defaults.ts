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
