import { get } from 'node:http'
import { type Config, ConfigError, help, parseCommandLine } from './config.ts'
import { DatabaseError, FixtureError } from './index.ts'
import { serve, type Terminal } from './server.ts'
import { version } from './version.ts'
import { readFixture } from './world/fixtures.ts'

export interface Process extends Terminal {
  stderr: NodeJS.WritableStream
  env: NodeJS.ProcessEnv
}

/**
 * Runs a command line. Answers the exit code: 0 for done (a server goes on until it is stopped), 1 for unhealthy,
 * 2 for a mistake of the user's, in words on stderr.
 */
export async function run(args: string[], process: Process): Promise<number> {
  const { stdout, stderr } = process
  try {
    const invocation = parseCommandLine(args, process.env)
    switch (invocation.command) {
      case 'help':
        stdout.write(help())
        return 0
      case 'version':
        stdout.write(`${version}\n`)
        return 0
      case 'validate':
        readFixture(invocation.file)
        stdout.write(`The fixture ${invocation.file} is valid.\n`)
        return 0
      case 'healthcheck':
        return (await isHealthy(invocation.config)) ? 0 : 1
      case 'serve':
        await serve(invocation.config, process)
        return 0
    }
  } catch (error) {
    const message = explain(error)
    if (message === undefined) throw error
    stderr.write(`${message}\n`)
    return 2
  }
}

function explain(error: unknown): string | undefined {
  if (error instanceof ConfigError) return `${error.message} See --help.`
  if (error instanceof FixtureError || error instanceof DatabaseError) return error.message
  const { code, syscall, message } = error as NodeJS.ErrnoException
  // A port in use, an address that is not this machine's, a port that needs privileges.
  if (code !== undefined && (syscall === 'listen' || syscall === 'getaddrinfo'))
    return `Cannot listen: ${message}. See --host and --port.`
  return undefined
}

/** Asks the server that the same settings would start. */
function isHealthy({ host, port }: Config): Promise<boolean> {
  const address = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(2000)
    get({ host: address, port, path: '/_mock/health', signal }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    }).on('error', () => resolve(false))
  })
}
