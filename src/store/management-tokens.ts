import { type ManagementToken, managementTokenBody } from '../rules/management-token.ts'
import type { ScopeEntry } from '../rules/scope.ts'
import { noticeDueAt } from '../rules/time.ts'
import { type Connection, parseColumn } from './database.ts'
import { countBodies, inStack, joinBodies, type Listing } from './listing.ts'

type Row = Omit<ManagementToken, 'scope' | 'is_email_notification_enabled' | 'rate_limit_enabled'> & {
  scope: string
  is_email_notification_enabled: 0 | 1
  rate_limit_enabled: 0 | 1 | null
}

/** A token whose e-mail is due. */
export interface DueToken {
  apiKey: string
  /** Milliseconds since 1970. */
  dueAt: number
  token: ManagementToken
}

const COLUMNS =
  'uid, name, description, scope, expires_on, is_email_notification_enabled, rate_limit_enabled, notice_sent_for, token, created_by, updated_by, created_at, updated_at'
const VALUES = COLUMNS.replaceAll(/(\w+)/g, '@$1')

const FIND = `SELECT ${COLUMNS} FROM management_tokens WHERE api_key = ? AND uid = ?`
const FIND_BY_VALUE = `SELECT ${COLUMNS} FROM management_tokens WHERE api_key = ? AND token = ?`
const STACK_OF = 'SELECT api_key FROM management_tokens WHERE token = ?'
const ALL = `SELECT ${COLUMNS} FROM management_tokens WHERE api_key = ? ORDER BY seq`
const BODY = 'SELECT body FROM management_tokens WHERE api_key = ? AND uid = ?'
const NEXT_DUE = 'SELECT min(notice_due_at) FROM management_tokens WHERE notice_due_at IS NOT NULL'
const DUE = `SELECT api_key, notice_due_at, ${COLUMNS} FROM management_tokens WHERE notice_due_at <= ? ORDER BY notice_due_at, seq`
const INSERT = `INSERT INTO management_tokens (api_key, ${COLUMNS}, notice_due_at, body) VALUES (@api_key, ${VALUES}, @notice_due_at, @body)`
const UPDATE = `UPDATE management_tokens SET (${COLUMNS}, notice_due_at, body) = (${VALUES}, @notice_due_at, @body) WHERE api_key = @api_key AND uid = @uid`
const DELETE = 'DELETE FROM management_tokens WHERE api_key = ? AND uid = ?'

export class ManagementTokens {
  readonly #db: Connection
  /**
   * When the next e-mail is due, in milliseconds since 1970: Infinity for never. After a change it is -Infinity until
   * `isAnyDue` runs.
   */
  nextDueAt = Number.NEGATIVE_INFINITY

  constructor(db: Connection) {
    this.#db = db
  }

  all(apiKey: string): ManagementToken[] {
    return this.#db.rows<Row>(ALL, apiKey).map(parse)
  }

  find(apiKey: string, uid: string): ManagementToken | undefined {
    const found = this.#db.row<Row>(FIND, apiKey, uid)
    return found && parse(found)
  }

  findByValue(apiKey: string, token: string): ManagementToken | undefined {
    const found = this.#db.row<Row>(FIND_BY_VALUE, apiKey, token)
    return found && parse(found)
  }

  /** The api_key of a stack that has a token with this value. */
  stackOf(token: string): string | undefined {
    return this.#db.value<string>(STACK_OF, token)
  }

  /** Call this after the rows have changed by other means than this class. */
  forgetNextDue(): void {
    this.nextDueAt = Number.NEGATIVE_INFINITY
  }

  /** Whether an e-mail is due at `now` (milliseconds since 1970). Updates `nextDueAt` from the rows. */
  isAnyDue(now: number): boolean {
    this.nextDueAt = this.#db.value<number | null>(NEXT_DUE) ?? Number.POSITIVE_INFINITY
    return this.nextDueAt <= now
  }

  /** The tokens of all stacks whose e-mail is due at `now` (milliseconds since 1970), in the order of their due times. */
  due(now: number): DueToken[] {
    return this.#db
      .rows<Row & { api_key: string; notice_due_at: number }>(DUE, now)
      .map(({ api_key, notice_due_at, ...found }) => ({
        apiKey: api_key,
        dueAt: notice_due_at,
        token: parse(found as Row),
      }))
  }

  /** The rendered body. */
  body(apiKey: string, uid: string): string | undefined {
    return this.#db.value<string>(BODY, apiKey, uid)
  }

  list(apiKey: string, listing: Listing): string {
    return joinBodies(this.#db, 'management_tokens', inStack(apiKey), listing)
  }

  count(apiKey: string, listing?: Listing): number {
    return countBodies(this.#db, 'management_tokens', inStack(apiKey), listing)
  }

  /** Returns the rendered body. */
  insert(apiKey: string, token: ManagementToken): string {
    return this.#write(INSERT, apiKey, token)
  }

  /** Returns the rendered body. */
  update(apiKey: string, token: ManagementToken): string {
    return this.#write(UPDATE, apiKey, token)
  }

  /** Returns whether the management token existed. */
  delete(apiKey: string, uid: string): boolean {
    this.forgetNextDue()
    return this.#db.run(DELETE, apiKey, uid) > 0
  }

  #write(sql: string, apiKey: string, token: ManagementToken): string {
    this.forgetNextDue()
    const body = managementTokenBody(token)
    this.#db.run(sql, {
      ...token,
      scope: JSON.stringify(token.scope),
      is_email_notification_enabled: Number(token.is_email_notification_enabled),
      rate_limit_enabled: token.rate_limit_enabled === null ? null : Number(token.rate_limit_enabled),
      api_key: apiKey,
      notice_due_at: noticeDueAt(token),
      body,
    })
    return body
  }
}

const parse = (found: Row): ManagementToken => ({
  ...found,
  scope: parseColumn<ScopeEntry[]>('management_tokens.scope', found.scope),
  is_email_notification_enabled: found.is_email_notification_enabled === 1,
  rate_limit_enabled: found.rate_limit_enabled === null ? null : found.rate_limit_enabled === 1,
})
