import { createTransport } from 'nodemailer'
import type { Message } from './world/store/messages.ts'

/** Sends e-mails to an SMTP server. */
export interface Mailer {
  send(message: Message): void
  close(): void
}

/**
 * @param url such as `smtp://localhost:1025`
 * @param onError told of each e-mail that could not be sent
 */
export function createMailer(url: string, onError: (error: Error) => void): Mailer {
  const transport = createTransport(url)
  return {
    send: ({ from, to, subject, text, sent_at: sentAt }) => {
      transport.sendMail({ from, to, subject, text, date: new Date(sentAt) }).catch(onError)
    },
    close: () => transport.close(),
  }
}
