import type { Connection } from './database.ts'

export interface User {
  uid: string
  email: string
  password: string
  first_name: string
  last_name: string
}

/** The people, and the authtokens that they call with. */
export function createUserRepository(db: Connection) {
  const columns = 'u.uid, u.email, u.password, u.first_name, u.last_name'
  const all = db.query<User>(`SELECT ${columns} FROM users u ORDER BY seq`)
  const byAuthtoken = db.query<User>(
    `SELECT ${columns} FROM authtokens JOIN users u ON u.uid = user_uid WHERE authtoken = ?`,
  )
  const authtokens = db.query<{ authtoken: string }>(
    'SELECT authtoken FROM authtokens WHERE user_uid = ? ORDER BY seq',
  )
  return {
    all: () => all.all(),
    findByAuthtoken: (authtoken: string) => byAuthtoken.get(authtoken),
    /** Oldest first. */
    authtokensOf: (uid: string) => authtokens.all(uid).map((row) => row.authtoken),
    insert: (user: User) => {
      db.run(
        'INSERT INTO users (uid, email, password, first_name, last_name) VALUES (@uid, @email, @password, @first_name, @last_name)',
        user,
      )
    },
    insertAuthtoken: (uid: string, authtoken: string) => {
      db.run('INSERT INTO authtokens (user_uid, authtoken) VALUES (?, ?)', uid, authtoken)
    },
  }
}
