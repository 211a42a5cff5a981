import type { Connection } from './database.ts'

/** The fixture that filled a database. */
export interface FilledBy {
  /** What it was called: the name of a built-in, or a path. */
  name: string
  /** Of its content; null for a built-in, which its name tells from others. */
  hash: string | null
  /** As JSON, for a reset to go back to; null for a built-in. */
  content: string | null
}

export function createFilledByRepository(db: Connection) {
  const get = db.query<FilledBy>('SELECT name, hash, content FROM filled_by')
  return {
    /** Undefined where nothing has filled it yet. */
    get: () => get.get(),
    insert: (filledBy: FilledBy) => {
      db.run('INSERT INTO filled_by (name, hash, content) VALUES (@name, @hash, @content)', filledBy)
    },
  }
}
