import { type Connection, parseColumn } from './database.ts'

/** An e-mail. */
export interface Message {
  from: string
  to: string
  subject: string
  text: string
  /** When it was sent, in the world's time: ISO 8601 with milliseconds and Z. */
  sent_at: string
  /** The token that it announces the expiry of. */
  api_key: string
  token_uid: string
  expires_on: string
}

/** The e-mails that a world has sent. */
export class Messages {
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
  }

  /** Newest first. */
  all(): Message[] {
    return this.#db
      .values<string>('SELECT body FROM messages ORDER BY seq DESC')
      .map((body) => parseColumn<Message>('messages.body', body))
  }

  insert(message: Message): void {
    this.#db.run('INSERT INTO messages (body) VALUES (?)', JSON.stringify(message))
  }

  clear(): void {
    this.#db.run('DELETE FROM messages')
  }
}
