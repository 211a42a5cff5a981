import type { Role } from '../rules/roles.ts'
import type { Connection } from './database.ts'
import { countBodies, inStack, type Listing, listBodies, type Whose } from './listing.ts'

export interface Stack {
  api_key: string
  uid: string
  name: string
  /** Null where none was ever given. */
  description: string | null
  master_locale: string
  master_key: string
  /** The JSON text of the settings that were posted. The stack's body shows them, too (C). */
  settings: string
  owner_uid: string
  created_at: string
  updated_at: string
}

/** Someone who works in a stack, the owner included. */
export interface Collaborator {
  uid: string
  email: string
  role: Role
  created_at: string
  updated_at: string
}

export interface Member {
  user_uid: string
  role: Exclude<Role, 'owner'>
}

const COLUMNS =
  'api_key, uid, name, description, master_locale, master_key, settings, owner_uid, created_at, updated_at'
const VALUES = COLUMNS.replaceAll(/(\w+)/g, '@$1')

const ANY_PAGE: Listing = { limit: 1, skip: 0, filter: {} }

const ofUser = (userUid: string): Whose => ({
  where: 'api_key IN (SELECT api_key FROM stack_users WHERE user_uid = ?)',
  parameters: [userUid],
})

const row = (stack: Stack): Stack => ({
  ...stack,
  // SQLite keeps UTF-8, in which half a surrogate pair cannot be written.
  name: stack.name.toWellFormed(),
  description: stack.description?.toWellFormed() ?? null,
  master_locale: stack.master_locale.toWellFormed(),
})

/** The stacks, and who works in them. */
export function createStackRepository(db: Connection) {
  const all = db.query<Stack>(`SELECT ${COLUMNS} FROM stacks ORDER BY seq`)
  const byApiKey = db.query<Stack>(`SELECT ${COLUMNS} FROM stacks WHERE api_key = ?`)
  const members = db.query<Member>('SELECT user_uid, role FROM members WHERE api_key = ? ORDER BY seq')
  const roleOf = db.query<{ role: Role }>('SELECT role FROM stack_users WHERE api_key = ? AND user_uid = ?')
  const collaborators = db.query<Collaborator>(
    `SELECT uid, email, role, created_at, updated_at FROM stack_users JOIN users ON uid = user_uid
     WHERE api_key = ? ORDER BY position`,
  )
  const body = (apiKey: string) => listBodies(db, 'stack_bodies', inStack(apiKey), ANY_PAGE)[0] as string
  return {
    all: () => all.all(),
    find: (apiKey: string) => byApiKey.get(apiKey),
    members: (apiKey: string) => members.all(apiKey),
    /** The owner first. */
    collaborators: (apiKey: string) => collaborators.all(apiKey),
    /** Undefined for a user of other stacks. */
    roleOf: (apiKey: string, userUid: string) => roleOf.get(apiKey, userUid)?.role,
    /** The rendered body of one that there is. */
    body,
    /** The stacks that a user works in. */
    list: (userUid: string, listing: Listing) => listBodies(db, 'stack_bodies', ofUser(userUid), listing),
    count: (userUid: string, listing: Listing) => countBodies(db, 'stack_bodies', ofUser(userUid), listing),
    /** Answers the rendered body. */
    insert: (stack: Stack): string => {
      db.run(`INSERT INTO stacks (${COLUMNS}) VALUES (${VALUES})`, row(stack))
      return body(stack.api_key)
    },
    insertMember: (apiKey: string, { user_uid, role }: Member) => {
      db.run('INSERT INTO members (api_key, user_uid, role) VALUES (?, ?, ?)', apiKey, user_uid, role)
    },
    /** Answers the rendered body. */
    update: (stack: Stack): string => {
      db.run(`UPDATE stacks SET (${COLUMNS}) = (${VALUES}) WHERE api_key = @api_key`, row(stack))
      return body(stack.api_key)
    },
    /** With all that is in it. */
    delete: (apiKey: string) => {
      db.run('DELETE FROM stacks WHERE api_key = ?', apiKey)
    },
  }
}
