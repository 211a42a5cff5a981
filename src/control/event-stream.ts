import { PassThrough, type Readable } from 'node:stream'
import type { WorldControl } from './world-control.ts'

/** How much may wait for a client that reads slowly, in bytes, before it misses events. */
const BACKLOG = 2 ** 20

/** Each further request to a world as a server-sent event, until the stream is closed. */
export function eventStream(requests: WorldControl['requests']): Readable {
  const stream = new PassThrough({ highWaterMark: BACKLOG })
  stream.write(': connected\n\n')
  const end = requests.subscribe((entry) => {
    if (!stream.writableNeedDrain) stream.write(`event: request\ndata: ${JSON.stringify(entry)}\n\n`)
  })
  stream.once('close', end)
  return stream
}
