import type { Connection } from './database.ts'
import { countBodies, inStack, type Listing, listBodies } from './listing.ts'

/** An environment as lists and the scope of a delivery token show it (page). */
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

/** One to be kept, where what some environments do not have may be undefined. */
type Given = Omit<Environment, 'deploy_content' | 'servers'> & {
  deploy_content: boolean | undefined
  servers: unknown[] | undefined
}

/** With the keys in the order of the page. */
function inOrder({ deploy_content, servers, urls, name, ...rest }: Given): Environment {
  return {
    ...(deploy_content !== undefined && { deploy_content }),
    ...(servers !== undefined && { servers }),
    urls: urls.map(({ url, locale }) => ({ url, locale })),
    // SQLite keeps UTF-8, in which half a surrogate pair cannot be written.
    name: name.toWellFormed(),
    ...rest,
  }
}

const row = (apiKey: string, environment: Environment) => ({
  api_key: apiKey,
  uid: environment.uid,
  name: environment.name,
  body: JSON.stringify(environment),
})

export function createEnvironmentRepository(db: Connection) {
  const all = db.query<{ body: string }>('SELECT body FROM environments WHERE api_key = ? ORDER BY seq')
  const uids = db.query<{ uid: string; name: string }>('SELECT uid, name FROM environments WHERE api_key = ?')
  const byUid = db.query<{ body: string }>('SELECT body FROM environments WHERE api_key = ? AND uid = ?')
  const byName = db.query<{ body: string }>('SELECT body FROM environments WHERE api_key = ? AND name = ?')
  const parse = ({ body }: { body: string }) => JSON.parse(body) as Environment
  return {
    all: (apiKey: string) => all.all(apiKey).map(parse),
    uidsByName: (apiKey: string) => new Map(uids.all(apiKey).map(({ name, uid }) => [name, uid])),
    withUids: (apiKey: string, wanted: string[]) =>
      wanted.flatMap((uid) => byUid.all(apiKey, uid).map(parse)),
    findByName: (apiKey: string, name: string) => byName.all(apiKey, name).map(parse)[0],
    list: (apiKey: string, listing: Listing) => listBodies(db, 'environments', inStack(apiKey), listing),
    count: (apiKey: string, listing: Listing) => countBodies(db, 'environments', inStack(apiKey), listing),
    /** Answers it as it is kept. */
    insert: (apiKey: string, given: Given): Environment => {
      const environment = inOrder(given)
      db.run(
        'INSERT INTO environments (api_key, uid, name, body) VALUES (@api_key, @uid, @name, @body)',
        row(apiKey, environment),
      )
      return environment
    },
    /** Answers it as it is kept. */
    update: (apiKey: string, given: Given): Environment => {
      const environment = inOrder(given)
      db.run(
        'UPDATE environments SET name = @name, body = @body WHERE api_key = @api_key AND uid = @uid',
        row(apiKey, environment),
      )
      return environment
    },
    delete: (apiKey: string, uid: string) => {
      db.run('DELETE FROM environments WHERE api_key = ? AND uid = ?', apiKey, uid)
    },
  }
}
