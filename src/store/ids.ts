import type { Connection } from './database.ts'

/** All places of ids, so that one that is drawn can be a new one everywhere. All but that of a master key go by an index. */
export function createIdRepository(db: Connection) {
  const inAnyStack = (table: string) =>
    `EXISTS (SELECT 1 FROM stacks s JOIN ${table} t ON t.api_key = s.api_key AND t.uid = @id)`
  const taken = db.query(`
    SELECT 1 WHERE EXISTS (SELECT 1 FROM users WHERE uid = @id)
      OR EXISTS (SELECT 1 FROM authtokens WHERE authtoken = @id)
      OR EXISTS (SELECT 1 FROM stacks WHERE api_key = @id OR uid = @id OR master_key = @id)
      OR EXISTS (SELECT 1 FROM delivery_tokens WHERE token = @id OR preview_token = @id)
      OR EXISTS (SELECT 1 FROM management_tokens WHERE token = @id)
      OR ${inAnyStack('environments')}
      OR ${inAnyStack('delivery_tokens')}
      OR ${inAnyStack('management_tokens')}`)
  return { has: (id: string) => taken.get({ id }) !== undefined }
}
