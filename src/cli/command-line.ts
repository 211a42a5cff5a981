import { parseArgs } from 'node:util'
import { nearest } from '../rules/arguments.ts'
import { VARIABLES } from '../verify/variables.ts'
import {
  type Config,
  ConfigError,
  defaultOf,
  resolveConfig,
  SETTINGS,
  type Setting,
  variablesIn,
} from './settings.ts'

const COMMANDS = ['serve', 'healthcheck', 'validate', 'import', 'verify'] as const

type Command = (typeof COMMANDS)[number]

/**
 * The flags that only one command takes. The settings are those of serve and healthcheck. The credentials of verify have no
 * flags, because other users see command lines.
 */
const OWN_FLAGS = {
  import: { 'keep-values': { type: 'boolean' } },
  verify: {
    target: { type: 'string' },
    risky: { type: 'string', multiple: true },
    json: { type: 'boolean' },
    yes: { type: 'boolean' },
  },
} as const

export interface VerifyOptions {
  target: string
  /** The ids of scenarios. */
  risky: readonly string[]
  json: boolean
  /** Whether nobody is asked before the requests are sent. */
  yes: boolean
}

/** A parsed command line. */
export type Invocation =
  | { command: 'serve' | 'healthcheck'; config: Config }
  | { command: 'validate'; file: string }
  | { command: 'import'; files: string[]; keepsValues: boolean }
  | { command: 'verify'; options: VerifyOptions }
  | { command: 'help' | 'version' }

/**
 * Parses a command line. A flag overrides its environment variable, which overrides the default.
 *
 * @throws ConfigError for an unknown command, flag or variable, or an invalid value
 */
export function parseCommandLine(args: string[], env: NodeJS.ProcessEnv): Invocation {
  const { values, positionals } = parse(args)
  if (values['help']) return { command: 'help' }
  if (values['version']) return { command: 'version' }
  const [name = 'serve', ...operands] = positionals
  const command = COMMANDS.find((known) => known === name)
  if (!command) throw new ConfigError(`Unknown command '${name}'. The commands are ${COMMANDS.join(', ')}.`)
  checkFlags(command, Object.keys(values))
  const [file] = operands
  if (command === 'import') {
    if (file === undefined) throw new ConfigError('import takes files with responses of the API.')
    return { command, files: operands, keepsValues: values['keep-values'] === true }
  }
  if (command === 'validate') {
    if (file === undefined || operands.length > 1)
      throw new ConfigError('validate takes the name or path of one fixture.')
    return { command, file }
  }
  if (file !== undefined) throw new ConfigError(`${command} takes no arguments: '${file}'.`)
  if (command !== 'verify') return { command, config: resolveConfig(values, env) }
  variablesIn(env)
  return { command, options: verifyOptions(values) }
}

/** @throws ConfigError for a flag that the command does not take */
function checkFlags(command: Command, flags: readonly string[]): void {
  const takesSettings = command === 'serve' || command === 'healthcheck'
  for (const flag of flags) {
    const [owner] = Object.entries(OWN_FLAGS).find(([, own]) => flag in own) ?? []
    if (owner === undefined && !takesSettings) throw new ConfigError(`${command} does not take --${flag}.`)
    if (owner !== undefined && owner !== command) throw new ConfigError(`--${flag} is a flag of ${owner}.`)
  }
}

function parse(args: string[]) {
  const options = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
    ...OWN_FLAGS.import,
    ...OWN_FLAGS.verify,
    ...Object.fromEntries(
      Object.values<Setting<unknown>>(SETTINGS).map(
        ({ flag, isList = false, isSwitch }) =>
          [flag, { type: isSwitch ? 'boolean' : 'string', multiple: isList }] as const,
      ),
    ),
  } as const
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (error) {
    const message = (error as Error).message.replace(/\.?(\n|\. |$).*$/s, '.')
    const [, flag = ''] = /^Unknown option '--(.+)'/.exec(message) ?? []
    const meant = nearest(flag, Object.keys(options))
    throw new ConfigError(meant === undefined ? message : `${message} Did you mean --${meant}?`)
  }
}

/** @throws ConfigError without a target */
function verifyOptions(values: Record<string, unknown>): VerifyOptions {
  const { target, risky = [], json = false, yes = false } = values as Partial<VerifyOptions>
  if (target === undefined) throw new ConfigError('verify needs --target URL.')
  return { target, risky, json, yes }
}

/** A setting's description, with its choices if it has any. */
const described = ({ description, choices }: Setting<unknown>) =>
  choices ? `${description} One of ${choices.join(', ')}.` : description

/** The text of `--help`. */
export function help(): string {
  const rows = Object.values<Setting<unknown>>(SETTINGS).map((setting) => [
    setting.isSwitch ? `--${setting.flag}` : `--${setting.flag} ${setting.value}`,
    described(setting),
    `[${setting.env}, default ${defaultOf(setting)}]`,
  ])
  const width = Math.max(...rows.map(([flag = '']) => flag.length))
  return [
    'contentstack-tokens-mock: a local server that emulates the Tokens API of Contentstack.',
    '',
    'Usage:',
    '  contentstack-tokens-mock [serve] [FLAGS]   run the server',
    '  contentstack-tokens-mock healthcheck       exit 0 if the server is healthy, 1 if not',
    '  contentstack-tokens-mock validate FIXTURE  check a fixture without loading it',
    '  contentstack-tokens-mock import FILE...    print a fixture made from responses of the real API; secrets',
    '                                             are replaced unless --keep-values is set',
    '  contentstack-tokens-mock verify --target URL [--json] [--yes] [--risky ID]...',
    '                                             compare a real stack with the profile live; changes nothing',
    '',
    'Flags of serve and healthcheck (a flag overrides its environment variable, which overrides the default):',
    ...rows.map(
      ([flag = '', description, rest]) =>
        `  ${flag.padEnd(width)}  ${description}\n  ${''.padEnd(width)}  ${rest}`,
    ),
    `  ${'--help, --version'.padEnd(width)}  Print this text, or the version, and exit.`,
    '',
    `verify reads its credentials from ${VARIABLES.api_key}, ${VARIABLES.authtoken} and, if set, ${VARIABLES.management_token_value}.`,
    '',
  ].join('\n')
}
