import { readdirSync, readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { UserError } from '../../user-error.ts'

/** Reads a statement's row or rows as `Row`: the one place where a row's type is taken on trust. */
export interface Query<Row> {
  get(...parameters: unknown[]): Row | undefined
  all(...parameters: unknown[]): Row[]
}

export interface Connection {
  /** Prepares a statement that reads, at its first use. */
  query<Row>(sql: string): Query<Row>
  /** Prepares and runs a statement that writes; answers the number of rows it changed. */
  run(sql: string, ...parameters: unknown[]): number
  /**
   * Runs `work` with the database locked for writing from its start on, so that what it checks still holds when it
   * writes, also against another process on the same file. An error undoes all of it.
   */
  write<T>(work: () => T): T
  /** The whole content, as the bytes of a database file. Equal content has equal bytes, as long as nothing was written. */
  image(): Buffer
  close(): void
}

/** A database file that cannot be used. The message says why, for a person. */
export class DatabaseError extends UserError {
  override readonly name = 'DatabaseError'
}

const migrationsFolder = new URL('./migrations/', import.meta.url)
const migrations = readdirSync(migrationsFolder)
  .sort()
  .map((name) => readFileSync(new URL(name, migrationsFolder), 'utf8'))

/**
 * Opens a database file, makes it where there is none, and brings its schema up to date.
 *
 * @param file a path, or `:memory:`
 * @throws DatabaseError for a file that is no database or that a newer version made
 */
export function openDatabase(file: string): Connection {
  try {
    const db = new Database(file, { timeout: 10_000 })
    refuseForeign(db, file)
    // With WAL and NORMAL, what was answered survives a killed process (not a power cut).
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.pragma('foreign_keys = ON')
    db.transaction(() => migrate(db, file)).immediate()
    return connect(db)
  } catch (error) {
    if (error instanceof DatabaseError) throw error
    throw new DatabaseError(`Cannot open the database ${file}: ${(error as Error).message}.`)
  }
}

/** Marks a file as ours in its header: the letters "CTMK". */
const APPLICATION_ID = 0x43544d4b

/** Before anything is written to it. */
function refuseForeign(db: Database.Database, file: string): void {
  const isOurs = db.pragma('application_id', { simple: true }) === APPLICATION_ID
  const isEmpty = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0
  if (!isOurs && !isEmpty)
    throw new DatabaseError(`The database ${file} belongs to another program. Use another file.`)
}

function migrate(db: Database.Database, file: string): void {
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > migrations.length) {
    throw new DatabaseError(
      `The database ${file} has schema version ${version}; this version of contentstack-tokens-mock knows up to ${migrations.length}. Use a newer version, or another file.`,
    )
  }
  for (const sql of migrations.slice(version)) db.exec(sql)
  db.pragma(`application_id = ${APPLICATION_ID}`)
  db.pragma(`user_version = ${migrations.length}`)
}

function connect(db: Database.Database): Connection {
  const statements = new Map<string, Database.Statement>()
  const prepare = (sql: string) => {
    let statement = statements.get(sql)
    if (!statement) {
      statement = db.prepare(sql)
      statements.set(sql, statement)
    }
    return statement
  }
  return {
    query: <Row>(sql: string): Query<Row> => ({
      get: (...parameters) => prepare(sql).get(...parameters) as Row | undefined,
      all: (...parameters) => prepare(sql).all(...parameters) as Row[],
    }),
    run: (sql, ...parameters) => prepare(sql).run(...parameters).changes,
    write: (work) => db.transaction(work).immediate(),
    image: () => db.serialize(),
    close: () => db.close(),
  }
}
