import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { fileErrorOf, UserError } from '../../rules/user-error.ts'
import { callable } from '../address.ts'
import { answerBrokenRequest } from '../failures.ts'
import type { KeyPair } from './certificates.ts'
import { isHost } from './hosts.ts'

export interface TlsOptions {
  /** 0 for any that is free. */
  port: number
  /** Paths of a certificate and its key, in PEM. Where absent, a local authority makes them. */
  cert?: string | undefined
  key?: string | undefined
  /** Further names and IP addresses for which the certificate that is made is good. */
  hosts?: readonly string[] | undefined
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
 * @throws UserError for files that cannot be used, a name that is none, or a directory that cannot be used
 */
export async function credentialsOf(options: TlsOptions, host: string): Promise<Credentials> {
  const { cert, key, hosts = [], dataDirectory } = options
  if (cert !== undefined && key !== undefined) return checked({ cert: read(cert), key: read(key) })
  if (cert !== key) throw new UserError('Pass both a TLS certificate and its key, or neither.')
  const none = hosts.find((name) => !isHost(name))
  if (none !== undefined) throw new UserError(`'${none}' is neither a host name nor an IP address.`)
  // Only here: it takes a while to load.
  const { localAuthority } = await import('./local-authority.ts')
  const { createServerCertificate } = await import('./certificates.ts')
  const { file, ...pair } = await localAuthority(dataDirectory)
  const names = ['localhost', '127.0.0.1', '::1', hostname(), callable(host), ...hosts].filter(isHost)
  const made = await createServerCertificate(checked(pair), [...new Set(names)])
  return { ...made, authority: { cert: pair.cert, file } }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError(`Cannot read ${file}: ${fileErrorOf(error as Error)}.`)
  }
}

/** @throws UserError where one of the two is none, or they do not belong together */
function checked<T extends KeyPair>(pair: T): T {
  let fits: boolean
  try {
    fits = new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))
  } catch (error) {
    throw new UserError(`Cannot use the TLS certificate and key: ${(error as Error).message}.`)
  }
  if (!fits) throw new UserError('Cannot use the TLS certificate and key: they do not belong together.')
  return pair
}

/** A second listener of an app. */
export interface TlsListener {
  port: number
  close(): Promise<void>
}

/** How long a client may take for the handshake, in milliseconds. */
const HANDSHAKE_TIMEOUT = 10_000

/** The other end of a connection, of which there is one at a time. */
const peerOf = ({ remoteAddress, remotePort, localAddress }: Socket) =>
  `${remoteAddress} ${remotePort} ${localAddress}`

/**
 * Serves an app that is ready over HTTPS, too.
 *
 * @throws Node's own error where the address cannot be had
 */
export async function listenTls(
  app: FastifyInstance,
  { cert, key }: KeyPair,
  host: string,
  port: number,
): Promise<TlsListener> {
  const server = createServer({ cert, key, requireHostHeader: false }, app.routing)
  server.on('clientError', answerBrokenRequest)
  server.on('checkExpectation', (request, response) => app.routing(request, response))
  // Also those that have not said hello yet, of which the server itself knows nothing.
  const sockets = new Set<Socket>()
  const handshakes = new Map<string, { socket: Socket; timer: NodeJS.Timeout }>()
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    // Node's own timeout only reports such a client, and leaves the socket open.
    const timer = setTimeout(() => socket.destroy(), HANDSHAKE_TIMEOUT)
    sockets.add(socket)
    handshakes.set(peer, { socket, timer })
    socket.once('close', () => {
      clearTimeout(timer)
      sockets.delete(socket)
      handshakes.delete(peer)
    })
  })
  server.on('secureConnection', (secured) => {
    const handshake = handshakes.get(peerOf(secured))
    clearTimeout(handshake?.timer)
    if (handshake) setTransport(secured, handshake.socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** The TCP socket below each TLS socket. */
const transports = new WeakMap<Socket, Socket>()

/** Remembers what a TLS socket runs on. */
export const setTransport = (socket: Socket, transport: Socket) => transports.set(socket, transport)

/** The TCP socket of a connection. Only that can be reset: a TLS socket throws. */
export const transportOf = (socket: Socket): Socket => transports.get(socket) ?? socket
