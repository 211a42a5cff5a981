import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import Database from 'better-sqlite3'
import { fileErrorOf, UserError } from '../rules/user-error.ts'

/** A database file cannot be used. The message explains why to the user. */
export class DatabaseError extends UserError {
  override readonly name = 'DatabaseError'
}

/**
 * Parses the value of a JSON column.
 *
 * @throws DatabaseError for invalid JSON
 */
export function parseColumn<T>(column: string, text: string): T {
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new DatabaseError(
      `The database has a row whose ${column} cannot be read: ${(error as Error).message}.`,
    )
  }
}

const migrationsFolder = new URL('./migrations/', import.meta.url)
/** The migrations in order of version, which is the number at the start of the file name. */
const migrations = readdirSync(migrationsFolder)
  .sort()
  .map((name) => ({
    version: Number.parseInt(name, 10),
    sql: readFileSync(new URL(name, migrationsFolder), 'utf8'),
  }))
const NEWEST = migrations.at(-1)?.version as number

/**
 * Opens or creates a database file and migrates its schema. The connection locks the file until it is closed.
 *
 * @param file a path, or `:memory:`
 * @throws DatabaseError for a file that cannot be used
 */
export function openDatabase(file: string): Connection {
  if (file === ':memory:') return openImage(emptyImage())
  let opened: Database.Database | undefined
  try {
    const db = new Database(file, { timeout: 0 })
    opened = db
    db.pragma('locking_mode = EXCLUSIVE')
    // A container with a read-only file system has no folder for temporary files.
    db.pragma('temp_store = MEMORY')
    db.transaction(() => {
      refuseForeign(db, file)
      refuseDamaged(db, file)
    }).immediate()
    // With WAL and NORMAL, acknowledged writes survive a killed process, but not a power cut.
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = NORMAL')
    db.pragma('foreign_keys = ON')
    // Writes even if there is nothing to migrate, to take the lock.
    db.transaction(() => {
      migrate(db)
      refuseOtherTables(db, file)
    }).immediate()
    return new Connection(db, resolve(file))
  } catch (error) {
    opened?.close()
    throw error instanceof DatabaseError ? error : new DatabaseError(whyNotOpened(file, error as SqliteError))
  }
}

type SqliteError = Error & { code?: string }

/** Explains why a file could not be opened, and what to do about it. */
function whyNotOpened(file: string, { code = '', message }: SqliteError): string {
  if (code.startsWith('SQLITE_BUSY'))
    return `The database ${file} is in use by another server. Stop that one, or choose another file with --database.`
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return damaged(file, message)
  return `Cannot open the database ${file}: ${fileErrorIn([file, `${file}-wal`]) ?? message}.`
}

/** Finds out why the files cannot be written, which SQLite does not report. */
function fileErrorIn(files: string[]): string | undefined {
  try {
    for (const file of files) closeSync(openSync(file, 'a'))
    return undefined
  } catch (error) {
    return fileErrorOf(error as NodeJS.ErrnoException)
  }
}

const damaged = (file: string, problem: string) =>
  `The database ${file} is damaged or not a database: ${problem}. Delete it, or choose another file with --database.`

let empty: Buffer | undefined

/** A database with the schema and no rows. Opening a copy is faster than creating the schema again. */
function emptyImage(): Buffer {
  if (!empty) {
    const db = new Database(':memory:')
    // Small pages, since memory may hold a thousand databases with few rows each.
    db.pragma('page_size = 1024')
    migrate(db)
    empty = db.serialize()
    db.close()
  }
  return empty
}

/** Marks a file as ours in its header: the letters "CTMK". */
const APPLICATION_ID = 0x43544d4b

/** Called before anything is written to the file. */
function refuseForeign(db: Database.Database, file: string): void {
  const isOurs = db.pragma('application_id', { simple: true }) === APPLICATION_ID
  const isEmpty = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0
  if (!isOurs && !isEmpty)
    throw new DatabaseError(`The database ${file} belongs to another program. Use another file.`)
  const version = versionOf(db)
  if (version > NEWEST) {
    throw new DatabaseError(
      `The database ${file} has schema version ${version}; this version of contentstack-tokens-mock supports versions up to ${NEWEST}. Use a newer version, or another file.`,
    )
  }
}

const versionOf = (db: Database.Database) => db.pragma('user_version', { simple: true }) as number

function migrate(db: Database.Database): void {
  const version = versionOf(db)
  for (const migration of migrations) if (migration.version > version) db.exec(migration.sql)
  db.pragma(`application_id = ${APPLICATION_ID}`)
  db.pragma(`user_version = ${NEWEST}`)
}

function refuseDamaged(db: Database.Database, file: string): void {
  const found = db.pragma('quick_check(1)', { simple: true }) as string
  // The first line names the database, the last one the problem.
  if (found !== 'ok') throw new DatabaseError(damaged(file, found.replace(/^.*\n/s, '')))
}

function refuseOtherTables(db: Database.Database, file: string): void {
  const pristine = new Database(emptyImage())
  const isSound = schemaOf(db) === schemaOf(pristine)
  pristine.close()
  if (!isSound) throw new DatabaseError(damaged(file, 'its tables do not match its schema version'))
}

