import { closest } from 'fastest-levenshtein'
import { didYouMean, type Kind, oneOf, someText } from '../rules/arguments.ts'
import { DEFAULTS } from '../rules/defaults.ts'
import { isCertifiable } from '../rules/host.ts'
import { isOrigin, OPTIONS, TLS_OPTIONS } from '../rules/options.ts'
import { PROFILES, type Profile } from '../rules/profiles.ts'
import { UserError } from '../rules/user-error.ts'
import { VARIABLES } from '../verify/variables.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A flag or an environment variable is invalid. The message names it, in one line. */
export class ConfigError extends UserError {
  override readonly name = 'ConfigError'

  constructor(message: string) {
    super(`${message} See --help.`)
  }
}

export interface Setting<T> {
  flag: string
  env: string
  /** The form of the value, for `--help`. */
  value: string
  /** If absent, the setting is off. */
  default?: T
  /** The default that `--help` shows, if `default` is absent. */
  shownDefault?: string
  description: string
  choices?: readonly string[]
  /** Whether the value is a list. Its flag may be repeated. */
  isList?: boolean
  /** Whether the flag takes no value. Its variable is true or false. */
  isSwitch?: boolean
  /** Whether a message must not show the value. */
  isSecret?: boolean
  /** Returns undefined for an invalid value. The message then says what `value` or `choices` allow. */
  parse(text: string): T | undefined
}

/** Rows of the table, with a default and without one. */
const setting = <T>(row: Setting<T> & { default: T }) => row
const optional = <T>(row: Setting<T>) => row as Setting<T | undefined>

const accepted =
  <T>(kind: Kind<T>) =>
  (text: string) =>
    kind.accepts(text) ? text : undefined

const numberIn = (kind: Kind<number>) => (text: string) =>
  /^\d{1,9}$/.test(text) && kind.accepts(Number(text)) ? Number(text) : undefined

const eitherOf = (yes: string, no: string) => (text: string) =>
  text === yes || (text === no ? false : undefined)

const listOf = (isValid: (entry: string) => boolean) => (text: string) => {
  const entries = text.split(',').map((entry) => entry.trim())
  return entries.every(isValid) ? entries : undefined
}

