import type { AddressInfo } from 'node:net'
import type { FastifyBaseLogger, InjectOptions, LightMyRequestResponse } from 'fastify'
import { buildApp } from './app.ts'
import type { Introspection, TokenReading } from './control/introspection.ts'
import { type ClockSetting, WorldControl } from './control/world-control.ts'
import type { Fixture } from './fixtures/schema.ts'
import { fixtureSource } from './fixtures/source.ts'
import { checkOptions, checkValue, type Kind, someText } from './rules/arguments.ts'
import { DEFAULTS } from './rules/defaults.ts'
import { checkHosts } from './rules/host.ts'
import { nodeVersionProblem } from './rules/node-version.ts'
import { OPTIONS, TLS_OPTIONS } from './rules/options.ts'
import type { Profile } from './rules/profiles.ts'
import { UserError } from './rules/user-error.ts'
import { urlOf } from './server/address.ts'
import {
  credentialsOf,
  listenTls,
  type TlsListener,
  type TlsOptions,
  type TrustedAuthority,
} from './server/tls/listener.ts'
import { sendNotices, urlOfWorld } from './server/world-prefix.ts'
import type { Message } from './store/messages.ts'
import type { Clock, ClockReading } from './world/clock.ts'
import { type Preset, rateLimit } from './world/fault-presets.ts'
import type { FaultReading, FaultRule } from './world/faults.ts'
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
  TrustedAuthority,
}

/** The options of a server, for programs and for the command. */
export interface TokensMockOptions {
  /**
   * The address or host name to listen on; `0.0.0.0` for all addresses. Defaults to `127.0.0.1`.
   *
   * @throws Node's error for an address that this machine does not have
   */
  host?: string | undefined
  /**
   * The host in every URL that the server returns, such as `url`. Defaults to the address that it listens on. The official
   * client retries failed calls only at a host name: neither at an IP address nor at localhost.
   */
  hostname?: string | undefined
  /**
   * The port to listen on, 0 to 65535. Defaults to 0, which is any free port; `url` then has its number.
   *
   * @throws Node's error for a port in use
   */
  port?: number | undefined
  /**
   * The path of an SQLite file that stores the default world, or `:memory:`, which is the default.
   *
   * @throws DatabaseError for a file that cannot be used, or that another fixture has filled
   */
  database?: string | undefined
  /**
   * The name of a built-in fixture, the path of a JSON file, or the content itself. Defaults to the fixture that filled the
   * database, or to `documentation` if the database is empty.
   *
   * @throws FixtureError for an unknown name or a wrong content
   */
  fixtures?: string | Fixture | undefined
  /** Which source wins where the documentation and the service disagree. Defaults to `compatible`, which returns both. */
  profile?: Profile | undefined
  /**
   * The maximum number of management tokens in a stack, 0 to 1,000,000. Defaults to 10. A request for one more gets 422 with
   * the code 141.
   */
  managementTokenCap?: number | undefined
  /**
   * The maximum number of delivery tokens in a stack, 0 to 1,000,000. Defaults to no cap. A request for one more gets 422
   * with the code 141.
   */
  deliveryTokenCap?: number | undefined
  /**
   * Serves HTTPS in addition to HTTP, with these options; `{}` for a certificate of a local authority on any free port.
   * Defaults to HTTP only.
   *
   * @throws UserError for files that cannot be used
   */
  tls?: Partial<TlsOptions> | undefined
  /** A whole number with which the same calls produce the same ids. Defaults to random ids. */
  idSeed?: number | undefined
  /**
   * How many reads, and how many writes, each world accepts per second, 1 to 999,999,999. It refuses others with 429.
   * Defaults to no limit.
   */
  rateLimit?: number | undefined
  /**
   * The maximum number of worlds, not counting the default world, 0 to 1,000,000. Defaults to 1,000. For one more, the least
   * recently used is dropped; if all have requests in progress, the request gets 429.
   */
  maxWorlds?: number | undefined
  /** Refuses requests of the emulated API that name no world (`/w/{name}/v3`) with 400. Defaults to false. */
  requireWorld?: boolean | undefined
  /** The maximum number of requests in a world's journal, 0 to 1,000,000. Defaults to 1,000. The oldest are dropped first. */
  journalSize?: number | undefined
  /** Whether the server has the console, a page for people under `/_mock/console`. Defaults to true. */
  console?: boolean | undefined
  /**
   * The URL of an SMTP server that also receives the e-mails, such as `smtp://localhost:1025`. Defaults to none. An e-mail
   * that it refuses is an error in the log.
   */
  smtp?: string | undefined
  /**
   * The origins whose pages may call the control API in a browser, such as `http://localhost:5173`. Defaults to none.
   */
  controlOrigin?: string[] | undefined
  /** The token that the control API then needs: `Authorization: Bearer TOKEN`. Defaults to none. */
  controlToken?: string | undefined
  /**
   * Names with a dot by which clients may call the control API; `*.` stands for one label. Those of `tls.hosts` count, too.
   * Defaults to none.
   *
   * @throws UserError for what is neither a host name nor an IP address
   */
  controlHost?: string[] | undefined
  /** Returns the time in milliseconds since 1970. Defaults to the machine's clock. Each world may set its own clock besides. */
  clock?: Clock | undefined
  /** Returns the given number of random bytes, which ids are made from. Defaults to the system's. */
  random?: RandomBytes | undefined
  /** A Pino logger, or one with its methods. Defaults to no log. */
  logger?: FastifyBaseLogger | undefined
}

