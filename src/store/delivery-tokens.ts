import type { ScopeEntry } from '../rules/scope.ts'
import { type Connection, parseColumn } from './database.ts'
import type { createEnvironmentRepository } from './environments.ts'
import { countBodies, inStack, type Listing, listBodies } from './listing.ts'

export interface DeliveryToken {
  uid: string
  name: string
  description: string
  scope: ScopeEntry[]
  token: string
  preview_token: string | null
  created_by: string
  updated_by: string
  created_at: string
  updated_at: string
}

type Row = Omit<DeliveryToken, 'scope'> & { scope: string }

const COLUMNS =
  'uid, name, description, scope, token, preview_token, created_by, updated_by, created_at, updated_at'
const VALUES = COLUMNS.replaceAll(/(\w+)/g, '@$1')

export function createDeliveryTokenRepository(
  db: Connection,
  environments: ReturnType<typeof createEnvironmentRepository>,
) {
  const byUid = db.query<Row>(`SELECT ${COLUMNS} FROM delivery_tokens WHERE api_key = ? AND uid = ?`)
  const all = db.query<Row>(`SELECT ${COLUMNS} FROM delivery_tokens WHERE api_key = ? ORDER BY seq`)
  const body = db.query<{ body: string }>('SELECT body FROM delivery_tokens WHERE api_key = ? AND uid = ?')
  const named = db.query<{ uid: string }>('SELECT uid FROM delivery_tokens WHERE api_key = ? AND name = ?')

  /** The JSON text that the API answers, with the keys in the order of the live service (R). */
  function render(apiKey: string, token: DeliveryToken): string {
    const { name, description, scope, preview_token, ...rest } = token
    const shown = scope.map(({ environments: uids, _metadata, ...entry }) => ({
      ...(uids && { environments: environments.inScope(apiKey, uids) }),
      ...entry,
      ...(_metadata && { _metadata }),
    }))
    const { uid, created_by, updated_by, created_at, updated_at, token: value } = rest
    return JSON.stringify({
      name,
      description,
      scope: shown,
      uid,
      created_by,
      updated_by,
      created_at,
      updated_at,
      token: value,
      type: 'delivery',
      ...(preview_token !== null && { preview_token }),
    })
  }

  const row = (apiKey: string, given: DeliveryToken) => {
    // SQLite keeps UTF-8, in which half a surrogate pair cannot be written.
    const token = { ...given, name: given.name.toWellFormed(), description: given.description.toWellFormed() }
    return {
      ...token,
      scope: JSON.stringify(token.scope),
      api_key: apiKey,
      body: render(apiKey, token),
    }
  }

  const parse = (found: Row): DeliveryToken => ({
    ...found,
    scope: parseColumn<ScopeEntry[]>('delivery_tokens.scope', found.scope),
  })

  return {
    all: (apiKey: string) => all.all(apiKey).map(parse),
    find: (apiKey: string, uid: string) => {
      const found = byUid.get(apiKey, uid)
      return found && parse(found)
    },
    body: (apiKey: string, uid: string) => body.get(apiKey, uid)?.body,
    list: (apiKey: string, listing: Listing) => listBodies(db, 'delivery_tokens', inStack(apiKey), listing),
    count: (apiKey: string, listing?: Listing) =>
      countBodies(db, 'delivery_tokens', inStack(apiKey), listing),
    uidOfName: (apiKey: string, name: string) => named.get(apiKey, name)?.uid,
    /** Answers the rendered body. */
    insert: (apiKey: string, token: DeliveryToken): string => {
      const inserted = row(apiKey, token)
      db.run(
        `INSERT INTO delivery_tokens (api_key, ${COLUMNS}, body) VALUES (@api_key, ${VALUES}, @body)`,
        inserted,
      )
      return inserted.body
    },
    /** Answers the rendered body. */
    update: (apiKey: string, token: DeliveryToken): string => {
      const updated = row(apiKey, token)
      db.run(
        `UPDATE delivery_tokens SET (${COLUMNS}, body) = (${VALUES}, @body) WHERE api_key = @api_key AND uid = @uid`,
        updated,
      )
      return updated.body
    },
    delete: (apiKey: string, uid: string) => {
      db.run('DELETE FROM delivery_tokens WHERE api_key = ? AND uid = ?', apiKey, uid)
    },
  }
}