/** All settings. `--help` is printed from this table. */
export const SETTINGS = {
  host: setting({
    flag: 'host',
    env: 'TOKENS_MOCK_HOST',
    value: 'ADDRESS',
    default: DEFAULTS.host as string,
    description: 'The address to listen on; 0.0.0.0 for all.',
    parse: accepted(OPTIONS.host),
  }),
  hostname: optional({
    flag: 'hostname',
    env: 'TOKENS_MOCK_HOSTNAME',
    value: 'NAME',
    description: 'The host in every URL that the server prints or returns; it listens where --host says.',
    parse: accepted(OPTIONS.hostname),
  }),
  port: setting({
    flag: 'port',
    env: 'TOKENS_MOCK_PORT',
    value: '0-65535',
    default: 4747,
    description: 'The port to listen on; 0 for any free port.',
    parse: numberIn(OPTIONS.port),
  }),
  database: setting({
    flag: 'database',
    env: 'TOKENS_MOCK_DATABASE',
    value: 'FILE',
    default: DEFAULTS.database as string,
    description: 'The SQLite file that stores the state, or :memory:.',
    parse: accepted(OPTIONS.database),
  }),
  fixtures: optional({
    flag: 'fixtures',
    env: 'TOKENS_MOCK_FIXTURES',
    value: 'NAME|FILE',
    shownDefault: DEFAULTS.fixtures,
    description: 'What fills an empty database: documentation, demo, blank-stack, at-cap, or a JSON file.',
    parse: accepted(someText),
  }),
  profile: setting({
    flag: 'profile',
    env: 'TOKENS_MOCK_PROFILE',
    value: 'PROFILE',
    choices: PROFILES,
    default: DEFAULTS.profile as Profile,
    description: 'Which source wins where the documentation and the service disagree.',
    parse: accepted(OPTIONS.profile),
  }),
  managementTokenCap: setting({
    flag: 'management-token-cap',
    env: 'TOKENS_MOCK_MANAGEMENT_TOKEN_CAP',
    value: 'NUMBER',
    default: DEFAULTS.managementTokenCap as number,
    description: 'The maximum number of management tokens per stack.',
    parse: numberIn(OPTIONS.managementTokenCap),
  }),
  deliveryTokenCap: optional({
    flag: 'delivery-token-cap',
    env: 'TOKENS_MOCK_DELIVERY_TOKEN_CAP',
    value: 'NUMBER',
    description: 'The maximum number of delivery tokens per stack.',
    parse: numberIn(OPTIONS.deliveryTokenCap),
  }),
  tlsPort: optional({
    flag: 'tls-port',
    env: 'TOKENS_MOCK_TLS_PORT',
    value: '0-65535',
    description: 'The port for HTTPS, in addition to HTTP; 0 for any free port.',
    parse: numberIn(TLS_OPTIONS.port),
  }),
  tlsCert: optional({
    flag: 'tls-cert',
    env: 'TOKENS_MOCK_TLS_CERT',
    value: 'FILE',
    description: 'A PEM file with your own certificate for HTTPS, instead of a generated one.',
    parse: accepted(TLS_OPTIONS.cert),
  }),
  tlsKey: optional({
    flag: 'tls-key',
    env: 'TOKENS_MOCK_TLS_KEY',
    value: 'FILE',
    description: 'A PEM file with the key of that certificate.',
    parse: accepted(TLS_OPTIONS.key),
  }),
  tlsHost: setting({
    flag: 'tls-host',
    env: 'TOKENS_MOCK_TLS_HOST',
    value: 'NAME,...',
    default: [] as string[],
    description: 'More names and IP addresses for the generated certificate.',
    isList: true,
    parse: listOf(isCertifiable),
  }),
  dataDirectory: setting({
    flag: 'data-directory',
    env: 'TOKENS_MOCK_DATA_DIRECTORY',
    value: 'DIRECTORY',
    default: DEFAULTS.dataDirectory as string,
    description: 'The directory that stores the local certificate authority.',
    parse: accepted(TLS_OPTIONS.dataDirectory),
  }),
  idSeed: optional({
    flag: 'id-seed',
    env: 'TOKENS_MOCK_ID_SEED',
    value: 'NUMBER',
    description: 'A seed for the ids, so that the same calls produce the same ids.',
    parse: numberIn(OPTIONS.idSeed),
  }),
  rateLimit: optional({
    flag: 'rate-limit',
    env: 'TOKENS_MOCK_RATE_LIMIT',
    value: 'NUMBER/s',
    description: 'How many reads, and how many writes, each world accepts per second; the rest get 429.',
    parse: (text) => numberIn(OPTIONS.rateLimit)(text.replace(/\/s$/, '')),
  }),
  maxWorlds: setting({
    flag: 'max-worlds',
    env: 'TOKENS_MOCK_MAX_WORLDS',
    value: 'NUMBER',
    default: DEFAULTS.maxWorlds as number,
    description:
      'The maximum number of worlds besides the default world; the least recently used is dropped.',
    parse: numberIn(OPTIONS.maxWorlds),
  }),
  requireWorld: setting({
    flag: 'require-world',
    env: 'TOKENS_MOCK_REQUIRE_WORLD',
    value: 'true or false',
    default: DEFAULTS.requireWorld as boolean,
    description: 'Refuse calls of the emulated API that name no world (/w/NAME/v3/...) with 400.',
    isSwitch: true,
    parse: eitherOf('true', 'false'),
  }),
  journalSize: setting({
    flag: 'journal-size',
    env: 'TOKENS_MOCK_JOURNAL_SIZE',
    value: 'NUMBER',
    default: DEFAULTS.journalSize as number,
    description: 'The maximum number of requests in the journal of a world.',
    parse: numberIn(OPTIONS.journalSize),
  }),
  smtp: optional({
    flag: 'smtp',
    env: 'TOKENS_MOCK_SMTP',
    value: 'URL',
    description: 'An SMTP server that also gets the e-mails, such as smtp://localhost:1025.',
    parse: accepted(OPTIONS.smtp),
  }),
  console: setting({
    flag: 'console',
    env: 'TOKENS_MOCK_CONSOLE',
    value: 'on|off',
    choices: ['on', 'off'],
    default: DEFAULTS.console as boolean,
    shownDefault: 'on',
    description: 'Whether the server has the console, a page for people under /_mock/console.',
    parse: eitherOf('on', 'off'),
  }),
  controlOrigin: setting({
    flag: 'control-origin',
    env: 'TOKENS_MOCK_CONTROL_ORIGIN',
    value: 'ORIGIN,...',
    default: [] as string[],
    description: 'The origins whose pages may call /_mock in a browser, such as http://localhost:5173.',
    isList: true,
    parse: listOf(isOrigin),
  }),
  controlToken: optional({
    flag: 'control-token',
    env: 'TOKENS_MOCK_CONTROL_TOKEN',
    value: 'TOKEN',
    description: 'The token, without spaces, that /_mock then needs as Authorization: Bearer TOKEN.',
    isSecret: true,
    parse: accepted(OPTIONS.controlToken),
  }),
  controlHost: setting({
    flag: 'control-host',
    env: 'TOKENS_MOCK_CONTROL_HOST',
    value: 'NAME,...',
    default: [] as string[],
    description: 'More names with a dot by which clients may call /_mock.',
    isList: true,
    parse: listOf(isCertifiable),
  }),
  logLevel: setting({
    flag: 'log-level',
    env: 'TOKENS_MOCK_LOG_LEVEL',
    value: 'LEVEL',
    choices: LOG_LEVELS,
    default: 'info' as LogLevel,
    description: 'The lowest level to log.',
    parse: accepted(oneOf(LOG_LEVELS)),
  }),
}

