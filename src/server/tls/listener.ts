import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { checkHosts, isCertifiable } from '../../rules/host.ts'
import { fileErrorOf, UserError } from '../../rules/user-error.ts'
import { callable } from '../address.ts'
import { sendBrokenRequestFailure } from '../failures.ts'
import type { KeyPair } from './key-pair.ts'

/** The options of HTTPS. */
export interface TlsOptions {
  /** The port for HTTPS, 0 to 65535. Defaults to 0, which is any free port; `tlsUrl` then has its number. */
  port: number
  /**
   * The path of a certificate in PEM, which needs `key`. Defaults to a certificate that a local authority issues.
   *
   * @throws UserError for a file that cannot be used, or without `key`
   */
  cert?: string | undefined
  /** The path of the key of `cert`, in PEM. Defaults to the key of the issued certificate. */
  key?: string | undefined
  /** Additional names and IP addresses for the issued certificate. Defaults to none besides those of this machine. */
  hosts?: readonly string[] | undefined
  /**
   * The directory that stores the local authority; a leading `~/` is the user's home directory. Defaults to
   * `~/.contentstack-tokens-mock`.
   *
   * @throws UserError for a directory that cannot be used
   */
  dataDirectory: string
}

/** The local certificate authority that clients must trust. */
export interface TrustedAuthority {
  /** Its certificate, in PEM. */
  cert: string
  /** The path of the file with the certificate. */
  file: string
}

/** The certificate and key to serve HTTPS with. */
export interface Credentials extends KeyPair {
  /** Absent for the user's own certificate. */
  authority?: TrustedAuthority
}

/**
 * Reads the user's certificate, or issues one for the names and addresses of this machine.
 *
 * @param ownNames the address that the server listens on, and the host in its URLs
 * @throws UserError for an unusable file or directory, or an invalid name
 */
export async function credentialsOf(options: TlsOptions, ownNames: readonly string[]): Promise<Credentials> {
  const { cert, key, hosts = [], dataDirectory } = options
  if (cert !== undefined && key !== undefined) return checked({ cert: read(cert), key: read(key) })
  if (cert !== key) throw new UserError('Pass both a TLS certificate and its key, or neither.')
  checkHosts(hosts)
  // Imported only here, because it loads slowly.
  const { localAuthority } = await import('./local-authority.ts')
  const { createServerCertificate } = await import('./certificates.ts')
  const { file, ...pair } = await localAuthority(dataDirectory)
  const names = ['localhost', '127.0.0.1', '::1', hostname(), ...ownNames.map(callable), ...hosts]
  const made = await createServerCertificate(checked(pair), [...new Set(names.filter(isCertifiable))])
  return { ...made, authority: { cert: pair.cert, file } }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError(`Cannot read ${file}: ${fileErrorOf(error as Error)}.`)
  }
}

/** @throws UserError for an invalid certificate or key, or if they do not belong together */
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

/** A second listener for an app. */
export interface TlsListener {
  port: number
  close(): Promise<void>
}

/** How long a client may take for the handshake, in milliseconds. */
const HANDSHAKE_TIMEOUT = 10_000

/** Identifies a connection while it is open. */
const peerOf = ({ remoteAddress, remotePort, localAddress }: Socket) =>
  `${remoteAddress} ${remotePort} ${localAddress}`

/**
 * Also serves an app over HTTPS. The app must be ready.
 *
 * @throws Node's error if the address is not available
 */
export async function listenTls(
  app: FastifyInstance,
  { cert, key }: KeyPair,
  host: string,
  port: number,
): Promise<TlsListener> {
  const server = createServer({ cert, key, requireHostHeader: false }, app.routing)
  server.on('clientError', sendBrokenRequestFailure)
  server.on('checkExpectation', (request, response) => app.routing(request, response))
  // Includes sockets before their handshake, which the server does not track.
  const sockets = new Set<Socket>()
  const handshakes = new Map<string, { socket: Socket; timer: NodeJS.Timeout }>()
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    // Node's own handshake timeout reports the client but leaves the socket open.
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
    if (handshake) transports.set(secured, handshake.socket)
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

/** The TCP socket of a connection. Only a TCP socket can be reset; a TLS socket throws. */
export const transportOf = (socket: Socket): Socket => transports.get(socket) ?? socket
