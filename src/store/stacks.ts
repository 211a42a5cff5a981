import type { Role } from '../rules/roles.ts'
import type { Connection } from './database.ts'
import { countBodies, inStack, joinBodies, type Listing, listBodies, type Whose } from './listing.ts'

export interface Stack {
  api_key: string
  uid: string
  name: string
  /** Null if it was never set. */
  description: string | null
  master_locale: string
  master_key: string
  /** The JSON text of the settings, as posted. The stack's body also shows them (C). */
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

const ALL = `SELECT ${COLUMNS} FROM stacks ORDER BY seq`
const FIND = `SELECT ${COLUMNS} FROM stacks WHERE api_key = ?`
const OWNER = 'SELECT owner_uid FROM stacks WHERE api_key = ?'
const MEMBERS = 'SELECT user_uid, role FROM members WHERE api_key = ? ORDER BY seq'
const MEMBER_ROLE = 'SELECT role FROM members WHERE api_key = ? AND user_uid = ?'
const COLLABORATORS = `
  SELECT uid, email, role, created_at, updated_at FROM stack_users JOIN users ON uid = user_uid
  WHERE api_key = ? ORDER BY position`
const INSERT = `INSERT INTO stacks (${COLUMNS}) VALUES (${VALUES})`
const INSERT_MEMBER = 'INSERT INTO members (api_key, user_uid, role) VALUES (?, ?, ?)'
const UPDATE = `UPDATE stacks SET (${COLUMNS}) = (${VALUES}) WHERE api_key = @api_key`
const DELETE = 'DELETE FROM stacks WHERE api_key = ?'

const ANY_PAGE: Listing = { limit: 1, skip: 0, filter: {} }

const ofUser = (userUid: string): Whose => ({
  where: 'api_key IN (SELECT api_key FROM stack_users WHERE user_uid = ?)',
  parameters: [userUid],
})

/** The stacks, and the users who work in them. */
export class Stacks {
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
  }

  all(): Stack[] {
    return this.#db.rows<Stack>(ALL)
  }

  find(apiKey: string): Stack | undefined {
    return this.#db.row<Stack>(FIND, apiKey)
  }

  /** The uid of the owner; undefined for an unknown stack. */
  ownerOf(apiKey: string): string | undefined {
    return this.#db.value<string>(OWNER, apiKey)
  }

  /** The role of a member; undefined for the owner and for users outside the stack. */
  memberRole(apiKey: string, userUid: string): Member['role'] | undefined {
    return this.#db.value<Member['role']>(MEMBER_ROLE, apiKey, userUid)
  }

  members(apiKey: string): Member[] {
    return this.#db.rows<Member>(MEMBERS, apiKey)
  }

  /** The owner first. */
  collaborators(apiKey: string): Collaborator[] {
    return this.#db.rows<Collaborator>(COLLABORATORS, apiKey)
  }

  /** The rendered body of an existing stack. */
  body(apiKey: string): string {
    return listBodies(this.#db, 'stack_bodies', inStack(apiKey), ANY_PAGE)[0] as string
  }

  /** The stacks that a user works in. */
  list(userUid: string, listing: Listing): string {
    return joinBodies(this.#db, 'stack_bodies', ofUser(userUid), listing)
  }

  /** The bodies of the stacks that a user works in. */
  bodies(userUid: string, listing: Listing): string[] {
    return listBodies(this.#db, 'stack_bodies', ofUser(userUid), listing)
  }

  count(userUid: string, listing: Listing): number {
    return countBodies(this.#db, 'stack_bodies', ofUser(userUid), listing)
  }

  /** Returns the rendered body. */
  insert(stack: Stack): string {
    this.#db.run(INSERT, stack)
    return this.body(stack.api_key)
  }

  insertMember(apiKey: string, { user_uid, role }: Member): void {
    this.#db.run(INSERT_MEMBER, apiKey, user_uid, role)
  }

  /** Returns the rendered body. */
  update(stack: Stack): string {
    this.#db.run(UPDATE, stack)
    return this.body(stack.api_key)
  }

  /** Also deletes everything in the stack. */
  delete(apiKey: string): void {
    this.#db.run(DELETE, apiKey)
  }
}