/** The values of all settings. */
export type Config = {
  [Key in keyof typeof SETTINGS]: (typeof SETTINGS)[Key] extends Setting<infer T> ? T : never
}

/** Whether the program runs in its image, which sets this variable, as systemd and Podman do in their containers. */
export const runsInImage = (env: NodeJS.ProcessEnv): boolean => env['container'] === 'oci'

/**
 * Variables that Kubernetes sets in every container for a service named tokens-mock (or tokens-mock-something), and Docker
 * for a link to a container of that name.
 */
const OF_A_SERVICE = /^TOKENS_MOCK_(NAME|ENV_.+|(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_\d+_.+))$/

/**
 * Returns the variables that set something, by name. Empty variables are ignored.
 *
 * @throws ConfigError for an unknown variable
 */
export function variablesIn(env: NodeJS.ProcessEnv): Map<string, string> {
  const known = [...Object.values(SETTINGS).map((setting) => setting.env), ...Object.values(VARIABLES)]
  const variables = new Map<string, string>()
  for (const [name, text = ''] of Object.entries(env)) {
    const isOfService =
      OF_A_SERVICE.test(name) || (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text))
    if (!name.startsWith('TOKENS_MOCK_') || text === '' || isOfService) continue
    if (!known.includes(name))
      throw new ConfigError(`Unknown variable ${name}. Did you mean ${closest(name, known)}?`)
    variables.set(name, text)
  }
  return variables
}

/** @throws ConfigError for an invalid value, or a flag that needs another one */
export function resolveConfig(flags: Record<string, unknown>, env: NodeJS.ProcessEnv): Config {
  const variables = variablesIn(env)
  const entries = Object.entries<Setting<unknown>>(SETTINGS).map(([key, setting]) => {
    const [source, text] =
      flags[setting.flag] === undefined
        ? [setting.env, variables.get(setting.env)]
        : // A repeated flag is a list here, which becomes a text with commas, and a switch is true.
          [`--${setting.flag}`, String(flags[setting.flag])]
    if (text === undefined || (text === NONE && defaultOf(setting) === NONE)) return [key, setting.default]
    const value = setting.parse(text)
    if (value === undefined)
      throw new ConfigError(
        `${source}: ${setting.isSecret ? 'the value' : `'${text}'`} is not valid. Expected: ${setting.choices?.join(', ') ?? setting.value}.${didYouMean(text, setting.choices)}`,
      )
    return [key, value]
  })
  const config = Object.fromEntries(entries) as Config
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined))
    throw new ConfigError('Pass both --tls-cert and --tls-key, or neither.')
  if (config.tlsPort === undefined && (config.tlsCert !== undefined || config.tlsHost.length > 0))
    throw new ConfigError('--tls-cert, --tls-key and --tls-host need --tls-port.')
  return config
}

/** The value that turns a setting off. */
const NONE = 'none'

/** A setting's default, as `--help` shows it. */
export const defaultOf = ({ default: value, shownDefault }: Setting<unknown>) =>
  shownDefault ?? (value === undefined || (Array.isArray(value) && value.length === 0) ? NONE : String(value))
