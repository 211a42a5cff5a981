import { createBranchRepository } from './branches.ts'
import { type Connection, openDatabase, openImage } from './database.ts'
import { createDeliveryTokenRepository } from './delivery-tokens.ts'
import { createEnvironmentRepository } from './environments.ts'
import { createFilledByRepository, type FilledBy } from './filled-by.ts'
import { createIdRepository } from './ids.ts'
import { createManagementTokenRepository } from './management-tokens.ts'
import { createMessageRepository } from './messages.ts'
import { createOrganizationRepository } from './organization.ts'
import { createStackRepository } from './stacks.ts'
import { createUserRepository } from './users.ts'

/** All that a world keeps: one repository a table, over one database. */
function createStore(db: Connection) {
  const organization = createOrganizationRepository(db)
  const environments = createEnvironmentRepository(db)
  const filledBy = createFilledByRepository(db)
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
    /** Whether an id of either kind stands for anything. */
    hasId: createIdRepository(db).has,
    filledBy: filledBy.get,
    /** Restores an image where there is no content yet, and remembers where it is from. */
    fill: (image: Buffer, source: FilledBy) =>
      db.write(() => {
        if (!organization.isThere()) db.restore(image)
        filledBy.insert(source)
      }),
    close: db.close,
  }
}

export type Store = ReturnType<typeof createStore>

/** @throws DatabaseError for a file that cannot be used */
export const openStore = (file: string): Store => createStore(openDatabase(file))

/** A copy in memory of the store that gave the image. */
export const copyStore = (image: Buffer): Store => createStore(openImage(image))
