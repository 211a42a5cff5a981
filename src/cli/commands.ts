import { connect } from 'node:net'
import { UserError } from '../rules/user-error.ts'
import { callable, urlOf } from '../server/address.ts'
import { version } from '../server/version.ts'
import type { Terminal } from './serve.ts'
import { type Config, help, parseCommandLine } from './settings.ts'

/**
 * Runs a command line. Returns the exit code: 0 for done (a server goes on until it is stopped), 1 for unhealthy,
 * 2 for a mistake of the user's, in words on stderr.
 *
 * @param stop aborted when the program is told to stop
 */
export async function run(args: string[], terminal: Terminal, stop: AbortSignal): Promise<number> {
  const { stdout, stderr } = terminal
  try {
    const invocation = parseCommandLine(args, terminal.env)
    switch (invocation.command) {
      case 'help':
        stdout.write(help())
        return 0
      case 'version':
        stdout.write(`${version}\n`)
        return 0
      case 'healthcheck':
        if (await isHealthy(invocation.config)) return 0
        stderr.write(`No healthy server at ${urlOf(invocation.config.host, invocation.config.port)}.\n`)
        return 1
      // What is imported only here is heavy, and a health check runs every now and then.
      case 'validate': {
        const { readFixture } = await import('../fixtures/files.ts')
        readFixture(invocation.file)
        stdout.write(`The fixture ${invocation.file} is valid.\n`)
        return 0
      }
      case 'serve': {
        const { serve } = await import('./serve.ts')
        await serve(invocation.config, terminal, stop).catch((error: ListenError) => {
          throw inWords(error, invocation.config)
        })
        return 0
      }
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    stderr.write(`${error.message}\n`)
    return 2
  }
}

type ListenError = NodeJS.ErrnoException & { port?: number }

/** Explains an address that the server cannot listen on. Any other error stays as it is. */
function inWords(error: ListenError, { tlsPort }: Config): Error {
  const { code, syscall = '', port, message } = error
  if (!['listen', 'getaddrinfo'].includes(syscall)) return error
  return new UserError(
    code === 'EADDRINUSE'
      ? `Port ${port} is in use. Stop the other server or pass ${port === tlsPort ? '--tls-port' : '--port'}.`
      : `Cannot listen: ${message.replace(/^listen \w+: /, '')}. See --host, --port and --tls-port.`,
  )
}

/** Asks the server that the same settings would start. By hand, since loading node:http takes longer than all the rest. */
function isHealthy({ host, port }: Config): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ host: callable(host), port, signal: AbortSignal.timeout(15_000) })
    socket
      .setEncoding('latin1')
      .on('data', (text) => {
        answer += text
      })
      .on('error', () => {})
      .on('close', () => resolve(answer.startsWith('HTTP/1.1 200 ')))
      .end('GET /_mock/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  })
}
