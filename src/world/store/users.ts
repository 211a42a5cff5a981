import { AUTHTOKEN_CAP } from '../../rules/caps.ts'
import type { Connection } from './database.ts'

export interface User {
  uid: string
  email: string
  password: string
  first_name: string
  last_name: string
  /** In base32; null for one who logs in without a second factor. */
  totp_secret: string | null
  created_at: string
  updated_at: string
}

/** The people, and the authtokens that they call with. */
export function createUserRepository(db: Connection) {
  const columns =
    'u.uid, u.email, u.password, u.first_name, u.last_name, u.totp_secret, u.created_at, u.updated_at'
  const all = db.query<User>(`SELECT ${columns} FROM users u ORDER BY seq`)
  const byUid = db.query<User>(`SELECT ${columns} FROM users u WHERE uid = ?`)
  const byEmail = db.query<User>(`SELECT ${columns} FROM users u WHERE email = ?`)
  const byAuthtoken = db.query<User>(
    `SELECT ${columns} FROM authtokens JOIN users u ON u.uid = user_uid WHERE authtoken = ?`,
  )
  const authtokens = db.query<{ authtoken: string }>(
    'SELECT authtoken FROM authtokens WHERE user_uid = ? ORDER BY seq',
  )
  return {
    all: () => all.all(),
    find: (uid: string) => byUid.get(uid),
    /** Whatever the case. */
    findByEmail: (email: string) => byEmail.get(email),
    findByAuthtoken: (authtoken: string) => byAuthtoken.get(authtoken),
    /** Oldest first. */
    authtokensOf: (uid: string) => authtokens.all(uid).map((row) => row.authtoken),
    insert: (user: User) => {
      db.run(
        `INSERT INTO users (uid, email, password, first_name, last_name, totp_secret, created_at, updated_at)
         VALUES (@uid, @email, @password, @first_name, @last_name, @totp_secret, @created_at, @updated_at)`,
        user,
      )
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
  }
}
