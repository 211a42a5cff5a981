import { createBranchRepository } from './branches.ts'
import { openDatabase } from './database.ts'
import { createDeliveryTokenRepository } from './delivery-tokens.ts'
import { createEnvironmentRepository } from './environments.ts'
import { createManagementTokenRepository } from './management-tokens.ts'
import { createOrganizationRepository } from './organization.ts'
import { createStackRepository } from './stacks.ts'
import { createUserRepository } from './users.ts'

/** All that a world keeps: one repository a table, over one database. */
export function openStore(file: string) {
  const db = openDatabase(file)
  const environments = createEnvironmentRepository(db)
  return {
    organization: createOrganizationRepository(db),
    users: createUserRepository(db),
    stacks: createStackRepository(db),
    environments,
    branches: createBranchRepository(db),
    deliveryTokens: createDeliveryTokenRepository(db, environments),
    managementTokens: createManagementTokenRepository(db),
    write: db.write,
    image: db.image,
    close: db.close,
  }
}

export type Store = ReturnType<typeof openStore>
