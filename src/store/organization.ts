import type { Connection } from './database.ts'
import { countBodies, type Listing, listBodies, type Whose } from './listing.ts'

export interface Organization {
  uid: string
  name: string
  /** Null in a fixture without users. */
  owner_uid: string | null
  created_at: string
  updated_at: string
}

const ANY: Whose = { where: 'true', parameters: [] }

const GET = 'SELECT uid, name, owner_uid, created_at, updated_at FROM organization'
const UID = 'SELECT uid FROM organization'
const ADMINS = 'SELECT user_uid FROM organization_admins ORDER BY seq'
const BODY = 'SELECT body FROM organization_bodies'
const INSERT = `
  INSERT INTO organization (uid, name, owner_uid, created_at, updated_at)
  VALUES (@uid, @name, @owner_uid, @created_at, @updated_at)`
const INSERT_ADMIN = 'INSERT INTO organization_admins (user_uid) VALUES (?)'

/** The one organization that the stacks belong to. */
export class OrganizationTable {
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
  }

  /** Every filled store has an organization. */
  get(): Organization {
    return this.#db.row<Organization>(GET) as Organization
  }

  uid(): string {
    return this.#db.value<string>(UID) as string
  }

  bodies(listing: Listing): string[] {
    return listBodies(this.#db, 'organization_bodies', ANY, listing)
  }

  count(listing: Listing): number {
    return countBodies(this.#db, 'organization_bodies', ANY, listing)
  }

  /** The rendered body. */
  body(): string {
    return this.#db.value<string>(BODY) as string
  }

  /** The uids of its admins, not including its owner. */
  admins(): string[] {
    return this.#db.values<string>(ADMINS)
  }

  insert(organization: Organization): void {
    this.#db.run(INSERT, organization)
  }

  insertAdmin(userUid: string): void {
    this.#db.run(INSERT_ADMIN, userUid)
  }
}
