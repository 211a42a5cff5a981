import type { Role } from '../../rules/roles.ts'
import type { Connection } from './database.ts'

export interface Stack {
  api_key: string
  name: string
  owner_uid: string
}

export interface Member {
  user_uid: string
  role: Role
}

/** The stacks, and who works in them. */
export function createStackRepository(db: Connection) {
  const all = db.query<Stack>('SELECT api_key, name, owner_uid FROM stacks ORDER BY seq')
  const byApiKey = db.query<Stack>('SELECT api_key, name, owner_uid FROM stacks WHERE api_key = ?')
  const members = db.query<Member>('SELECT user_uid, role FROM members WHERE api_key = ? ORDER BY seq')
  const member = db.query<Member>('SELECT user_uid, role FROM members WHERE api_key = ? AND user_uid = ?')
  return {
    all: () => all.all(),
    find: (apiKey: string) => byApiKey.get(apiKey),
    members: (apiKey: string) => members.all(apiKey),
    /** Undefined for a user of other stacks. */
    roleOf: (stack: Stack, userUid: string): Role | undefined =>
      stack.owner_uid === userUid ? 'owner' : member.get(stack.api_key, userUid)?.role,
    insert: (stack: Stack) => {
      db.run('INSERT INTO stacks (api_key, name, owner_uid) VALUES (@api_key, @name, @owner_uid)', stack)
    },
    insertMember: (apiKey: string, { user_uid, role }: Member) => {
      db.run('INSERT INTO members (api_key, user_uid, role) VALUES (?, ?, ?)', apiKey, user_uid, role)
    },
  }
}
