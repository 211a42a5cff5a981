import { noticeDueAt } from '../rules/expiry-notice.ts'
import type { ScopeEntry } from '../rules/scope.ts'
import { type Connection, parseColumn } from './database.ts'
import { countBodies, inStack, type Listing, listBodies } from './listing.ts'

export interface ManagementToken {
  uid: string
  name: string
  description: string
  scope: ScopeEntry[]
  /** As the request wrote it; null for never. */
  expires_on: string | null
  is_email_notification_enabled: boolean
  /** Null where no request has said. */
  rate_limit_enabled: boolean | null
  /** The expires_on of which the last e-mail told; null before the first. */
  notice_sent_for: string | null
  token: string
  created_by: string
  updated_by: string
  created_at: string
  updated_at: string
}

type Row = Omit<ManagementToken, 'scope' | 'is_email_notification_enabled' | 'rate_limit_enabled'> & {
  scope: string
  is_email_notification_enabled: 0 | 1
  rate_limit_enabled: 0 | 1 | null
}

const COLUMNS =
  'uid, name, description, scope, expires_on, is_email_notification_enabled, rate_limit_enabled, notice_sent_for, token, created_by, updated_by, created_at, updated_at'
const VALUES = COLUMNS.replaceAll(/(\w+)/g, '@$1')

/** The JSON text that the API answers: all but the value, which only the create answer shows (page). */
function render(token: ManagementToken): string {
  const { token: _value, notice_sent_for: _notice, ...shown } = token
  const { rate_limit_enabled, is_email_notification_enabled, ...rest } = shown
  const { name, description, scope, expires_on, ...stamps } = rest
  return JSON.stringify({
    name,
    description,
    scope,
    expires_on,
    is_email_notification_enabled,
    ...(rate_limit_enabled !== null && { rate_limit_enabled }),
    ...stamps,
  })
}

const row = (apiKey: string, given: ManagementToken) => {
  // SQLite keeps UTF-8, in which half a surrogate pair cannot be written.
  const token = { ...given, name: given.name.toWellFormed(), description: given.description.toWellFormed() }
  return {
    ...token,
    scope: JSON.stringify(token.scope),
    is_email_notification_enabled: Number(token.is_email_notification_enabled),
    rate_limit_enabled: token.rate_limit_enabled === null ? null : Number(token.rate_limit_enabled),
    api_key: apiKey,
    notice_due_at: noticeDueAt(token),
    body: render(token),
  }
}

const parse = (found: Row): ManagementToken => ({
  ...found,
  scope: parseColumn<ScopeEntry[]>('management_tokens.scope', found.scope),
  is_email_notification_enabled: found.is_email_notification_enabled === 1,
  rate_limit_enabled: found.rate_limit_enabled === null ? null : found.rate_limit_enabled === 1,
})

export function createManagementTokenRepository(db: Connection) {
  const byUid = db.query<Row>(`SELECT ${COLUMNS} FROM management_tokens WHERE api_key = ? AND uid = ?`)
  const byValue = db.query<Row>(`SELECT ${COLUMNS} FROM management_tokens WHERE api_key = ? AND token = ?`)
  const stackOf = db.query<{ api_key: string }>('SELECT api_key FROM management_tokens WHERE token = ?')
  const all = db.query<Row>(`SELECT ${COLUMNS} FROM management_tokens WHERE api_key = ? ORDER BY seq`)
  const noticeDue = db.query<Row & { api_key: string; notice_due_at: number }>(
    `SELECT api_key, notice_due_at, ${COLUMNS} FROM management_tokens
     WHERE notice_due_at <= ? ORDER BY notice_due_at, seq`,
  )
  const body = db.query<{ body: string }>('SELECT body FROM management_tokens WHERE api_key = ? AND uid = ?')
  const parsed = (found: Row | undefined) => found && parse(found)
  return {
    all: (apiKey: string) => all.all(apiKey).map(parse),
    find: (apiKey: string, uid: string) => parsed(byUid.get(apiKey, uid)),
    findByValue: (apiKey: string, token: string) => parsed(byValue.get(apiKey, token)),
    /** The api_key of a stack that has a token of this value. */
    stackOf: (token: string) => stackOf.get(token)?.api_key,
    /** The tokens of all stacks whose e-mail has fallen due, in the order of that. */
    withNoticeDue: (now: number) =>
      noticeDue.all(now).map(({ api_key, notice_due_at, ...found }) => ({
        apiKey: api_key,
        dueAt: notice_due_at,
        token: parse(found as Row),
      })),
    body: (apiKey: string, uid: string) => body.get(apiKey, uid)?.body,
    list: (apiKey: string, listing: Listing) => listBodies(db, 'management_tokens', inStack(apiKey), listing),
    count: (apiKey: string, listing?: Listing) =>
      countBodies(db, 'management_tokens', inStack(apiKey), listing),
    /** Answers the rendered body. */
    insert: (apiKey: string, token: ManagementToken): string => {
      const inserted = row(apiKey, token)
      db.run(
        `INSERT INTO management_tokens (api_key, ${COLUMNS}, notice_due_at, body)
         VALUES (@api_key, ${VALUES}, @notice_due_at, @body)`,
        inserted,
      )
      return inserted.body
    },
    /** Answers the rendered body. */
    update: (apiKey: string, token: ManagementToken): string => {
      const updated = row(apiKey, token)
      db.run(
        `UPDATE management_tokens SET (${COLUMNS}, notice_due_at, body) = (${VALUES}, @notice_due_at, @body)
         WHERE api_key = @api_key AND uid = @uid`,
        updated,
      )
      return updated.body
    },
    /** Answers whether there was one. */
    delete: (apiKey: string, uid: string) =>
      db.run('DELETE FROM management_tokens WHERE api_key = ? AND uid = ?', apiKey, uid) > 0,
  }
}
