import type { ServerResponse } from 'node:http'
import type { WorldControl } from './world-control.ts'

// In bytes that wait to be sent.
const SUBSCRIBER_BOUND = 2 ** 20
const SERVER_BOUND = 16 * 2 ** 20
/** The limit for clients that are behind. The rest up to SERVER_BOUND is reserved for clients that are up to date. */
const SLOW_BOUND = 12 * 2 ** 20

/** Streams new requests as server-sent events. Limits the bytes that wait for slow clients. */
export class EventStreams {
  #waiting = 0

  /** Sends each new request until the client disconnects. A client that misses events gets an event with their number. */
  open(requests: WorldControl['requests'], response: ServerResponse): void {
    let waiting = 0
    let missed = 0
    const wait = (bytes: number) => {
      waiting += bytes
      this.#waiting += bytes
    }
    const send = (text: string) => {
      const bytes = Buffer.from(text)
      const isSlow = waiting > 0
      if (this.#waiting + bytes.length > (isSlow ? SLOW_BOUND : SERVER_BOUND)) return false
      if (isSlow && waiting + bytes.length > SUBSCRIBER_BOUND) return false
      wait(bytes.length)
      response.write(bytes, () => {
        // Once the client has disconnected, `waiting` is already 0.
        wait(-Math.min(bytes.length, waiting))
        if (waiting === 0 && missed > 0) tell('')
      })
      return true
    }
    /** Sends the number of missed events followed by the event, or neither. Returns whether they were sent. */
    const tell = (event: string) => {
      const before = missed > 0 ? `event: missed\ndata: ${JSON.stringify({ count: missed })}\n\n` : ''
      const isSent = send(before + event)
      if (isSent) missed = 0
      return isSent
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    // A HEAD has no body, with which the headers would go.
    response.flushHeaders()
    response.write(': connected\n\n')
    const end = requests.subscribe((entry) => {
      if (!tell(`event: request\ndata: ${JSON.stringify(entry)}\n\n`)) missed += 1
    })
    response.once('close', () => {
      end()
      wait(-waiting)
      missed = 0
    })
  }
}
