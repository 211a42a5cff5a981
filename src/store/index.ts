import type { TokenKind } from '../rules/access.ts'
import { Branches } from './branches.ts'
import { ContentTypes } from './content-types.ts'
import { type Connection, openDatabase, openImage } from './database.ts'
import { DeliveryTokens } from './delivery-tokens.ts'
import { Entries } from './entries.ts'
import { Environments } from './environments.ts'
import { ManagementTokens } from './management-tokens.ts'
import { Messages } from './messages.ts'
import { OrganizationTable } from './organization.ts'
import { Stacks } from './stacks.ts'
import { Users } from './users.ts'

/** The fixture that filled a database. */
export interface FilledBy {
  /** The name of a built-in fixture, or a path. */
  name: string
  /** The hash of its content; null for a built-in fixture, which its name identifies. */
  hash: string | null
  /** Its JSON text, so that a reset can restore it; null for a built-in fixture. */
  content: string | null
}

const FILLED_BY = 'SELECT name, hash, content FROM filled_by'
const INSERT_FILLED_BY = 'INSERT INTO filled_by (name, hash, content) VALUES (@name, @hash, @content)'

const IN_ANY_STACK = (table: string) =>
  `EXISTS (SELECT 1 FROM stacks s JOIN ${table} t ON t.api_key = s.api_key AND t.uid = @id)`
/** Looks in every column that holds ids, since an id is unique across all of them. Only `master_key` has no index. */
const HAS_ID = `
  SELECT 1 WHERE EXISTS (SELECT 1 FROM users WHERE uid = @id)
    OR EXISTS (SELECT 1 FROM authtokens WHERE authtoken = @id)
    OR EXISTS (SELECT 1 FROM stacks WHERE api_key = @id OR uid = @id OR master_key = @id)
    OR EXISTS (SELECT 1 FROM delivery_tokens WHERE token = @id OR preview_token = @id)
    OR EXISTS (SELECT 1 FROM management_tokens WHERE token = @id)
    OR ${IN_ANY_STACK('environments')}
    OR ${IN_ANY_STACK('entries')}
    OR ${IN_ANY_STACK('delivery_tokens')}
    OR ${IN_ANY_STACK('management_tokens')}`

/** Everything that a world stores, in one database. */
export class Store {
  readonly organization: OrganizationTable
  readonly users: Users
  readonly stacks: Stacks
  readonly environments: Environments
  readonly branches: Branches
  readonly deliveryTokens: DeliveryTokens
  readonly managementTokens: ManagementTokens
  readonly contentTypes: ContentTypes
  readonly entries: Entries
  readonly messages: Messages
  /** Runs work in one transaction, which an error rolls back. */
  readonly write: Connection['write']
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
    this.write = db.write.bind(db)
    this.organization = new OrganizationTable(db)
    this.users = new Users(db)
    this.stacks = new Stacks(db)
    this.environments = new Environments(db)
    this.branches = new Branches(db)
    this.deliveryTokens = new DeliveryTokens(db, this.environments)
    this.managementTokens = new ManagementTokens(db)
    this.contentTypes = new ContentTypes(db)
    this.entries = new Entries(db)
    this.messages = new Messages(db)
  }

  /** The whole content, as the bytes of a database file. */
  image(): Buffer {
    return this.#db.image()
  }

  /** Replaces the whole content with that of an image. */
  restore(image: Buffer): void {
    this.#db.restore(image)
    this.managementTokens.forgetNextDue()
  }

  /** A stack that has a token with this value, by its api_key, for each kind of token. */
  stacksOfToken(value: string): Record<TokenKind, string | undefined> {
    return {
      management: this.managementTokens.stackOf(value),
      delivery: this.deliveryTokens.stackOf(value),
      preview: this.deliveryTokens.stackOfPreviewToken(value),
    }
  }

  /** Whether an id is in use, for any kind of thing. */
  hasId(id: string): boolean {
    return this.#db.value(HAS_ID, { id }) !== undefined
  }

  /** Undefined if no fixture has filled the database yet. */
  filledBy(): FilledBy | undefined {
    return this.#db.row<FilledBy>(FILLED_BY)
  }

  /** Restores an image, and records the fixture that it comes from. */
  fill(image: Buffer, { name, hash, content }: FilledBy): void {
    this.write(() => {
      this.restore(image)
      this.#db.run(INSERT_FILLED_BY, { name, hash, content })
    })
  }

  close(): void {
    this.#db.close()
  }
}

/** @throws DatabaseError for a file that cannot be used */
export const openStore = (file: string): Store => new Store(openDatabase(file))

/** Opens a copy in memory of the store that produced the image. */
export const copyStore = (image: Buffer): Store => new Store(openImage(image))
