import type { ServerResponse } from 'node:http'
import type { WorldControl } from './world-control.ts'

// In bytes, of what waits to be sent.
const SUBSCRIBER_BOUND = 2 ** 20
const SERVER_BOUND = 16 * 2 ** 20
/** The rest is for clients for which nothing waits, so that slow ones take no events from others. */
const SLOW_BOUND = 12 * 2 ** 20

/** Sends the further requests to worlds as server-sent events. What waits for slow clients is bounded. */
export class EventStreams {
  #waiting = 0

  /** Answers with each further request, until the client goes. One that misses some is told how many. */
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
        // Nothing is left to take off once the client has gone.
        wait(-Math.min(bytes.length, waiting))
        if (waiting === 0 && missed > 0) tell('')
      })
      return true
    }
    /** Sends what was missed and then the event, or neither. */
    const tell = (event: string) => {
      const before = missed > 0 ? `event: missed\ndata: ${JSON.stringify({ count: missed })}\n\n` : ''
      const isSent = send(before + event)
      if (isSent) missed = 0
      return isSent
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
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
