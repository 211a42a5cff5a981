import type { Connection } from './database.ts'

export interface Organization {
  uid: string
  name: string
  /** Null in a fixture without users. */
  owner_uid: string | null
  created_at: string
  updated_at: string
}

/** The one organization that the stacks belong to. */
export function createOrganizationRepository(db: Connection) {
  const get = db.query<Organization>('SELECT uid, name, owner_uid, created_at, updated_at FROM organization')
  return {
    /** There always is one: a store without is not filled yet. */
    get: () => get.get() as Organization,
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
