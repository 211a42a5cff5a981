import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { ApiError, badRequest } from '../rules/errors.ts'

/** How long a client has to read the answer and to close its end, in milliseconds. */
const LINGER_TIME = 1000

const headersTooLarge = () => new ApiError(431, 'The request headers are too large.', 431)

/** Answers what is not even HTTP, or has headers over Node's bound, where no route is reached: in the envelope, too. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const failure = error.code === 'HPE_HEADER_OVERFLOW' ? headersTooLarge() : badRequest()
  const body = JSON.stringify(failure.body())
  const head = [
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // The server has let go of the socket: one whose client leaves it open would stay, also when the server stops.
  const timer = setTimeout(() => socket.destroy(), LINGER_TIME)
  socket.once('close', () => clearTimeout(timer))
}
