import {
  type Kind,
  objectWith,
  oneOf,
  someFunction,
  someText,
  trueOrFalse,
  wholeNumber,
} from './arguments.ts'
import { isHost } from './host.ts'
import { PROFILES } from './profiles.ts'

// What each option may be. The command reads the same bounds for its flags and variables.

const port = wholeNumber(0, 65_535)
const upToAMillion = wholeNumber(0, 1_000_000)

const hosts: Kind<string[]> = {
  expected: 'an array of host names and IP addresses',
  accepts: (value): value is string[] =>
    Array.isArray(value) && value.every((name) => typeof name === 'string'),
}

/** As a browser sends it: lower case, without a path and without the default port. */
export const isOrigin = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.startsWith('http') &&
  URL.canParse(value) &&
  new URL(value).origin === value

/** The options of `createTokensMock`. */
export const OPTIONS = {
  host: someText,
  hostname: {
    expected: 'a host name or an IP address, without scheme and port',
    accepts: (value) => typeof value === 'string' && isHost(value),
  } as Kind<string>,
  port,
  database: someText,
  fixtures: {
    expected: 'the name of a fixture, a path, or the content of a fixture',
    accepts: (value) => someText.accepts(value) || (typeof value === 'object' && value !== null),
  } as Kind<string | object>,
  profile: oneOf(PROFILES),
  managementTokenCap: upToAMillion,
  deliveryTokenCap: upToAMillion,
  tls: objectWith('an object such as { port: 4748 }'),
  idSeed: wholeNumber(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  // A limit of 0 would refuse every call.
  rateLimit: wholeNumber(1, 999_999_999),
  maxWorlds: upToAMillion,
  requireWorld: trueOrFalse,
  journalSize: upToAMillion,
  smtp: {
    expected: 'a URL such as smtp://localhost:1025',
    accepts: (value) => typeof value === 'string' && /^smtps?:\/\/[^/]/.test(value) && URL.canParse(value),
  } as Kind<string>,
  console: trueOrFalse,
  controlOrigin: {
    expected: 'an array of origins such as http://localhost:5173',
    accepts: (value) => Array.isArray(value) && value.every(isOrigin),
  } as Kind<string[]>,
  controlToken: {
    expected: 'a text of ASCII characters without spaces',
    isSecret: true,
    accepts: (value) => typeof value === 'string' && /^[!-~]+$/.test(value),
  } as Kind<string>,
  controlHost: hosts,
  clock: objectWith('an object with a function now', ['now']),
  random: someFunction,
  logger: objectWith('a logger with the methods of pino', [
    'fatal',
    'error',
    'warn',
    'info',
    'debug',
    'trace',
    'child',
  ]),
}

/** The options of HTTPS. */
export const TLS_OPTIONS = {
  port,
  cert: someText,
  key: someText,
  hosts,
  dataDirectory: someText,
}
