import { type Connection, parseColumn } from './database.ts'
import { countBodies, inStack, type Listing, listBodies } from './listing.ts'

export interface Environment {
  /** Undefined where it was never given, as with `servers`. */
  deploy_content: boolean | undefined
  servers: unknown[] | undefined
  /** What a request leaves out of an entry stays absent (A). */
  urls: { url?: string; locale?: string }[]
  name: string
  uid: string
  created_by: string
  updated_by: string
  created_at: string
  updated_at: string
  _version: number
}

/** The JSON text of an environment as its own calls answer it: without what only scopes show (R / A). */
export function listedBody(environment: Environment, acl: object = []): string {
  const { deploy_content: _deployContent, servers: _servers, urls, name, _version, ...stamps } = environment
  return JSON.stringify({ urls, name, ...stamps, ACL: acl, _version })
}

/** An environment as the scope of a delivery token shows it (page). */
export function inScope({ urls, name, uid, _version, ...rest }: Environment): object {
  const { deploy_content, servers, ...stamps } = rest
  // JSON leaves out what is undefined.
  return {
    deploy_content,
    servers,
    urls,
    name,
    app_user_object_uid: 'system',
    uid,
    ...stamps,
    ACL: [],
    _version,
    tags: [],
  }
}

/** As it is kept. */
const kept = ({ urls, name, ...rest }: Environment): Environment => ({
  ...rest,
  urls: urls.map(({ url, locale }) => ({
    ...(url !== undefined && { url }),
    ...(locale !== undefined && { locale }),
  })),
  // SQLite keeps UTF-8, in which half a surrogate pair cannot be written.
  name: name.toWellFormed(),
})

const row = (apiKey: string, environment: Environment) => ({
  api_key: apiKey,
  uid: environment.uid,
  name: environment.name,
  body: listedBody(environment),
  in_scope: JSON.stringify(inScope(environment)),
})

interface Row {
  body: string
  in_scope: string
}

function parse({ body, in_scope }: Row): Environment {
  const { ACL: _acl, ...listed } = parseColumn<
    Omit<Environment, 'deploy_content' | 'servers'> & {
      ACL: unknown
    }
  >('environments.body', body)
  const { deploy_content, servers } = parseColumn<Environment>('environments.in_scope', in_scope)
  return { ...listed, deploy_content, servers }
}

export function createEnvironmentRepository(db: Connection) {
  const all = db.query<Row>('SELECT body, in_scope FROM environments WHERE api_key = ? ORDER BY seq')
  const uids = db.query<{ uid: string; name: string }>('SELECT uid, name FROM environments WHERE api_key = ?')
  const byUid = db.query<Row>('SELECT in_scope FROM environments WHERE api_key = ? AND uid = ?')
  const byName = db.query<Row>('SELECT body, in_scope FROM environments WHERE api_key = ? AND name = ?')
  return {
    all: (apiKey: string) => all.all(apiKey).map(parse),
    uidsByName: (apiKey: string) => new Map(uids.all(apiKey).map(({ name, uid }) => [name, uid])),
    /** Those of these uids that there are, as a scope shows them. */
    inScope: (apiKey: string, wanted: string[]) =>
      wanted.flatMap((uid) =>
        byUid.all(apiKey, uid).map(({ in_scope }) => parseColumn<object>('environments.in_scope', in_scope)),
      ),
    findByName: (apiKey: string, name: string) => byName.all(apiKey, name).map(parse)[0],
    list: (apiKey: string, listing: Listing) => listBodies(db, 'environments', inStack(apiKey), listing),
    count: (apiKey: string, listing: Listing) => countBodies(db, 'environments', inStack(apiKey), listing),
    /** Answers it as it is kept. */
    insert: (apiKey: string, given: Environment): Environment => {
      const environment = kept(given)
      db.run(
        'INSERT INTO environments (api_key, uid, name, body, in_scope) VALUES (@api_key, @uid, @name, @body, @in_scope)',
        row(apiKey, environment),
      )
      return environment
    },
    /** Answers it as it is kept. */
    update: (apiKey: string, given: Environment): Environment => {
      const environment = kept(given)
      db.run(
        `UPDATE environments SET (name, body, in_scope) = (@name, @body, @in_scope)
         WHERE api_key = @api_key AND uid = @uid`,
        row(apiKey, environment),
      )
      return environment
    },
    delete: (apiKey: string, uid: string) => {
      db.run('DELETE FROM environments WHERE api_key = ? AND uid = ?', apiKey, uid)
    },
  }
}
