import type { Connection } from './database.ts'

export interface Branch {
  uid: string
  /** The branch that it was made from; "" for `main`. */
  source: string
}

export interface BranchAlias {
  alias: string
  branch: string
}

export function createBranchRepository(db: Connection) {
  const branches = db.query<Branch>('SELECT uid, source FROM branches WHERE api_key = ? ORDER BY seq')
  const aliases = db.query<BranchAlias>(
    'SELECT alias, branch FROM branch_aliases WHERE api_key = ? ORDER BY seq',
  )
  return {
    all: (apiKey: string) => branches.all(apiKey),
    aliases: (apiKey: string) => aliases.all(apiKey),
    insert: (apiKey: string, { uid, source }: Branch) => {
      db.run('INSERT INTO branches (api_key, uid, source) VALUES (?, ?, ?)', apiKey, uid, source)
    },
    insertAlias: (apiKey: string, { alias, branch }: BranchAlias) => {
      db.run('INSERT INTO branch_aliases (api_key, alias, branch) VALUES (?, ?, ?)', apiKey, alias, branch)
    },
  }
}
