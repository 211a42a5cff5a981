import { type Connection, parseColumn } from './database.ts'
import { countBodies, inStack, joinBodies, type Listing } from './listing.ts'

export interface Environment {
  /** Undefined if it was never set, like `servers`. */
  deploy_content: boolean | undefined
  servers: unknown[] | undefined
  /** Keys that a request leaves out of an entry stay absent (A). */
  urls: { url?: string; locale?: string }[]
  name: string
  uid: string
  created_by: string
  updated_by: string
  created_at: string
  updated_at: string
  _version: number
}

/** Renders an environment for its own calls, without the keys that only scopes show (R / A). */
export function environmentBody(environment: Environment, acl: object = []): string {
  const { deploy_content: _deployContent, servers: _servers, urls, name, _version, ...stamps } = environment
  return JSON.stringify({ urls, name, ...stamps, ACL: acl, _version })
}

/** Renders an environment for the scope of a delivery token (page). */
function textInScope({ urls, name, uid, _version, ...rest }: Environment): string {
  const { deploy_content, servers, ...stamps } = rest
  // JSON leaves out keys that are undefined.
  return JSON.stringify({
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
  })
}

/** The names of environments, by uid. */
export const namesByUid = (environments: readonly Environment[]): ReadonlyMap<string, string> =>
  new Map(environments.map(({ uid, name }) => [uid, name]))

interface Row {
  body: string
  in_scope: string
}

const ALL = 'SELECT body, in_scope FROM environments WHERE api_key = ? ORDER BY seq'
const FIND_BY_NAME = 'SELECT body, in_scope FROM environments WHERE api_key = ? AND name = ?'
const UID_OF_NAME = 'SELECT uid FROM environments WHERE api_key = ? AND name = ?'
const IN_SCOPE = 'SELECT in_scope FROM environments WHERE api_key = ? AND uid = ?'
const SIZE = 'SELECT coalesce(sum(octet_length(in_scope)), 0) FROM environments WHERE api_key = ?'
const INSERT =
  'INSERT INTO environments (api_key, uid, name, body, in_scope) VALUES (@api_key, @uid, @name, @body, @in_scope)'
const UPDATE =
  'UPDATE environments SET (name, body, in_scope) = (@name, @body, @in_scope) WHERE api_key = @api_key AND uid = @uid'
const DELETE = 'DELETE FROM environments WHERE api_key = ? AND uid = ?'

export class Environments {
  readonly #db: Connection

  constructor(db: Connection) {
    this.#db = db
  }

  all(apiKey: string): Environment[] {
    return this.#db.rows<Row>(ALL, apiKey).map(parse)
  }

  findByName(apiKey: string, name: string): Environment | undefined {
    const found = this.#db.row<Row>(FIND_BY_NAME, apiKey, name)
    return found && parse(found)
  }

  uidOfName(apiKey: string, name: string): string | undefined {
    return this.#db.value<string>(UID_OF_NAME, apiKey, name)
  }

  /** The JSON text that scopes show of an existing environment. */
  inScope(apiKey: string, uid: string): string {
    return this.#db.value<string>(IN_SCOPE, apiKey, uid) as string
  }

  /** The total size of a stack's environments, in bytes of the JSON that scopes show. */
  size(apiKey: string): number {
    return this.#db.value<number>(SIZE, apiKey) as number
  }

  list(apiKey: string, listing: Listing): string {
    return joinBodies(this.#db, 'environments', inStack(apiKey), listing)
  }

  count(apiKey: string, listing: Listing): number {
    return countBodies(this.#db, 'environments', inStack(apiKey), listing)
  }

  insert(apiKey: string, environment: Environment): void {
    this.#db.run(INSERT, row(apiKey, environment))
  }

  update(apiKey: string, environment: Environment): void {
    this.#db.run(UPDATE, row(apiKey, environment))
  }

  delete(apiKey: string, uid: string): void {
    this.#db.run(DELETE, apiKey, uid)
  }
}

const row = (apiKey: string, environment: Environment) => ({
  api_key: apiKey,
  uid: environment.uid,
  name: environment.name,
  body: environmentBody(environment),
  in_scope: textInScope(environment),
})

function parse({ body, in_scope }: Row): Environment {
  const { ACL: _acl, ...listed } = parseColumn<
    Omit<Environment, 'deploy_content' | 'servers'> & {
      ACL: unknown
    }
  >('environments.body', body)
  const { deploy_content, servers } = parseColumn<Environment>('environments.in_scope', in_scope)
  return { ...listed, deploy_content, servers }
}