/** A world of a running server. */
export class TokensMockWorld extends WorldControl {
  /** The name of the world, `default` for the one that requests without a prefix are for. */
  readonly name: string
  /** The base URL without a slash at the end, such as `http://127.0.0.1:4747/w/one`; clients add `/v3`. */
  readonly url: string

  /** @internal */
  constructor(name: string, url: string, resolve: () => World) {
    super(resolve)
    this.name = name
    this.url = url
  }
}

/** A running server. The inherited methods act on its default world. */
export class TokensMock extends TokensMockWorld implements AsyncDisposable {
  /** The base URL of HTTPS, such as `https://127.0.0.1:4748`; undefined if HTTPS is off, which is the default. */
  readonly tlsUrl: string | undefined
  /** The local certificate authority that clients must trust. Undefined if HTTPS is off or uses your own certificate. */
  readonly authority: TrustedAuthority | undefined
  readonly #running: Running
  #closing: Promise<void> | undefined

  /** @internal */
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
   * @param name 1 to 64 letters, digits, dashes, underscores and inner dots
   * @throws ApiError 400 for an invalid name, 429 if `maxWorlds` worlds have requests in progress
   * @throws TypeError for what is not a text
   * @throws UserError once the server is closed
   */
  world(name: string): TokensMockWorld {
    const { worlds, url } = this.#open
    checkValue('world', 'name', someText, name)
    // Creates the world now, so that an invalid name throws here.
    worlds.get(name)
    return new TokensMockWorld(name, urlOfWorld(url, name), () => this.#open.worlds.get(name))
  }

  /**
   * The names of all worlds: the default world first, then the others, least recently used first.
   *
   * @throws UserError once the server is closed
   */
  worlds(): string[] {
    return this.#open.worlds.all().map(({ name }) => name)
  }

  /**
   * Drops a world with its state. One with requests in progress ends with them.
   *
   * @throws ApiError 404 for an unknown name, 422 for the default world
   * @throws TypeError for what is not a text
   * @throws UserError once the server is closed
   */
  dropWorld(name: string): void {
    const { worlds } = this.#open
    checkValue('dropWorld', 'name', someText, name)
    worlds.drop(name)
  }

  /**
   * Sends a request without a network, like Fastify's `inject`. Resolves to the response, whatever its status.
   *
   * @throws Error if a fault rule breaks the connection, UserError once the server is closed
   */
  async inject(options: InjectOptions | string): Promise<LightMyRequestResponse> {
    return this.#open.inject(options)
  }

  /** Stops the server. Calling it again does nothing. Afterwards, every other method throws or rejects with a UserError. */
  close(): Promise<void> {
    this.#closing ??= this.#running.close()
    return this.#closing
  }

  /** Stops the server, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

interface Running {
  worlds: Worlds
  url: string
  tlsUrl: string | undefined
  authority: TrustedAuthority | undefined
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
  const { host = DEFAULTS.host, hostname = host, port = 0, smtp, logger, controlHost = [] } = options
  checkHosts(controlHost)
  const tls = options.tls && { port: 0, dataDirectory: DEFAULTS.dataDirectory, ...options.tls }
  const credentials = tls && (await credentialsOf(tls, [host, hostname]))
  const mailer = smtp === undefined ? undefined : await mailerTo(smtp, logger)
  const worlds = worldsOf(options, mailer?.send)
  const authority = credentials?.authority
  const url = () => urlOf(hostname, (app.server.address() as AddressInfo).port)
  let secure: TlsListener | undefined
  const tlsUrl = () => secure && urlOf(hostname, secure.port, 'https')
  const app = buildApp({
    worlds,
    requireWorld: options.requireWorld ?? DEFAULTS.requireWorld,
    access: {
      hosts: [host, hostname, ...controlHost, ...(tls?.hosts ?? [])],
      origins: options.controlOrigin ?? [],
      token: options.controlToken,
    },
    url: () => tlsUrl() ?? url(),
    authority: authority?.cert,
    hasConsole: options.console ?? DEFAULTS.console,
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

/** Imports the mailer only if it is used, because it loads slowly. */
async function mailerTo(smtp: string, logger: FastifyBaseLogger | undefined) {
  const { createMailer } = await import('./world/mailer.ts')
  return createMailer(smtp, (error) => logger?.error(error, 'e-mail not sent'))
}

/** @param deliver also sends an e-mail elsewhere */
const worldsOf = (options: TokensMockOptions, deliver: ((message: Message) => void) | undefined) =>
  new Worlds({
    database: options.database ?? DEFAULTS.database,
    fixture: options.fixtures === undefined ? undefined : fixtureSource(options.fixtures),
    profile: options.profile ?? DEFAULTS.profile,
    managementTokenCap: options.managementTokenCap ?? DEFAULTS.managementTokenCap,
    deliveryTokenCap: options.deliveryTokenCap,
    maxWorlds: options.maxWorlds ?? DEFAULTS.maxWorlds,
    journalSize: options.journalSize ?? DEFAULTS.journalSize,
    faults: options.rateLimit === undefined ? [] : [rateLimit(options.rateLimit)],
    deliver,
    clock: options.clock ?? Date,
    random: options.random,
    idSeed: options.idSeed,
  })
