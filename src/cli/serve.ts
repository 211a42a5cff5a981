import { hostname } from 'node:os'
import { styleText } from 'node:util'
import { pino } from 'pino'
import { createTokensMock, type TokensMockOptions } from '../index.ts'
import { isLoopback } from '../server/address.ts'
import { LogDestination } from '../server/log.ts'
import { ready } from './ready.ts'
import { type Config, runsInImage } from './settings.ts'

/** The part of `process` that a command uses. */
export interface Terminal {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean }
  stdout: NodeJS.WritableStream & { isTTY?: boolean }
  stderr: NodeJS.WritableStream
  env: NodeJS.ProcessEnv
  /** Ends the process, even if output is waiting in a stream that is not read. */
  exit(): void
}

/** How long a start and a stop wait for log lines to be written, in milliseconds. */
const LOG_DRAIN_TIME = 500

/** A log line that is written at any log level. */
const lineOf = (level: 'info' | 'warn', fields: object) =>
  `${JSON.stringify({
    level: pino.levels.values[level],
    time: Date.now(),
    pid: process.pid,
    hostname: hostname(),
    ...fields,
  })}\n`

const droppedLines = (dropped: number) => lineOf('warn', { dropped, msg: `log lines dropped: ${dropped}` })

/**
 * Runs the server until `stop` is aborted. On a terminal, it announces its address and logs readable lines. Elsewhere, it
 * logs JSON lines.
 */
export async function serve(
  config: Config,
  { stdout, exit, env }: Pick<Terminal, 'stdout' | 'exit' | 'env'>,
  stop: AbortSignal,
): Promise<void> {
  const options = {
    level: config.logLevel,
    // No header is logged. This is a safeguard in case one ever is.
    redact: ['authtoken', 'authorization', 'access_token', 'preview_token', 'token'].flatMap((key) => [
      key,
      `headers.${key}`,
    ]),
  }
  const written = stdout.isTTY ? await prettyLines() : (line: string) => line
  const log = new LogDestination(stdout, (dropped) => written(droppedLines(dropped)))
  const logger = pino(options, { write: (line) => log.write(written(line)) })
  // Fastify logs the address at the level info, which the announcement repeats.
  if (logger.isLevelEnabled('info')) logger.level = 'warn'
  const mock = await createTokensMock({ ...optionsOf(config), logger })
  logger.level = config.logLevel
  const announcement = ready(mock, config, (error) => logger.error(error))
  if (stdout.isTTY) log.write(announcement.text)
  else if (config.port === 0 && !logger.isLevelEnabled('info'))
    log.write(lineOf('info', { ...announcement.fields, msg: 'listening' }))
  else logger.info(announcement.fields, 'listening')
  if (!isLoopback(config.host) && config.controlToken === undefined && !runsInImage(env))
    logger.warn(
      `Whoever can reach ${config.host} can read and change everything through /_mock. Protect it with --control-token, or listen on 127.0.0.1.`,
    )
  await log.drain(LOG_DRAIN_TIME)

  const close = async () => {
    logger.info('closing')
    await mock.close()
    await log.drain(LOG_DRAIN_TIME)
    exit()
  }
  if (stop.aborted) await close()
  else stop.addEventListener('abort', () => void close(), { once: true })
}

/** Imports pino-pretty on demand, because it loads slowly and containers have no terminal. */
async function prettyLines(): Promise<(line: string) => string> {
  // In the bundle, a CommonJS module has only its default export.
  const { default: pretty } = await import('pino-pretty')
  return pretty.prettyFactory({
    ignore: 'pid,hostname,reqId,method,url,status,ms,reason',
    messageFormat: messageOf,
    singleLine: true,
  })
}

/** Such as `422 POST /v3/stacks/delivery_tokens 5ms  name is not unique.` */
function messageOf(line: Record<string, unknown>, messageKey: string): string {
  const { status, method, url, ms, reason } = line
  if (typeof status !== 'number') return String(line[messageKey])
  const color = status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green'
  return `${styleText(color, String(status))} ${method} ${url} ${ms}ms${reason ? `  ${reason}` : ''}`
}

function optionsOf({
  tlsPort,
  tlsCert,
  tlsKey,
  tlsHost,
  dataDirectory,
  ...config
}: Config): TokensMockOptions {
  const { logLevel: _logLevel, ...options } = config
  if (tlsPort === undefined) return options
  return { ...options, tls: { port: tlsPort, cert: tlsCert, key: tlsKey, hosts: tlsHost, dataDirectory } }
}
