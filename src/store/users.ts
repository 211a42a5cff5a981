import { AUTHTOKEN_CAP } from '../rules/caps.ts'
import type { Connection } from './database.ts'

export interface User {
  uid: string
  email: string
  password: string
  first_name: string
  last_name: string
  /** In base32; null for one who logs in without a second factor. */
  totp_secret: string | null
  /** The time step of the last token of the second factor that logged the user in; null before the first. */
  totp_used_step: number | null
  created_at: string
  updated_at: string
}

/** The people, and the authtokens that they call with. */
export function createUserRepository(db: Connection) {
  const columns =
    'u.uid, u.email, u.password, u.first_name, u.last_name, u.totp_secret, u.totp_used_step, u.created_at, u.updated_at'
  const all = db.query<User>(`SELECT ${columns} FROM users u ORDER BY seq`)
  const byUid = db.query<User>(`SELECT ${columns} FROM users u WHERE uid = ?`)
  const byEmail = db.query<User>(`SELECT ${columns} FROM users u WHERE email = ?`)
  const byAuthtoken = db.query<User>(
    `SELECT ${columns} FROM users u WHERE uid = (SELECT user_uid FROM authtokens WHERE authtoken = ?)`,
  )
  const byOauthToken = db.query<User>(
    `SELECT ${columns} FROM users u WHERE uid = (SELECT user_uid FROM oauth_tokens WHERE oauth_token = ?)`,
  )
  const authtokens = db.query<{ authtoken: string }>(
    'SELECT authtoken FROM authtokens WHERE user_uid = ? ORDER BY seq',
  )
  const oauthTokens = db.query<{ oauth_token: string }>(
    'SELECT oauth_token FROM oauth_tokens WHERE user_uid = ? ORDER BY seq',
  )
  return {
    all: () => all.all(),
    find: (uid: string) => byUid.get(uid),
    /** Whatever the case. */
    findByEmail: (email: string) => byEmail.get(email),
    findByAuthtoken: (authtoken: string) => byAuthtoken.get(authtoken),
    findByOauthToken: (oauthToken: string) => byOauthToken.get(oauthToken),
    /** Oldest first. */
    authtokensOf: (uid: string) => authtokens.all(uid).map((row) => row.authtoken),
    /** Oldest first. */
    oauthTokensOf: (uid: string) => oauthTokens.all(uid).map((row) => row.oauth_token),
    insert: (user: User) => {
      db.run(
        `INSERT INTO users
           (uid, email, password, first_name, last_name, totp_secret, totp_used_step, created_at, updated_at)
         VALUES
           (@uid, @email, @password, @first_name, @last_name, @totp_secret, @totp_used_step, @created_at, @updated_at)`,
        user,
      )
    },
    useTotpStep: (uid: string, step: number) => {
      db.run('UPDATE users SET totp_used_step = ? WHERE uid = ?', step, uid)
    },
    /** A user keeps at most 20: the oldest go. */
    insertAuthtoken: (uid: string, authtoken: string) => {
      db.run('INSERT INTO authtokens (user_uid, authtoken) VALUES (?, ?)', uid, authtoken)
      db.run(
        `DELETE FROM authtokens WHERE user_uid = ?
         AND seq NOT IN (SELECT seq FROM authtokens WHERE user_uid = ? ORDER BY seq DESC LIMIT ?)`,
        uid,
        uid,
        AUTHTOKEN_CAP,
      )
    },
    deleteAuthtoken: (authtoken: string) => {
      db.run('DELETE FROM authtokens WHERE authtoken = ?', authtoken)
    },
    insertOauthToken: (uid: string, oauthToken: string) => {
      db.run('INSERT INTO oauth_tokens (user_uid, oauth_token) VALUES (?, ?)', uid, oauthToken)
    },
    deleteOauthToken: (oauthToken: string) => {
      db.run('DELETE FROM oauth_tokens WHERE oauth_token = ?', oauthToken)
    },
  }
}