const schemaOf = (db: Database.Database) =>
  db.prepare("SELECT group_concat(sql, ';' ORDER BY name) FROM sqlite_schema").pluck().get()

/** Opens a copy of an image in memory. */
export const openImage = (image: Buffer): Connection => new Connection(openCopy(image))

function openCopy(image: Buffer): Database.Database {
  const db = new Database(image)
  db.pragma('temp_store = MEMORY')
  db.pragma('foreign_keys = ON')
  return db
}

/** An open file, with an identity that differs from that of a new file at the same path. */
interface OpenFile {
  path: string
  /** Undefined if the file did not exist. */
  identity: string | undefined
}

type Transaction = Database.Transaction<(work: (argument: unknown) => unknown, argument: unknown) => unknown>

/** An open database. It prepares each statement once. It does not check that rows and values have the given types. */
export class Connection {
  #db: Database.Database
  readonly #file: OpenFile | undefined
  #statements = new Map<string, Database.Statement>()
  /** Statements that return only their first column. */
  #plucked = new Map<string, Database.Statement>()
  #transaction: Transaction

  /**
   * @internal
   * @param path of the file; undefined for a database in memory
   */
  constructor(db: Database.Database, path?: string) {
    this.#db = db
    this.#file = path === undefined ? undefined : { path, identity: identityOf(path) }
    this.#transaction = transactionOf(db)
  }

  row<Row>(sql: string, ...parameters: unknown[]): Row | undefined {
    const statement = this.#statements.get(sql) ?? this.#prepare(sql)
    return statement.get(...parameters) as Row | undefined
  }

  rows<Row>(sql: string, ...parameters: unknown[]): Row[] {
    const statement = this.#statements.get(sql) ?? this.#prepare(sql)
    return statement.all(...parameters) as Row[]
  }

  /** The first column of the first row; undefined if there is no row. */
  value<T>(sql: string, ...parameters: unknown[]): T | undefined {
    const statement = this.#plucked.get(sql) ?? this.#preparePlucked(sql)
    return statement.get(...parameters) as T | undefined
  }

  /** The first column of each row. */
  values<T>(sql: string, ...parameters: unknown[]): T[] {
    const statement = this.#plucked.get(sql) ?? this.#preparePlucked(sql)
    return statement.all(...parameters) as T[]
  }

  /** Runs a statement that writes. Returns the number of changed rows. */
  run(sql: string, ...parameters: unknown[]): number {
    if (this.#file && !this.#db.inTransaction) this.#refuseLost(this.#file)
    const statement = this.#statements.get(sql) ?? this.#prepare(sql)
    return statement.run(...parameters).changes
  }

  /** Runs `work` in one transaction, which an error rolls back. */
  write<T, A = undefined>(work: (argument: A) => T, argument?: A): T {
    if (this.#file) this.#refuseLost(this.#file)
    return this.#transaction.immediate(work as (argument: unknown) => unknown, argument) as T
  }

  /** The whole content, as the bytes of a database file. */
  image(): Buffer {
    const image = this.#db.serialize()
    return this.#file ? withoutWal(image) : image
  }

  /** Replaces the whole content with that of an image. A file keeps its record of the fixture that first filled it. */
  restore(image: Buffer): void {
    if (this.#file) {
      // Replaces the rows of the file in one transaction.
      const source = new Database(image)
      this.write(() => replaceRows(this.#db, source))
      source.close()
      return
    }
    this.#db.close()
    this.#db = openCopy(image)
    this.#statements = new Map()
    this.#plucked = new Map()
    this.#transaction = transactionOf(this.#db)
  }

  close(): void {
    this.#db.close()
  }

  #prepare(sql: string): Database.Statement {
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #preparePlucked(sql: string): Database.Statement {
    const statement = this.#db.prepare(sql).pluck()
    this.#plucked.set(sql, statement)
    return statement
  }

  #refuseLost({ path, identity }: OpenFile): void {
    if (identityOf(path) !== identity)
      throw new DatabaseError(
        `The database ${path} was deleted or replaced while the server ran, so nothing more is written to it. Restart the server.`,
      )
  }
}

/** Made once per connection: making a transaction function costs more than most transactions. */
const transactionOf = (db: Database.Database): Transaction =>
  db.transaction((work: (argument: unknown) => unknown, argument: unknown) => work(argument))

/** Identifies a file by device and inode; undefined if there is no file. */
function identityOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found && `${found.dev} ${found.ino}`
}

/** Clears the WAL flags in bytes 18 and 19, since a database in memory cannot use WAL (https://sqlite.org/fileformat.html). */
function withoutWal(image: Buffer): Buffer {
  image[18] = 1
  image[19] = 1
  return image
}

function replaceRows(db: Database.Database, source: Database.Database): void {
  db.pragma('defer_foreign_keys = ON')
  const tables = source
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'filled_by'")
    .pluck()
    .all() as string[]
  for (const table of tables) db.exec(`DELETE FROM ${table}`)
  for (const table of tables) {
    // This leaves out generated columns.
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
