import { type DeliveryToken, deliveryTokenBody } from '../rules/delivery-token.ts'
import type { ScopeEntry } from '../rules/scope.ts'
import { type Connection, parseColumn } from './database.ts'
import type { Environments } from './environments.ts'
import { countBodies, inStack, joinBodies, type Listing } from './listing.ts'

type Row = Omit<DeliveryToken, 'scope'> & { scope: string }

const COLUMNS =
  'uid, name, description, scope, token, preview_token, created_by, updated_by, created_at, updated_at'
const VALUES = COLUMNS.replaceAll(/(\w+)/g, '@$1')

const FIND = `SELECT ${COLUMNS} FROM delivery_tokens WHERE api_key = ? AND uid = ?`
const ALL = `SELECT ${COLUMNS} FROM delivery_tokens WHERE api_key = ? ORDER BY seq`
const BODY = 'SELECT body FROM delivery_tokens WHERE api_key = ? AND uid = ?'
const PREVIEW_TOKEN = 'SELECT preview_token FROM delivery_tokens WHERE api_key = ? AND uid = ?'
const UID_OF_NAME = 'SELECT uid FROM delivery_tokens WHERE api_key = ? AND name = ?'
const FIND_BY_VALUE = `SELECT ${COLUMNS} FROM delivery_tokens WHERE token = ? AND api_key = ?`
const FIND_BY_PREVIEW_TOKEN = `SELECT ${COLUMNS} FROM delivery_tokens WHERE preview_token = ? AND api_key = ?`
const STACK_OF = 'SELECT api_key FROM delivery_tokens WHERE token = ?'
const STACK_OF_PREVIEW_TOKEN = 'SELECT api_key FROM delivery_tokens WHERE preview_token = ?'
const INSERT = `INSERT INTO delivery_tokens (api_key, ${COLUMNS}, body) VALUES (@api_key, ${VALUES}, @body)`
const UPDATE = `UPDATE delivery_tokens SET (${COLUMNS}, body) = (${VALUES}, @body) WHERE api_key = @api_key AND uid = @uid`
const DELETE = 'DELETE FROM delivery_tokens WHERE api_key = ? AND uid = ?'

export class DeliveryTokens {
  readonly #db: Connection
  readonly #environments: Environments

  constructor(db: Connection, environments: Environments) {
    this.#db = db
    this.#environments = environments
  }

  all(apiKey: string): DeliveryToken[] {
    return this.#db.rows<Row>(ALL, apiKey).map(parse)
  }

  find(apiKey: string, uid: string): DeliveryToken | undefined {
    const found = this.#db.row<Row>(FIND, apiKey, uid)
    return found && parse(found)
  }

  findByValue(apiKey: string, token: string): DeliveryToken | undefined {
    const found = this.#db.row<Row>(FIND_BY_VALUE, token, apiKey)
    return found && parse(found)
  }

  findByPreviewToken(apiKey: string, previewToken: string): DeliveryToken | undefined {
    const found = this.#db.row<Row>(FIND_BY_PREVIEW_TOKEN, previewToken, apiKey)
    return found && parse(found)
  }

  /** The api_key of a stack that has a delivery token with this value. */
  stackOf(token: string): string | undefined {
    return this.#db.value<string>(STACK_OF, token)
  }

  /** The api_key of a stack that has a preview token with this value. */
  stackOfPreviewToken(previewToken: string): string | undefined {
    return this.#db.value<string>(STACK_OF_PREVIEW_TOKEN, previewToken)
  }

  /** The rendered body. */
  body(apiKey: string, uid: string): string | undefined {
    return this.#db.value<string>(BODY, apiKey, uid)
  }

  list(apiKey: string, listing: Listing): string {
    return joinBodies(this.#db, 'delivery_tokens', inStack(apiKey), listing)
  }

  count(apiKey: string, listing?: Listing): number {
    return countBodies(this.#db, 'delivery_tokens', inStack(apiKey), listing)
  }

  /** The value of the preview token: null if there is no preview token, undefined for an unknown delivery token. */
  previewTokenOf(apiKey: string, uid: string): string | null | undefined {
    return this.#db.value<string | null>(PREVIEW_TOKEN, apiKey, uid)
  }

  uidOfName(apiKey: string, name: string): string | undefined {
    return this.#db.value<string>(UID_OF_NAME, apiKey, name)
  }

  /** Returns the rendered body. */
  insert(apiKey: string, token: DeliveryToken): string {
    const body = deliveryTokenBody(token, this.#environments.inScope.bind(this.#environments, apiKey))
    this.#db.run(INSERT, { ...token, scope: JSON.stringify(token.scope), api_key: apiKey, body })
    return body
  }

  /** Returns the rendered body. */
  update(apiKey: string, token: DeliveryToken): string {
    const body = deliveryTokenBody(token, this.#environments.inScope.bind(this.#environments, apiKey))
    this.#db.run(UPDATE, { ...token, scope: JSON.stringify(token.scope), api_key: apiKey, body })
    return body
  }

  /** Returns whether the delivery token existed. */
  delete(apiKey: string, uid: string): boolean {
    return this.#db.run(DELETE, apiKey, uid) > 0
  }
}

const parse = (found: Row): DeliveryToken => ({
  ...found,
  scope: parseColumn<ScopeEntry[]>('delivery_tokens.scope', found.scope),
})
