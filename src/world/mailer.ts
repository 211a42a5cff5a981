import { setTimeout } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import type { Message } from '../store/messages.ts'

/** Sends e-mails to an SMTP server. */
export interface Mailer {
  send(message: Message): void
  /** Waits a short while for the e-mails that are on their way, then ends every connection. */
  close(): Promise<void>
}

/** How many connections to the server there are at most. */
const CONNECTIONS = 4

/** How much may wait for the server, in bytes, before e-mails are dropped. */
const WAITING_BOUND = 16 * 2 ** 20

/** About what an e-mail takes beside its text while it waits, in bytes. */
const OVERHEAD = 4096

/** How long the server may take for any step, in milliseconds. */
const TIMEOUT = 10_000

/** How long the e-mails on their way have at the end, in milliseconds. */
const DRAIN_TIME = 2000

/**
 * @param url such as `smtp://localhost:1025`
 * @param onError told of each e-mail that could not be sent
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
    // Without a goodbye that the server may never answer.
    socketCloseTimeout: 0,
  })
  const deliveries = new Set<Promise<void>>()
  let waiting = 0
  let isClosed = false
  return {
    send: ({ from, to, subject, text, sent_at: sentAt }) => {
      const size = Buffer.byteLength(subject) + Buffer.byteLength(text) + OVERHEAD
      if (waiting + size > WAITING_BOUND) {
        onError(new Error('Too many e-mails wait for the SMTP server.'))
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
      if (unsent > 0) onError(new Error(`The SMTP server did not take ${unsent} e-mails before the end.`))
      transport.close({ force: true })
    },
  }
}
