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
  /** The whole content, as the bytes of a database file. */
  image(): Buffer
  /** Replaces the whole content at once by that of an image. */
  restore(image: Buffer): void
  close(): void
}

/** A database file that cannot be used. The message says why, for a person. */
export class DatabaseError extends UserError {
  override readonly name = 'DatabaseError'
}

const migrationsFolder = new URL('./migrations/', import.meta.url)
/** The scripts that bring a schema to a version, by the number that their names begin with. Version 1 was never released. */
const migrations = readdirSync(migrationsFolder)
  .sort()
  .map((name) => ({
    version: Number.parseInt(name, 10),
    sql: readFileSync(new URL(name, migrationsFolder), 'utf8'),
  }))
const [OLDEST, NEWEST] = [migrations[0], migrations.at(-1)].map((migration) => migration?.version) as [
  number,
  number,
]

/**
 * Opens a database file, makes it where there is none, and brings its schema up to date.
 *
 * @param file a path, or `:memory:`
 * @throws DatabaseError for a file that is no database or that a newer version made
 */
export function openDatabase(file: string): Connection {
  if (file === ':memory:') return openImage(emptyImage())
  try {
    const db = new Database(file, { timeout: 10_000 })
    refuseForeign(db, file)
    // With WAL and NORMAL, what was answered survives a killed process (not a power cut).
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.pragma('foreign_keys = ON')
    db.transaction(() => migrate(db, file)).immediate()
    return connectFile(db)
  } catch (error) {
    if (error instanceof DatabaseError) throw error
    throw new DatabaseError(`Cannot open the database ${file}: ${(error as Error).message}.`)
  }
}

let empty: Buffer | undefined

/** A database with a schema and nothing in it: a copy is opened faster than the schema is made anew. */
function emptyImage(): Buffer {
  if (!empty) {
    const db = new Database(':memory:')
    // Small, since there may be a thousand in memory, and little in each.
    db.pragma('page_size = 1024')
    migrate(db, ':memory:')
    empty = db.serialize()
    db.close()
  }
  return empty
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
  if (version > NEWEST) {
    throw new DatabaseError(
      `The database ${file} has schema version ${version}; this version of contentstack-tokens-mock knows up to ${NEWEST}. Use a newer version, or another file.`,
    )
  }
  if (version > 0 && version < OLDEST) {
    throw new DatabaseError(
      `The database ${file} has schema version ${version}, from before the first release. Delete it, or use another file.`,
    )
  }
  for (const migration of migrations) if (migration.version > version) db.exec(migration.sql)
  db.pragma(`application_id = ${APPLICATION_ID}`)
  db.pragma(`user_version = ${NEWEST}`)
}

/** Opens a copy of a world's content, in memory. */
export const openImage = (image: Buffer): Connection => connectMemory(openCopy(image))

function openCopy(image: Buffer): Database.Database {
  const db = new Database(image)
  db.pragma('foreign_keys = ON')
  return db
}

/** One in memory is replaced by another one. */
function connectMemory(opened: Database.Database): Connection {
  let db = opened
  let statements = createStatements(db)
  return {
    ...statementsOf(() => statements),
    write: (work) => db.transaction(work).immediate(),
    image: () => db.serialize(),
    restore: (image) => {
      db.close()
      db = openCopy(image)
      statements = createStatements(db)
    },
    close: () => db.close(),
  }
}

/** One on disk stays, as others may have it open, too: its rows are replaced, in one transaction. */
function connectFile(db: Database.Database): Connection {
  const statements = createStatements(db)
  return {
    ...statementsOf(() => statements),
    write: (work) => db.transaction(work).immediate(),
    image: () => withoutWal(db.serialize()),
    restore: (image) => {
      const source = new Database(image)
      db.transaction(() => replaceRows(db, source)).immediate()
      source.close()
    },
    close: () => db.close(),
  }
}

/** A database in memory cannot have a write-ahead log: its bytes 18 and 19 say so (https://sqlite.org/fileformat.html). */
function withoutWal(image: Buffer): Buffer {
  image[18] = 1
  image[19] = 1
  return image
}

function replaceRows(db: Database.Database, source: Database.Database): void {
  db.pragma('defer_foreign_keys = ON')
  const tables = source
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .pluck()
    .all() as string[]
  for (const table of tables) db.exec(`DELETE FROM ${table}`)
  for (const table of tables) {
    // Without those that are generated.
    const columns = source.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all() as string[]
    const insert = db.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    )
    for (const row of source
      .prepare(`SELECT ${columns.join(', ')} FROM ${table}`)
      .raw()
      .iterate())
      insert.run(row)
  }
}

/** Prepares each statement once. */
function createStatements(db: Database.Database): (sql: string) => Database.Statement {
  const statements = new Map<string, Database.Statement>()
  return (sql) => {
    let statement = statements.get(sql)
    if (!statement) {
      statement = db.prepare(sql)
      statements.set(sql, statement)
    }
    return statement
  }
}

const statementsOf = (
  current: () => (sql: string) => Database.Statement,
): Pick<Connection, 'query' | 'run'> => ({
  query: <Row>(sql: string): Query<Row> => ({
    get: (...parameters) => current()(sql).get(...parameters) as Row | undefined,
    all: (...parameters) => current()(sql).all(...parameters) as Row[],
  }),
  run: (sql, ...parameters) => current()(sql).run(...parameters).changes,
})
