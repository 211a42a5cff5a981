import type { AddressInfo } from 'node:net'
import type { FastifyBaseLogger, InjectOptions, LightMyRequestResponse } from 'fastify'
import { buildApp } from './app.ts'
import type { Introspection, TokenReading } from './control/schemas.ts'
import { type ClockSetting, WorldControl } from './control/world-control.ts'
import type { Fixture } from './fixtures/schema.ts'
import { fixtureSource } from './fixtures/source.ts'
import { checkOptions, checkValue, type Kind, someText } from './rules/arguments.ts'
import { DEFAULTS, type Profile } from './rules/defaults.ts'
import { checkHosts } from './rules/host.ts'
import { nodeVersionProblem } from './rules/node-version.ts'
import { OPTIONS, TLS_OPTIONS } from './rules/options.ts'
import { UserError } from './rules/user-error.ts'
import { urlOf } from './server/address.ts'
import { credentialsOf, listenTls, type TlsListener, type TlsOptions } from './server/tls/listener.ts'
import { sendNotices, urlOfWorld } from './server/world-prefix.ts'
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
  ClockSetting,
  FaultReading,
  FaultRule,
  Fixture,
  Introspection,
  JournalEntry,
  JournalFilter,
  Message,
  Preset,
  Profile,
  RandomBytes,
  TlsOptions,
  TokenReading,
}

/** The options of a server, for programs and for the command. */
export interface TokensMockOptions {
  /** The address to listen on. Defaults to 127.0.0.1. */
  host?: string | undefined
  /**
   * The host in every URL that the server returns, such as `url`. Defaults to the address that it listens on. The official
   * client retries failed calls only at a host name: neither at an IP address nor at localhost.
   */
  hostname?: string | undefined
  /** Defaults to any free port. */
  port?: number | undefined
  /** The path of an SQLite file, or `:memory:`, which is the default. */
  database?: string | undefined
  /**
   * The name of a built-in fixture, a path, or the content itself. Defaults to the fixture that filled the database, or to
   * `documentation` if the database is empty.
   */
  fixtures?: string | Fixture | undefined
  /** Defaults to `compatible`. */
  profile?: Profile | undefined
  /** The maximum number of management tokens in a stack. Defaults to 10. */
  managementTokenCap?: number | undefined
  /** The maximum number of delivery tokens in a stack. Defaults to no cap. */
  deliveryTokenCap?: number | undefined
  /** Serves HTTPS in addition to HTTP. */
  tls?: Partial<TlsOptions> | undefined
  /** With a seed, the same calls produce the same ids. */
  idSeed?: number | undefined
  /** The reads, and the writes, that each world accepts per second; it refuses others with 429. Defaults to no limit. */
  rateLimit?: number | undefined
  /** The maximum number of worlds, not counting the default world. Defaults to 1,000. */
  maxWorlds?: number | undefined
  /** Refuses requests of the emulated API that name no world (`/w/{name}/v3`) with 400. Defaults to false. */
  requireWorld?: boolean | undefined
  /** The maximum number of requests in a world's journal. Defaults to 1,000. */
  journalSize?: number | undefined
  /** Whether the server has the console, a page for people under `/_mock/console`. Defaults to true. */
  console?: boolean | undefined
  /** The URL of an SMTP server that also receives the e-mails. */
  smtp?: string | undefined
  /** The origins whose pages may call the control API in a browser, such as `http://localhost:5173`. */
  controlOrigin?: string[] | undefined
  /** The token that the control API then needs: `Authorization: Bearer TOKEN`. */
  controlToken?: string | undefined
  /** Names with a dot by which clients may call the control API; `*.` stands for one label. Those of `tls.hosts` count, too. */
  controlHost?: string[] | undefined
  /** Defaults to the machine's clock. */
  clock?: Clock | undefined
  /** Returns the random bytes that ids are made from. Defaults to the system's. */
  random?: RandomBytes | undefined
  /** If absent, nothing is logged. */
  logger?: FastifyBaseLogger | undefined
}

/** A world of a running server. */
export class TokensMockWorld extends WorldControl {
  readonly name: string
  /** The base URL, such as `http://127.0.0.1:4747/w/one`; clients add `/v3`. */
  readonly url: string

