import type { AddressInfo } from 'node:net'
import type { FastifyBaseLogger, InjectOptions, LightMyRequestResponse } from 'fastify'
import { buildApp } from './app.ts'
import { WorldControl } from './control/world-control.ts'
import type { Fixture } from './fixtures/schema.ts'
import { fixtureSource } from './fixtures/source.ts'
import { DEFAULTS, type Profile } from './rules/defaults.ts'
import { nodeVersionProblem } from './rules/node-version.ts'
import { UserError } from './rules/user-error.ts'
import { urlOf } from './server/address.ts'
import { credentialsOf, listenTls, type TlsListener, type TlsOptions } from './server/tls/listener.ts'
import { sendNotices } from './server/world-prefix.ts'
import type { Message } from './store/messages.ts'
import type { Clock, ClockReading } from './world/clock.ts'
import { type FaultReading, type FaultRule, type Preset, rateLimit } from './world/faults.ts'
import type { RandomBytes } from './world/ids.ts'
import type { JournalEntry, JournalFilter } from './world/journal.ts'
import type { World } from './world/world.ts'
import { DEFAULT_WORLD, Worlds } from './world/worlds.ts'

export { FixtureError } from './fixtures/files.ts'
export { ApiError } from './rules/errors.ts'
export { UserError } from './rules/user-error.ts'
export { DatabaseError } from './store/database.ts'
export type {
  Clock,
  ClockReading,
  FaultReading,
  FaultRule,
  Fixture,
  JournalEntry,
  JournalFilter,
  Message,
  Preset,
  Profile,
  RandomBytes,
  TlsOptions,
}

/** What a program, and the command by its flags and the environment, may set. */
export interface TokensMockOptions {
  /** 127.0.0.1 where absent. */
  host?: string | undefined
  /** Any free port where absent. */
  port?: number | undefined
  /** `:memory:` (where absent) or the path of a file. */
  database?: string | undefined
  /**
   * The name of a fixture that comes with the package, a path, or the content itself. Where absent: what filled the database,
   * or `documentation` for an empty one.
   */
  fixtures?: string | Fixture | undefined
  /** `compatible` where absent. */
  profile?: Profile | undefined
  /** The most management tokens that a stack may have; 10 where absent. */
  managementTokenCap?: number | undefined
  /** The most delivery tokens that a stack may have; no cap where absent. */
  deliveryTokenCap?: number | undefined
  /** Serves HTTPS beside HTTP. */
  tls?: Partial<TlsOptions> | undefined
  /** With it, the same calls give the same ids. */
  idSeed?: number | undefined
  /** Requests a second, beyond which each world returns 429; no limit where absent. */
  rateLimit?: number | undefined
  /** The most worlds beside the default one; 1,000 where absent. */
  maxWorlds?: number | undefined
  /** How many requests a world's journal keeps; 1,000 where absent. */
  journalSize?: number | undefined
  /** The URL of an SMTP server that gets the e-mails, too. */
  smtp?: string | undefined
  /** The machine's clock where absent. */
  clock?: Clock | undefined
  /** Fills a buffer with random bytes, from which the ids are made. */
  random?: RandomBytes | undefined
  /** Nothing is logged where absent. */
  logger?: FastifyBaseLogger | undefined
}

/** A world of a running server. */
export class TokensMockWorld extends WorldControl {
  readonly name: string
  /** The base of its URLs, such as `http://127.0.0.1:4747/w/one`; clients add `/v3`. */
  readonly url: string

  constructor(name: string, url: string, resolve: () => World) {
    super(resolve)
    this.name = name
    this.url = url
  }
}

/** A running server. Its own methods are those of its default world. */
export class TokensMock extends TokensMockWorld implements AsyncDisposable {
  /** Such as `https://127.0.0.1:4748`; undefined where HTTPS is off. */
  readonly tlsUrl: string | undefined
  /** The local certificate authority for clients to trust: the certificate in PEM, and the file that holds it. */
  readonly authority: { cert: string; file: string } | undefined
  readonly #running: Running
  #closing: Promise<void> | undefined

