import type { Connection } from './database.ts'

/** An environment as the scope of a delivery token shows it (page). */
export interface Environment {
  deploy_content?: boolean
  servers?: unknown[]
  urls: { url: string; locale: string }[]
  name: string
  app_user_object_uid: 'system'
  uid: string
  created_by: string
  updated_by: string
  created_at: string
  updated_at: string
  ACL: []
  _version: number
  tags: []
}

export function createEnvironmentRepository(db: Connection) {
  const all = db.query<{ body: string }>('SELECT body FROM environments WHERE api_key = ? ORDER BY seq')
  const uids = db.query<{ uid: string; name: string }>('SELECT uid, name FROM environments WHERE api_key = ?')
  const byUid = db.query<{ body: string }>('SELECT body FROM environments WHERE api_key = ? AND uid = ?')
  return {
    all: (apiKey: string) => all.all(apiKey).map(({ body }) => JSON.parse(body) as Environment),
    uidsByName: (apiKey: string) => new Map(uids.all(apiKey).map(({ name, uid }) => [name, uid])),
    /** Those of the environments that there still are. */
    withUids: (apiKey: string, wanted: string[]) =>
      wanted.flatMap((uid) => byUid.all(apiKey, uid).map(({ body }) => JSON.parse(body) as Environment)),
    insert: (apiKey: string, environment: Environment) => {
      db.run(
        'INSERT INTO environments (api_key, uid, name, body) VALUES (?, ?, ?, ?)',
        apiKey,
        environment.uid,
        environment.name,
        JSON.stringify(environment),
      )
    },
  }
}
