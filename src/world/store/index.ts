import { createBranchRepository } from './branches.ts'
import { type Connection, openDatabase, openImage } from './database.ts'
import { createDeliveryTokenRepository } from './delivery-tokens.ts'
import { createEnvironmentRepository } from './environments.ts'
import { createManagementTokenRepository } from './management-tokens.ts'
import { createMessageRepository } from './messages.ts'
import { createOrganizationRepository } from './organization.ts'
import { createStackRepository } from './stacks.ts'
import { createUserRepository } from './users.ts'

/** All that a world keeps: one repository a table, over one database. */
function createStore(db: Connection) {
  const organization = createOrganizationRepository(db)
  const environments = createEnvironmentRepository(db)
  return {
    organization,
    users: createUserRepository(db),
    stacks: createStackRepository(db),
    environments,
    branches: createBranchRepository(db),
    deliveryTokens: createDeliveryTokenRepository(db, environments),
    managementTokens: createManagementTokenRepository(db),
    messages: createMessageRepository(db),
    write: db.write,
    image: db.image,
    restore: db.restore,
    /** Restores an image where there is no content yet, under the lock: of two processes on one file, one does. */
    fill: (image: Buffer) =>
      db.write(() => {
        if (!organization.isThere()) db.restore(image)
      }),
    close: db.close,
  }
}

export type Store = ReturnType<typeof createStore>

/** @throws DatabaseError for a file that cannot be used */
export const openStore = (file: string): Store => createStore(openDatabase(file))

/** A copy in memory of the store that gave the image. */
export const copyStore = (image: Buffer): Store => createStore(openImage(image))
