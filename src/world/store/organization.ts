import type { Connection } from './database.ts'

export interface Organization {
  uid: string
  name: string
}

/** The one organization that the stacks belong to. */
export function createOrganizationRepository(db: Connection) {
  const get = db.query<Organization>('SELECT uid, name FROM organization')
  return {
    get: () => get.get(),
    insert: ({ uid, name }: Organization) => {
      db.run('INSERT INTO organization (uid, name) VALUES (?, ?)', uid, name)
    },
  }
}
