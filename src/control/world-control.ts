import { fixtureProblems } from '../fixtures/check.ts'
import type { Fixture } from '../fixtures/schema.ts'
import {
  checkArgument,
  checkOptions,
  checkValue,
  type Kind,
  someFunction,
  wholeNumber,
  wrongValue,
} from '../rules/arguments.ts'
import { wellFormed } from '../rules/input.ts'
import { timeAfter, timeOf } from '../rules/time.ts'
import type { Message } from '../store/messages.ts'
import type { ClockReading } from '../world/clock.ts'
import { presetRules } from '../world/fault-presets.ts'
import type { FaultReading } from '../world/faults.ts'
import type { JournalEntry, JournalFilter } from '../world/journal.ts'
import type { World } from '../world/world.ts'
import { SetClock } from './clock.ts'
import { framingHeaderIn, SetFaults } from './faults.ts'
import { Ids } from './ids.ts'
import { type Introspection, introspect, type TokenReading, tokensOf } from './introspection.ts'
import { CountRequests } from './requests.ts'
import { ByName } from './route.ts'
import { noSnapshot, tooManySnapshots } from './snapshots.ts'
import { unloadable } from './state.ts'
import { Introspect } from './tokens.ts'

const someDuration: Kind<string> = {
  expected: 'an ISO 8601 duration such as PT5S',
  accepts: (value): value is string => typeof value === 'string' && timeAfter(value, 0) !== undefined,
}

/** The most entries that a list of requests may ask for. Over HTTP it is nine digits, too. */
const limitKind = wholeNumber(0, 999_999_999)

/** The clock's new mode and time. */
export type ClockSetting = Omit<SetClock, 'now'> & {
  /** An ISO 8601 date or date-time, or a Date. Defaults to the current time of the clock. */
  now?: string | Date | undefined
}

/** In milliseconds since 1970; NaN for what is neither a date nor a date-time. */
const timeIn = (now: string | Date) => (now instanceof Date ? now.getTime() : timeOf(now))

/** The operations that control a world, for the control API and for programs. A wrong argument is a TypeError. */
export class WorldControl {
  readonly #resolve: () => World

  /**
   * @internal
   * @param resolve returns the world, which may differ between calls: a dropped world is created again
   */
  constructor(resolve: () => World) {
    this.#resolve = resolve
  }

