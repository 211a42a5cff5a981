import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, isIP } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { callable } from '../address.ts'
import { answerBrokenRequest } from '../broken-request.ts'
import { UserError } from '../user-error.ts'
import type { KeyPair } from './certificates.ts'

/** Where the local authority is kept, unless told otherwise. */
export const DATA_DIRECTORY = '~/.contentstack-tokens-mock'

export interface TlsOptions {
  /** 0 for any that is free. */
  port: number
  /** Paths of a certificate and its key, in PEM. Where absent, a local authority makes them. */
  cert?: string
  key?: string
  /** Further names and IP addresses for which the certificate that is made is good. */
  hosts?: readonly string[]
  /** Where the local authority is kept; a leading `~/` is the user's home directory. */
  dataDirectory: string
}

/** What HTTPS needs. */
export interface Credentials extends KeyPair {
  /** The local authority to trust; absent where the certificate is the user's. */
  authority?: { cert: string; file: string }
}

/**
 * The user's certificate, or one that a local authority makes for the names by which this machine is called.
 *
 * @param host the address that the server listens on
 * @throws UserError for files that cannot be read or a directory that cannot be used
 */
export async function credentialsOf(options: TlsOptions, host: string): Promise<Credentials> {
  const { cert, key, hosts = [], dataDirectory } = options
  if (cert !== undefined && key !== undefined) return { cert: read(cert), key: read(key) }
  // Only here: it takes a while to load.
  const { localAuthority } = await import('./local-authority.ts')
  const { createServerCertificate } = await import('./certificates.ts')
  const authority = await localAuthority(dataDirectory)
  const names = ['localhost', '127.0.0.1', '::1', hostname(), callable(host), ...hosts]
  return { ...(await createServerCertificate(authority, [...new Set(names)])), authority }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError(`Cannot read ${file}: ${(error as Error).message}.`)
  }
}

/** A second listener of an app. */
export interface TlsListener {
  port: number
  close(): void
}

/**
 * Serves an app that is ready over HTTPS, too.
 *
 * @throws UserError for a certificate or key that is none, or Node's own error where the address cannot be had
 */
export async function listenTls(
  app: FastifyInstance,
  { cert, key }: KeyPair,
  host: string,
  port: number,
): Promise<TlsListener> {
  const server = open({ cert, key }, app)
  server.on('clientError', answerBrokenRequest)
  server.on('checkExpectation', (request, response) => app.routing(request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function open(pair: KeyPair, app: FastifyInstance): Server {
  try {
    return createServer({ ...pair, requireHostHeader: false }, app.routing)
  } catch (error) {
    throw new UserError(`Cannot use the TLS certificate and key: ${(error as Error).message}.`)
  }
}

/** Whether a text can stand in a certificate as a name or an IP address. A name may begin with `*.`. */
export const isHost = (text: string) =>
  isIP(text) > 0 || /^(\*\.)?[a-z\d_]([a-z\d_-]*[a-z\d])?(\.[a-z\d_]([a-z\d_-]*[a-z\d])?)*$/i.test(text)
