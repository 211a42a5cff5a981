import { AUTHTOKEN_CAP } from '../rules/caps.ts'
import type { Connection } from './database.ts'

export interface User {
  uid: string
  email: string
  password: string
  first_name: string
  last_name: string
  /** In base32; null for a user without a second factor. */
  totp_secret: string | null
  /** The time step of the last tfa_token that logged the user in; null before the first. */
  totp_used_step: number | null
  created_at: string
  updated_at: string
}

const COLUMNS =
  'uid, email, password, first_name, last_name, totp_secret, totp_used_step, created_at, updated_at'
const VALUES = COLUMNS.replaceAll(/(\w+)/g, '@$1')

const ALL = `SELECT ${COLUMNS} FROM users ORDER BY seq`
const FIND = `SELECT ${COLUMNS} FROM users WHERE uid = ?`
const FIND_BY_EMAIL = `SELECT ${COLUMNS} FROM users WHERE email = ?`
const UID_OF_AUTHTOKEN = 'SELECT user_uid FROM authtokens WHERE authtoken = ?'
const UID_OF_OAUTH_TOKEN = 'SELECT user_uid FROM oauth_tokens WHERE oauth_token = ?'
const AUTHTOKENS = 'SELECT authtoken FROM authtokens WHERE user_uid = ? ORDER BY seq'
const OAUTH_TOKENS = 'SELECT oauth_token FROM oauth_tokens WHERE user_uid = ? ORDER BY seq'
const INSERT = `INSERT INTO users (${COLUMNS}) VALUES (${VALUES})`
const USE_STEP = 'UPDATE users SET totp_used_step = ? WHERE uid = ?'
const INSERT_AUTHTOKEN = 'INSERT INTO authtokens (user_uid, authtoken) VALUES (?, ?)'
const DELETE_OLDEST = `
  DELETE FROM authtokens WHERE user_uid = @uid
  AND seq NOT IN (SELECT seq FROM authtokens WHERE user_uid = @uid ORDER BY seq DESC LIMIT @cap)`
const DELETE_AUTHTOKEN = 'DELETE FROM authtokens WHERE authtoken = ?'
const INSERT_OAUTH_TOKEN = 'INSERT INTO oauth_tokens (user_uid, oauth_token) VALUES (?, ?)'
const DELETE_OAUTH_TOKEN = 'DELETE FROM oauth_tokens WHERE oauth_token = ?'

/** The users, with their authtokens and OAuth access tokens. */
export class Users {
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
  }

  all(): User[] {
    return this.#db.rows<User>(ALL)
  }

  find(uid: string): User | undefined {
    return this.#db.row<User>(FIND, uid)
  }

  /** Ignores letter case. */
  findByEmail(email: string): User | undefined {
    return this.#db.row<User>(FIND_BY_EMAIL, email)
  }

  uidOfAuthtoken(authtoken: string): string | undefined {
    return this.#db.value<string>(UID_OF_AUTHTOKEN, authtoken)
  }

  uidOfOauthToken(oauthToken: string): string | undefined {
    return this.#db.value<string>(UID_OF_OAUTH_TOKEN, oauthToken)
  }

  /** Oldest first. */
  authtokensOf(uid: string): string[] {
    return this.#db.values<string>(AUTHTOKENS, uid)
  }

  /** Oldest first. */
  oauthTokensOf(uid: string): string[] {
    return this.#db.values<string>(OAUTH_TOKENS, uid)
  }

  insert(user: User): void {
    this.#db.run(INSERT, user)
  }

  useTotpStep(uid: string, step: number): void {
    this.#db.run(USE_STEP, step, uid)
  }

  /** Deletes the user's oldest authtokens beyond the cap. */
  insertAuthtoken(uid: string, authtoken: string): void {
    this.#db.run(INSERT_AUTHTOKEN, uid, authtoken)
    this.#db.run(DELETE_OLDEST, { uid, cap: AUTHTOKEN_CAP })
  }

  deleteAuthtoken(authtoken: string): void {
    this.#db.run(DELETE_AUTHTOKEN, authtoken)
  }

  insertOauthToken(uid: string, oauthToken: string): void {
    this.#db.run(INSERT_OAUTH_TOKEN, uid, oauthToken)
  }

  deleteOauthToken(oauthToken: string): void {
    this.#db.run(DELETE_OAUTH_TOKEN, oauthToken)
  }
}
