import { type Connection, parseColumn } from './database.ts'

/** An e-mail. */
export interface Message {
  from: string
  to: string
  subject: string
  text: string
  /** When it was sent, in the world's time. */
  sent_at: string
  /** What it is about. */
  api_key: string
  token_uid: string
  expires_on: string
}

/** The e-mails that a world has sent. */
export function createMessageRepository(db: Connection) {
  const all = db.query<{ body: string }>('SELECT body FROM messages ORDER BY seq DESC')
  return {
    /** Newest first. */
    all: () => all.all().map(({ body }) => parseColumn<Message>('messages.body', body)),
    insert: (message: Message) => {
      db.run('INSERT INTO messages (body) VALUES (?)', JSON.stringify(message))
    },
    clear: () => {
      db.run('DELETE FROM messages')
    },
  }
}
