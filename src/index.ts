import type { AddressInfo } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import { urlOf } from './address.ts'
import type { Profile } from './api/envelope.ts'
import { buildApp } from './app.ts'
import { MANAGEMENT_TOKEN_CAP } from './rules/caps.ts'
import type { Clock } from './world/clock.ts'
import type { Fixture } from './world/fixture-schema.ts'
import { checkFixture, readFixture } from './world/fixtures.ts'
import type { RandomBytes } from './world/ids.ts'
import { createWorld } from './world/world.ts'

export { FixtureError } from './world/fixtures.ts'
export { DatabaseError } from './world/store/database.ts'
export type { Clock, Fixture, Profile, RandomBytes }

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
  clock?: Clock
  /** Fills a buffer with random bytes, from which the ids are made. */
  random?: RandomBytes
  logger?: FastifyBaseLogger
}

/** A running server. */
export interface TokensMock {
  /** Such as `http://127.0.0.1:4747`, without a path. */
  readonly url: string
  /** The whole state, as `GET /_mock/state` answers it. */
  state(): Fixture
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a server.
 *
 * @throws FixtureError, DatabaseError, or Node's own error where the address cannot be had
 */
export async function createTokensMock(options: TokensMockOptions = {}): Promise<TokensMock> {
  const { host = '127.0.0.1', port = 0, database = ':memory:', fixtures = 'documentation', logger } = options
  const { profile = 'compatible', managementTokenCap = MANAGEMENT_TOKEN_CAP, clock, random } = options
  const world = createWorld({
    database,
    fixture: typeof fixtures === 'string' ? readFixture(fixtures) : checkFixture('given', fixtures),
    ...(clock && { clock }),
    ...(random && { random }),
  })
  const app = buildApp({ world, host, profile, managementTokenCap, ...(logger && { logger }) })
  const close = async () => {
    await app.close()
    world.close()
  }
  try {
    await app.listen({ host, port })
  } catch (error) {
    await close()
    throw error
  }
  const bound = app.server.address() as AddressInfo
  return {
    url: urlOf(host, bound.port),
    state: world.state,
    close,
    [Symbol.asyncDispose]: close,
  }
}
