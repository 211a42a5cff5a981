import { connect } from 'node:net'
import { UserError } from '../rules/user-error.ts'
import { callable, urlOf } from '../server/address.ts'
import { version } from '../server/version.ts'
import { help, parseCommandLine } from './command-line.ts'
import type { Terminal } from './serve.ts'
import type { Config } from './settings.ts'

/**
 * Runs a command line. Returns the exit code: 0 for success (a server keeps running until it is stopped), 1 for an unhealthy
 * server, 2 for a mistake of the user, which is explained on stderr, 3 for a target that differs.
 *
 * @param stop aborted when the program should stop
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
        stderr.write(`No healthy server at ${addressOf(invocation.config)}.\n`)
        return 1
      // These commands import heavy modules, which a health check must not load.
      case 'validate': {
        const { readFixture } = await import('../fixtures/files.ts')
        readFixture(invocation.file)
        stdout.write(`The fixture ${invocation.file} is valid.\n`)
        return 0
      }
      case 'import': {
        const { importResponses } = await import('../fixtures/import.ts')
        const { fixture, notes } = importResponses(invocation.files, invocation.keepsValues)
        for (const note of notes) stderr.write(`${printable(note)}\n`)
        stdout.write(`${JSON.stringify(fixture, null, 2)}\n`)
        return 0
      }
      case 'verify': {
        const { verify } = await import('./verify.ts')
        return await verify(invocation.options, terminal, stop)
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
    stderr.write(`${printable(error.message)}\n`)
    return 2
  }
}

/** Replaces control characters, which would act on a terminal: a message may quote a file. */
const printable = (text: string) => text.replaceAll(/(?![\n\t])\p{Cc}/gu, '\ufffd')

const addressOf = ({ hostname, host, port }: Config) => urlOf(hostname ?? host, port)

type ListenError = NodeJS.ErrnoException & { port?: number }

/** Explains why the server cannot listen on its address. Returns any other error unchanged. */
function inWords(error: ListenError, { tlsPort }: Config): Error {
  const { code, syscall = '', port, message } = error
  if (!['listen', 'getaddrinfo'].includes(syscall)) return error
  return new UserError(
    code === 'EADDRINUSE'
      ? `Port ${port} is in use. Stop the other server or pass ${port === tlsPort ? '--tls-port' : '--port'}.`
      : `Cannot listen: ${message.replace(/^listen \w+: /, '')}. See --host, --port and --tls-port.`,
  )
}

/** Checks the server that the same settings would start. Uses a bare socket, since node:http loads slowly. */
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
