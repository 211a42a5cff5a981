import type { Connection } from './database.ts'
import { countBodies, inStack, joinBodies, type Listing } from './listing.ts'

export interface Branch {
  uid: string
  /** The branch that it was created from; "" for `main`. */
  source: string
  created_by: string
  updated_by: string
  created_at: string
  updated_at: string
}

export interface BranchAlias {
  alias: string
  branch: string
}

const COLUMNS = 'uid, source, created_by, updated_by, created_at, updated_at'
const VALUES = COLUMNS.replaceAll(/(\w+)/g, '@$1')

const ALL = `SELECT ${COLUMNS} FROM branches WHERE api_key = ? ORDER BY seq`
const HAS = 'SELECT 1 FROM branches WHERE api_key = ? AND uid = ?'
const IS_ANY = 'SELECT 1 FROM branches WHERE api_key = ? LIMIT 1'
const IS_SOURCE = 'SELECT 1 FROM branches WHERE api_key = ? AND source = ? LIMIT 1'
const BODY = 'SELECT body FROM branch_bodies WHERE api_key = ? AND uid = ?'
const INSERT = `INSERT INTO branches (api_key, ${COLUMNS}) VALUES (@api_key, ${VALUES})`
const DELETE = 'DELETE FROM branches WHERE api_key = ? AND uid = ?'
const ALIASES = 'SELECT alias, branch FROM branch_aliases WHERE api_key = ? ORDER BY seq'
const TARGET = 'SELECT branch FROM branch_aliases WHERE api_key = ? AND alias = ?'
const ALIAS_BODY = 'SELECT body FROM branch_alias_bodies WHERE api_key = ? AND alias = ?'
const ASSIGN_ALIAS =
  'INSERT INTO branch_aliases (api_key, alias, branch) VALUES (?, ?, ?) ON CONFLICT (api_key, alias) DO UPDATE SET branch = excluded.branch'
const DELETE_ALIAS = 'DELETE FROM branch_aliases WHERE api_key = ? AND alias = ?'

/** The branches of a stack, and the aliases that point to them. */
export class Branches {
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
  }

  all(apiKey: string): Branch[] {
    return this.#db.rows<Branch>(ALL, apiKey)
  }

  has(apiKey: string, uid: string): boolean {
    return this.#db.value(HAS, apiKey, uid) !== undefined
  }

  isAny(apiKey: string): boolean {
    return this.#db.value(IS_ANY, apiKey) !== undefined
  }

  /** Whether another branch was created from this one. */
  isSource(apiKey: string, uid: string): boolean {
    return this.#db.value(IS_SOURCE, apiKey, uid) !== undefined
  }

  /** The rendered body. */
  body(apiKey: string, uid: string): string | undefined {
    return this.#db.value<string>(BODY, apiKey, uid)
  }

  list(apiKey: string, listing: Listing): string {
    return joinBodies(this.#db, 'branch_bodies', inStack(apiKey), listing)
  }

  count(apiKey: string, listing: Listing): number {
    return countBodies(this.#db, 'branch_bodies', inStack(apiKey), listing)
  }

  insert(apiKey: string, branch: Branch): void {
    this.#db.run(INSERT, { ...branch, api_key: apiKey })
  }

  /** Also deletes the aliases that point to the branch. */
  delete(apiKey: string, uid: string): void {
    this.#db.run(DELETE, apiKey, uid)
  }

  aliases(apiKey: string): BranchAlias[] {
    return this.#db.rows<BranchAlias>(ALIASES, apiKey)
  }

  /** The branch that an alias points to; undefined for an unknown alias. */
  targetOf(apiKey: string, alias: string): string | undefined {
    return this.#db.value<string>(TARGET, apiKey, alias)
  }

  /** The rendered body. */
  aliasBody(apiKey: string, alias: string): string | undefined {
    return this.#db.value<string>(ALIAS_BODY, apiKey, alias)
  }

  listAliases(apiKey: string, listing: Listing): string {
    return joinBodies(this.#db, 'branch_alias_bodies', inStack(apiKey), listing)
  }

  countAliases(apiKey: string, listing: Listing): number {
    return countBodies(this.#db, 'branch_alias_bodies', inStack(apiKey), listing)
  }

  /** Creates an alias, or points an existing one to another branch. */
  assignAlias(apiKey: string, { alias, branch }: BranchAlias): void {
    this.#db.run(ASSIGN_ALIAS, apiKey, alias, branch)
  }

  deleteAlias(apiKey: string, alias: string): void {
    this.#db.run(DELETE_ALIAS, apiKey, alias)
  }
}
