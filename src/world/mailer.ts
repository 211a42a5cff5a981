import { setTimeout } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import type { Message } from '../store/messages.ts'

/** Sends e-mails to an SMTP server. */
export interface Mailer {
  send(message: Message): void
  /** Waits briefly for e-mails in transit, then closes all connections. */
  close(): Promise<void>
}

/** The maximum number of connections to the SMTP server. */
const CONNECTIONS = 4

/** How many bytes of e-mails may wait for the SMTP server; further e-mails are dropped. */
const WAITING_BOUND = 16 * 2 ** 20

/** The approximate memory of a waiting e-mail besides its text, in bytes. */
const OVERHEAD = 4096

/** The time limit for each step of the SMTP server, in milliseconds. */
const TIMEOUT = 10_000

/** How long `close` waits for e-mails in transit, in milliseconds. */
const DRAIN_TIME = 2000

/**
 * @param url such as `smtp://localhost:1025`
 * @param onError called for each e-mail that could not be sent
 */
export function createMailer(url: string, onError: (error: Error) => void): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: CONNECTIONS,
    connectionTimeout: TIMEOUT,
    greetingTimeout: TIMEOUT,
    dnsTimeout: TIMEOUT,
    socketTimeout: TIMEOUT,
    // Closes without QUIT, which the SMTP server may never acknowledge.
    socketCloseTimeout: 0,
  })
  const deliveries = new Set<Promise<void>>()
  let waiting = 0
  let isClosed = false
  return {
    send: ({ from, to, subject, text, sent_at: sentAt }) => {
      const size = Buffer.byteLength(subject) + Buffer.byteLength(text) + OVERHEAD
      if (waiting + size > WAITING_BOUND) {
        onError(new Error('Too many e-mails are waiting for the SMTP server.'))
        return
      }
      waiting += size
      const delivery = transport
        .sendMail({ from, to, subject, text, date: new Date(sentAt) })
        .then(
          () => {},
          (error: Error) => {
            if (!isClosed) onError(error)
          },
        )
        .finally(() => {
          waiting -= size
          deliveries.delete(delivery)
        })
      deliveries.add(delivery)
    },
    close: async () => {
      const drained = new AbortController()
      const { signal } = drained
      await Promise.race([
        Promise.all(deliveries).finally(() => drained.abort()),
        setTimeout(DRAIN_TIME, undefined, { signal }).catch(() => {}),
      ])
      isClosed = true
      const unsent = deliveries.size
      if (unsent > 0) onError(new Error(`${unsent} e-mails were not sent before the server closed.`))
      transport.close({ force: true })
    },
  }
}
