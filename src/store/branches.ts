import type { Connection } from './database.ts'
import { countBodies, inStack, type Listing, listBodies } from './listing.ts'

export interface Branch {
  uid: string
  /** The branch that it was made from; "" for `main`. */
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

/** The branches of a stack, and the aliases that point to them. */
export function createBranchRepository(db: Connection) {
  const branches = db.query<Branch>(`SELECT ${COLUMNS} FROM branches WHERE api_key = ? ORDER BY seq`)
  const branch = db.query<{ body: string }>('SELECT body FROM branch_bodies WHERE api_key = ? AND uid = ?')
  const aliases = db.query<BranchAlias>(
    'SELECT alias, branch FROM branch_aliases WHERE api_key = ? ORDER BY seq',
  )
  const alias = db.query<{ body: string }>(
    'SELECT body FROM branch_alias_bodies WHERE api_key = ? AND alias = ?',
  )
  const target = db.query<{ branch: string }>(
    'SELECT branch FROM branch_aliases WHERE api_key = ? AND alias = ?',
  )
  const any = db.query('SELECT 1 FROM branches WHERE api_key = ? LIMIT 1')
  const made = db.query('SELECT 1 FROM branches WHERE api_key = ? AND source = ? LIMIT 1')
  return {
    isAny: (apiKey: string) => any.get(apiKey) !== undefined,
    /** Whether another branch was made from this one. */
    isSource: (apiKey: string, uid: string) => made.get(apiKey, uid) !== undefined,
    all: (apiKey: string) => branches.all(apiKey),
    /** The rendered body. */
    body: (apiKey: string, uid: string) => branch.get(apiKey, uid)?.body,
    list: (apiKey: string, listing: Listing) => listBodies(db, 'branch_bodies', inStack(apiKey), listing),
    count: (apiKey: string, listing: Listing) => countBodies(db, 'branch_bodies', inStack(apiKey), listing),
    insert: (apiKey: string, given: Branch) => {
      db.run(`INSERT INTO branches (api_key, ${COLUMNS}) VALUES (@api_key, ${VALUES})`, {
        ...given,
        api_key: apiKey,
      })
    },
    /** With the aliases that point to it. */
    delete: (apiKey: string, uid: string) => {
      db.run('DELETE FROM branches WHERE api_key = ? AND uid = ?', apiKey, uid)
    },

    aliases: (apiKey: string) => aliases.all(apiKey),
    /** The branch that an alias points to. */
    targetOf: (apiKey: string, name: string) => target.get(apiKey, name)?.branch,
    /** The rendered body. */
    aliasBody: (apiKey: string, name: string) => alias.get(apiKey, name)?.body,
    listAliases: (apiKey: string, listing: Listing) =>
      listBodies(db, 'branch_alias_bodies', inStack(apiKey), listing),
    countAliases: (apiKey: string, listing: Listing) =>
      countBodies(db, 'branch_alias_bodies', inStack(apiKey), listing),
    /** Makes an alias, or points it to another branch. */
    assignAlias: (apiKey: string, { alias: name, branch: uid }: BranchAlias) => {
      db.run(
        `INSERT INTO branch_aliases (api_key, alias, branch) VALUES (?, ?, ?)
         ON CONFLICT (api_key, alias) DO UPDATE SET branch = excluded.branch`,
        apiKey,
        name,
        uid,
      )
    },
    deleteAlias: (apiKey: string, name: string) => {
      db.run('DELETE FROM branch_aliases WHERE api_key = ? AND alias = ?', apiKey, name)
    },
  }
}
