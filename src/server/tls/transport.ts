import type { Socket } from 'node:net'

/** The TCP socket below each TLS socket. */
const transports = new WeakMap<Socket, Socket>()

/** Remembers what a TLS socket runs on. */
export const setTransport = (socket: Socket, transport: Socket) => transports.set(socket, transport)

/** The TCP socket of a connection. Only that can be reset: a TLS socket throws. */
export const transportOf = (socket: Socket): Socket => transports.get(socket) ?? socket
