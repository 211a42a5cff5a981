import type { AddressInfo } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import { urlOf } from './address.ts'
import type { Profile } from './api/envelope.ts'
import { buildApp } from './app.ts'
import { MANAGEMENT_TOKEN_CAP } from './rules/caps.ts'
import { credentialsOf, DATA_DIRECTORY, listenTls, type TlsListener, type TlsOptions } from './tls/index.ts'
import type { Clock } from './world/clock.ts'
import type { Fixture } from './world/fixture-schema.ts'
import { checkFixture, readFixture } from './world/fixtures.ts'
import type { RandomBytes } from './world/ids.ts'
import { createWorld } from './world/world.ts'

export { UserError } from './user-error.ts'
export { FixtureError } from './world/fixtures.ts'
export { DatabaseError } from './world/store/database.ts'
export type { Clock, Fixture, Profile, RandomBytes, TlsOptions }

export interface TokensMockOptions {
  /** 127.0.0.1 where absent. */
  host?: string
  /** Any that is free where absent. */
  port?: number
  /** `:memory:` (where absent) or the path of a file. */
  database?: string
  /** The name of one that comes with the package, a path, or the content itself; `documentation` where absent. */
  fixtures?: string | Fixture
  profile?: Profile
  managementTokenCap?: number
  /** Serves HTTPS beside HTTP. */
  tls?: Partial<TlsOptions>
  clock?: Clock
  /** Fills a buffer with random bytes, from which the ids are made. */
  random?: RandomBytes
  logger?: FastifyBaseLogger
}

/** A running server. */
export interface TokensMock {
  /** Such as `http://127.0.0.1:4747`, without a path. */
  readonly url: string
  /** Such as `https://127.0.0.1:4748`; undefined where HTTPS is off. */
  readonly tlsUrl: string | undefined
  /** The local certificate authority for clients to trust: the certificate in PEM, and the file that holds it. */
  readonly authority: { cert: string; file: string } | undefined
  /** The whole state, as `GET /_mock/state` answers it. */
  state(): Fixture
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a server.
 *
 * @throws FixtureError, DatabaseError, UserError for TLS files, or Node's own error where an address cannot be had
 */
export async function createTokensMock(options: TokensMockOptions = {}): Promise<TokensMock> {
  const { host = '127.0.0.1', port = 0, database = ':memory:', fixtures = 'documentation', logger } = options
  const { profile = 'compatible', managementTokenCap = MANAGEMENT_TOKEN_CAP, clock, random } = options
  const tls = options.tls && { port: 0, dataDirectory: DATA_DIRECTORY, ...options.tls }
  const credentials = tls && (await credentialsOf(tls, host))
  const world = createWorld({
    database,
    fixture: typeof fixtures === 'string' ? readFixture(fixtures) : checkFixture('given', fixtures),
    ...(clock && { clock }),
    ...(random && { random }),
  })
  const authority = credentials?.authority
  const app = buildApp({
    world,
    host,
    profile,
    managementTokenCap,
    ...(authority && { authority: authority.cert }),
    ...(logger && { logger }),
  })
  let secure: TlsListener | undefined
  const close = async () => {
    secure?.close()
    await app.close()
    world.close()
  }
  try {
    await app.listen({ host, port })
    if (tls && credentials) secure = await listenTls(app, credentials, host, tls.port)
  } catch (error) {
    await close()
    throw error
  }
  const bound = app.server.address() as AddressInfo
  return {
    url: urlOf(host, bound.port),
    tlsUrl: secure && urlOf(host, secure.port, 'https'),
    authority,
    state: world.state,
    close,
    [Symbol.asyncDispose]: close,
  }
}