  constructor(running: Running) {
    super(DEFAULT_WORLD, running.url, () => this.#open.worlds.default)
    this.tlsUrl = running.tlsUrl
    this.authority = running.authority
    this.#running = running
  }

  /** @throws UserError once it is being closed */
  get #open(): Running {
    if (this.#closing) throw new UserError('The mock is closed.')
    return this.#running
  }

  /**
   * The world of a name, made from the fixture where there is none yet.
   *
   * @throws ApiError for a name that is none
   */
  world(name: string): TokensMockWorld {
    const { worlds, url } = this.#open
    // At once, so that a bad name is told here.
    worlds.get(name)
    return new TokensMockWorld(name, `${url}/w/${name}`, () => this.#open.worlds.get(name))
  }

  /** The names of all worlds, the default one first. */
  worlds(): string[] {
    return this.#open.worlds.all().map(({ name }) => name)
  }

  /** @throws ApiError for an unknown name, and for the default world */
  dropWorld(name: string): void {
    this.#open.worlds.drop(name)
  }

  /** Sends a request without a network, as Fastify's `inject` does. */
  async inject(options: InjectOptions | string): Promise<LightMyRequestResponse> {
    return this.#open.inject(options)
  }

  /** Ends the server. After it, every other method throws or rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#running.close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

interface Running {
  worlds: Worlds
  url: string
  tlsUrl: string | undefined
  authority: { cert: string; file: string } | undefined
  inject(options: InjectOptions | string): Promise<LightMyRequestResponse>
  close(): Promise<void>
}

/** How often e-mails are looked for that fall due while nobody calls, in milliseconds. */
const NOTICE_INTERVAL = 60_000

/**
 * Starts a server.
 *
 * @throws FixtureError, DatabaseError, UserError for TLS files, or Node's own error where an address cannot be had
 */
export async function createTokensMock(options: TokensMockOptions = {}): Promise<TokensMock> {
  // An older Node crashes without a word when the database is opened.
  const problem = nodeVersionProblem(process.versions.node)
  if (problem) throw new UserError(problem)
  const { host = DEFAULTS.host, port = 0, fixtures, smtp, logger } = options
  const tls = options.tls && { port: 0, dataDirectory: DEFAULTS.dataDirectory, ...options.tls }
  const credentials = tls && (await credentialsOf(tls, host))
  // Loaded only where it is used, as it takes a while.
  const mailer =
    smtp === undefined
      ? undefined
      : (await import('./world/mailer.ts')).createMailer(smtp, (error) =>
          logger?.error(error, 'e-mail not sent'),
        )
  const worlds = new Worlds({
    database: options.database ?? DEFAULTS.database,
    fixture: fixtures === undefined ? undefined : fixtureSource(fixtures),
    profile: options.profile ?? DEFAULTS.profile,
    managementTokenCap: options.managementTokenCap ?? DEFAULTS.managementTokenCap,
    deliveryTokenCap: options.deliveryTokenCap,
    maxWorlds: options.maxWorlds ?? DEFAULTS.maxWorlds,
    journalSize: options.journalSize ?? DEFAULTS.journalSize,
    faults: options.rateLimit === undefined ? [] : [rateLimit(options.rateLimit)],
    deliver: mailer?.send,
    clock: options.clock ?? Date,
    random: options.random,
    idSeed: options.idSeed,
  })
  const authority = credentials?.authority
  const app = buildApp({ worlds, host, authority: authority?.cert, logger })
  let secure: TlsListener | undefined
  const sendAll = () => {
    for (const world of worlds.all()) sendNotices(world, logger)
  }
  sendAll()
  const timer = setInterval(sendAll, NOTICE_INTERVAL).unref()
  const close = async () => {
    clearInterval(timer)
    await Promise.all([secure?.close(), app.close()])
    worlds.close()
    await mailer?.close()
  }
  try {
    await app.listen({ host, port })
    if (tls && credentials) secure = await listenTls(app, credentials, host, tls.port)
  } catch (error) {
    await close()
    throw error
  }
  return new TokensMock({
    worlds,
    url: urlOf(host, (app.server.address() as AddressInfo).port),
    tlsUrl: secure && urlOf(host, secure.port, 'https'),
    authority,
    inject: (request) => app.inject(request),
    close,
  })
}
