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

/** The one organization that the stacks belong to. */
export function createOrganizationRepository(db: Connection) {
  const get = db.query<Organization>('SELECT uid, name, owner_uid, created_at, updated_at FROM organization')
  const admins = db.query<{ user_uid: string }>('SELECT user_uid FROM organization_admins ORDER BY seq')
  const body = db.query<{ body: string }>('SELECT body FROM organization_bodies')
  return {
    /** There always is one: a store without is not filled yet. */
    get: () => get.get() as Organization,
    list: (listing: Listing) => listBodies(db, 'organization_bodies', ANY, listing),
    count: (listing: Listing) => countBodies(db, 'organization_bodies', ANY, listing),
    /** The rendered body. */
    body: () => body.get()?.body as string,
    /** The uids of those who administer it beside its owner. */
    admins: () => admins.all().map(({ user_uid }) => user_uid),
    insertAdmin: (userUid: string) => {
      db.run('INSERT INTO organization_admins (user_uid) VALUES (?)', userUid)
    },
    isThere: () => get.get() !== undefined,
    insert: (organization: Organization) => {
      db.run(
        `INSERT INTO organization (uid, name, owner_uid, created_at, updated_at)
         VALUES (@uid, @name, @owner_uid, @created_at, @updated_at)`,
        organization,
      )
    },
  }
}
