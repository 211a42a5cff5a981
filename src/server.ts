import { pino } from 'pino'
import pretty from 'pino-pretty'
import type { Config } from './config.ts'
import { createTokensMock } from './index.ts'
import { ready } from './ready.ts'

/** A request in one line, as a person reads it. */
const MESSAGE = '{msg}{if status} {method} {url} {status} {ms}ms{end}'

/**
 * Runs the server until `stop` is aborted. On a terminal it says in words where it listens and logs for people,
 * elsewhere it logs JSON lines.
 */
export async function serve(
  config: Config,
  stdout: NodeJS.WritableStream & { isTTY?: boolean },
  stop: AbortSignal,
): Promise<void> {
  const options = {
    level: config.logLevel,
    // No header is logged; should one ever be, not its secrets.
    redact: ['authtoken', 'authorization', 'access_token', 'preview_token', 'token'].flatMap((key) => [
      key,
      `headers.${key}`,
    ]),
  }
  const logger = stdout.isTTY
    ? pino(
        options,
        pretty({
          destination: stdout,
          ignore: 'pid,hostname,reqId,method,url,status,ms',
          messageFormat: MESSAGE,
          singleLine: true,
        }),
      )
    : pino(options, stdout)
  const {
    tlsPort,
    tlsCert,
    tlsKey,
    tlsHost,
    dataDirectory,
    idSeed,
    rateLimit,
    smtp,
    deliveryTokenCap,
    ...settings
  } = config
  const tls = tlsPort !== undefined && {
    port: tlsPort,
    hosts: tlsHost,
    dataDirectory,
    ...(tlsCert !== undefined && { cert: tlsCert }),
    ...(tlsKey !== undefined && { key: tlsKey }),
  }
  const mock = await createTokensMock({
    ...settings,
    ...(tls && { tls }),
    ...(deliveryTokenCap !== undefined && { deliveryTokenCap }),
    ...(idSeed !== undefined && { idSeed }),
    ...(rateLimit !== undefined && { rateLimit }),
    ...(smtp !== undefined && { smtp }),
    logger,
  })
  const announcement = ready(mock, config)
  if (stdout.isTTY) stdout.write(announcement.text)
  else logger.info(announcement.fields, 'listening')

  const close = () => {
    logger.info('closing')
    void mock.close()
  }
  if (stop.aborted) close()
  else stop.addEventListener('abort', close, { once: true })
}