  constructor(name: string, url: string, resolve: () => World) {
    super(resolve)
    this.name = name
    this.url = url
  }
}

/** A running server. The inherited methods act on its default world. */
export class TokensMock extends TokensMockWorld implements AsyncDisposable {
  /** Such as `https://127.0.0.1:4748`; undefined if HTTPS is off. */
  readonly tlsUrl: string | undefined
  /** The local certificate authority that clients must trust: its certificate in PEM, and the file with the certificate. */
  readonly authority: { cert: string; file: string } | undefined
  readonly #running: Running
  #closing: Promise<void> | undefined

  constructor(running: Running) {
    super(DEFAULT_WORLD, running.url, () => this.#open.worlds.default)
    this.tlsUrl = running.tlsUrl
    this.authority = running.authority
    this.#running = running
  }

  /** @throws UserError once `close` has been called */
  get #open(): Running {
    if (this.#closing) throw new UserError('The mock is closed.')
    return this.#running
  }

  /**
   * Returns a world, creating it from the fixture if it does not exist.
   *
   * @throws ApiError for an invalid name, TypeError for what is not a text
   */
  world(name: string): TokensMockWorld {
    const { worlds, url } = this.#open
    checkValue('world', 'name', someText, name)
    // Creates the world now, so that an invalid name throws here.
    worlds.get(name)
    return new TokensMockWorld(name, urlOfWorld(url, name), () => this.#open.worlds.get(name))
  }

  /** The names of all worlds, the default world first. */
  worlds(): string[] {
    return this.#open.worlds.all().map(({ name }) => name)
  }

  /** @throws ApiError for an unknown name and for the default world, TypeError for what is not a text */
  dropWorld(name: string): void {
    const { worlds } = this.#open
    checkValue('dropWorld', 'name', someText, name)
    worlds.drop(name)
  }

  /** Sends a request without a network, like Fastify's `inject`. */
  async inject(options: InjectOptions | string): Promise<LightMyRequestResponse> {
    return this.#open.inject(options)
  }

  /** Stops the server. Afterwards, every other method throws or rejects. */
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

/** A kind for each option. */
type Kinds<T> = Record<keyof T, Kind<unknown>>

/** The interval of the check for due e-mails, for worlds without requests, in milliseconds. */
const NOTICE_INTERVAL = 60_000

/**
 * Starts a server.
 *
 * @throws TypeError for an unknown option or a wrong value, FixtureError, DatabaseError, UserError for an old Node or unusable
 * TLS files, or Node's error if an address is not available
 */
export async function createTokensMock(options: TokensMockOptions = {}): Promise<TokensMock> {
  // An older Node would crash without a message when the database is opened.
  const problem = nodeVersionProblem(process.versions.node)
  if (problem) throw new UserError(problem)
  checkOptions('createTokensMock', OPTIONS satisfies Kinds<TokensMockOptions>, options)
  if (options.tls)
    checkOptions('createTokensMock', TLS_OPTIONS satisfies Kinds<TlsOptions>, options.tls, 'tls')
  const {
    host = DEFAULTS.host,
    hostname = host,
    port = 0,
    fixtures,
    smtp,
    logger,
    controlHost = [],
  } = options
  checkHosts(controlHost)
  const tls = options.tls && { port: 0, dataDirectory: DEFAULTS.dataDirectory, ...options.tls }
  const credentials = tls && (await credentialsOf(tls, [host, hostname]))
  // Imported only if used, because it loads slowly.
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
  const access = {
    hosts: [host, hostname, ...controlHost, ...(tls?.hosts ?? [])],
    origins: options.controlOrigin ?? [],
    token: options.controlToken,
  }
  const url = () => urlOf(hostname, (app.server.address() as AddressInfo).port)
  let secure: TlsListener | undefined
  const tlsUrl = () => secure && urlOf(hostname, secure.port, 'https')
  const app = buildApp({
    worlds,
    requireWorld: options.requireWorld ?? DEFAULTS.requireWorld,
    access,
    url: () => tlsUrl() ?? url(),
    authority: authority?.cert,
    hasConsole: options.console ?? true,
    logger,
  })
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
    url: url(),
    tlsUrl: tlsUrl(),
    authority,
    inject: (request) => app.inject(request),
    close,
  })
}
