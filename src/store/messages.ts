import { type Connection, parseColumn } from './database.ts'

/** An e-mail. */
export interface Message {
  /** The address of the sender. */
  from: string
  /** The address of the user who created the token. */
  to: string
  /** Names the token. */
  subject: string
  /** The body, in plain text. */
  text: string
  /** When it was sent, in the world's time: ISO 8601 with milliseconds and Z. */
  sent_at: string
  /** The stack of the token that it announces the expiry of. */
  api_key: string
  /** The uid of that token. */
  token_uid: string
  /** When the token expires, as its expires_on says. */
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