  get #world(): World {
    return this.#resolve()
  }

  /** Exports the whole state as a fixture, including the values of tokens. Loading it restores the same state. */
  state(): Fixture {
    return this.#world.state()
  }

  /**
   * Replaces the state with a fixture, and empties the outbox.
   *
   * @throws ApiError 422 that lists the mistakes in the fixture
   */
  load(fixture: unknown): void {
    const world = this.#world
    const problems = fixtureProblems(fixture)
    if (problems.length > 0) throw unloadable(problems)
    world.load(wellFormed(fixture) as Fixture)
  }

  /** Restores everything to the start: state, clock, ids, faults, journal, uses of tokens and outbox. Keeps the snapshots. */
  reset(): void {
    this.#world.reset()
  }

  /**
   * Saves the state, including the outbox, under a name. A snapshot of that name is replaced.
   *
   * @param name 1 to 100 characters
   * @throws ApiError 422 for a further name if there are 100 snapshots, TypeError for a wrong name
   */
  snapshot(name: string): void {
    const world = this.#world
    checkArgument('snapshot', ByName.properties.name, name, 'name')
    if (!world.snapshot(name)) throw tooManySnapshots()
  }

  /**
   * Restores a snapshot. The clock, the ids, the faults, the journal and the uses of tokens stay.
   *
   * @throws ApiError 404 for an unknown name, TypeError for a wrong one
   */
  restore(name: string): void {
    const world = this.#world
    checkArgument('restore', ByName.properties.name, name, 'name')
    if (!world.restore(name)) throw noSnapshot(name)
  }

  /** The names of the snapshots, oldest first. */
  snapshots(): string[] {
    return this.#world.snapshots()
  }

  /** Deletes a snapshot. @throws ApiError 404 for an unknown name, TypeError for a wrong one */
  deleteSnapshot(name: string): void {
    const world = this.#world
    checkArgument('deleteSnapshot', ByName.properties.name, name, 'name')
    if (!world.deleteSnapshot(name)) throw noSnapshot(name)
  }

  /** The clock of the world, by which tokens expire and e-mails are sent. */
  readonly clock = {
    /** The mode, and the time in ISO 8601 with milliseconds and Z. A new world's clock is `real`. */
    read: (): ClockReading => this.#world.clock.reading(),

    /**
     * Sets the mode and the time. Sends the e-mails that become due.
     *
     * @throws TypeError for a wrong value
     */
    set: (setting: ClockSetting): ClockReading => {
      const world = this.#world
      const { mode, now } = Object(setting) as ClockSetting
      // The schema only knows texts. What they say is checked below.
      checkArgument('clock.set', SetClock, now === undefined ? setting : { ...setting, now: String(now) })
      const time = now === undefined ? undefined : timeIn(now)
      if (Number.isNaN(time))
        throw wrongValue('clock.set', 'now', now, { expected: 'an ISO 8601 date or date-time, or a Date' })
      world.setClock(mode, time)
      return world.clock.reading()
    },

    /**
     * Advances the clock, and sends the e-mails that become due. A `real` clock turns into an `offset` one.
     *
     * @param duration in ISO 8601, such as P7D
     * @throws TypeError for any other text
     */
    advance: (duration: string): ClockReading => {
      const world = this.#world
      const time = timeAfter(duration, world.clock.now())
      if (time === undefined)
        throw wrongValue('clock.advance', 'duration', duration, {
          expected: 'an ISO 8601 duration such as P7D',
        })
      world.advanceClock(time)
      return world.clock.reading()
    },
  }

  /** The ids that the world gives to what is created. */
  readonly ids = {
    /** The seed, which is the option `idSeed` at the start; null if ids are random. */
    seed: (): number | null => this.#world.ids.seed,

    /** Restarts the sequence of a seed, with which the same calls produce the same ids; null makes ids random. @throws TypeError for anything but a whole number or null */
    restart: (seed: number | null): void => {
      const world = this.#world
      checkArgument('ids.restart', Ids.properties.seed, seed, 'seed')
      world.seedIds(seed)
    },
  }

  /** The fault rules of the world: none at the start, or that of the option `rateLimit`. */
  readonly faults = {
    /** The rules in their order, each with the number of requests that it affected. */
    list: (): FaultReading[] => this.#world.faults.readings(),

    /**
     * Replaces all rules. Those of the presets come first.
     *
     * The official client retries a 429, a 5xx and a reset only at a host name: see `hostname` of `createTokensMock`. At an
     * IP address and at localhost, its call never settles.
     *
     * @throws TypeError for an unknown key or a wrong value
     */
    set: (given: SetFaults): void => {
      const { faults } = this.#world
      checkArgument('faults.set', SetFaults, given)
      const framing = framingHeaderIn(given)
      if (framing)
        throw wrongValue('faults.set', framing.place, framing.value, {
          expected: 'no header of the connection',
        })
      const { presets = [], rules = [] } = given
      faults.set([...presets.map((preset) => presetRules[preset]), ...rules])
    },

    /** Removes all rules. */
    clear: (): void => this.#world.faults.set([]),
  }

  /** The journal of the requests to the world, without secrets. */
  readonly requests = {
    /**
     * The requests that match, newest first.
     *
     * @param filter defaults to all requests
     * @param limit the most entries, 0 to 999,999,999; defaults to all
     * @throws TypeError for an unknown key or a wrong value
     */
    list: (filter: JournalFilter = {}, limit?: number): JournalEntry[] => {
      const { journal } = this.#world
      checkArgument('requests.list', CountRequests, filter)
      if (limit !== undefined) checkValue('requests.list', 'limit', limitKind, limit)
      return journal.list(filter, limit)
    },

    /** The number of requests that match; of all requests by default. @throws TypeError for an unknown key or a wrong value */
    count: (filter: JournalFilter = {}): number => {
      const { journal } = this.#world
      checkArgument('requests.count', CountRequests, filter)
      return journal.count(filter)
    },

    /**
     * Resolves to a matching request: the newest in the journal, or else the next one.
     *
     * @throws Error if no request matches in time, TypeError for an unknown key or a wrong value
     */
    waitFor: async (
      filter: JournalFilter = {},
      options: {
        /** An ISO 8601 duration. Defaults to PT5S. */
        timeout?: string | undefined
      } = {},
    ): Promise<JournalEntry> => {
      const { journal } = this.#world
      checkArgument('requests.waitFor', CountRequests, filter)
      checkOptions('requests.waitFor', { timeout: someDuration }, options)
      const { timeout = 'PT5S' } = options
      const found = await journal.next(filter, timeAfter(timeout, 0) as number)
      if (!found) throw new Error(`No request matched within ${timeout}: ${JSON.stringify(filter)}`)
      return found
    },

    /** Empties the journal. */
    clear: (): void => this.#world.journal.clear(),

    /** Calls `listener` with each new request. Returns a function that ends this. @throws TypeError for what is not a function */
    subscribe: (listener: (entry: JournalEntry) => void): (() => void) => {
      const { journal } = this.#world
      checkValue('requests.subscribe', 'listener', someFunction, listener)
      return journal.subscribe(listener)
    },
  }

  /** The delivery, preview and management tokens of all stacks. */
  readonly tokens = {
    /** All tokens with their uses, newest first, without their values. */
    list: (): TokenReading[] => tokensOf(this.#world),

    /** What the value of a token is, and what it may read. An unknown value is not active. @throws TypeError for a wrong value */
    introspect: (token: string): Introspection => {
      const world = this.#world
      checkArgument('tokens.introspect', Introspect.properties.token, token, 'token')
      return introspect(world, token)
    },
  }

  /** The e-mails that the world has sent. */
  readonly outbox = {
    /** The e-mails, newest first. Sends those that are due before. */
    list: (): Message[] => {
      this.#world.sendNotices()
      return this.#world.store.messages.all()
    },

    /** Empties the outbox. */
    clear: (): void => this.#world.store.messages.clear(),
  }
}
