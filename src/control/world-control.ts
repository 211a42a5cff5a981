import { fixtureProblems } from '../fixtures/check.ts'
import type { Fixture } from '../fixtures/schema.ts'
import { SNAPSHOT_CAP } from '../rules/caps.ts'
import { ApiError, badRequest } from '../rules/errors.ts'
import { wellFormed } from '../rules/input.ts'
import { timeAfter, timeOf } from '../rules/time.ts'
import type { Message } from '../store/messages.ts'
import type { ClockReading } from '../world/clock.ts'
import { type FaultReading, presetRules } from '../world/faults.ts'
import type { JournalEntry, JournalFilter } from '../world/journal.ts'
import type { World } from '../world/world.ts'
import type { SetClock, SetFaults } from './schemas.ts'

/**
 * Headers for the length of a response and for the connection. With a wrong one, clients may wait forever, and Node refuses
 * some of them.
 */
const FRAMING =
  /^(content-length|transfer-encoding|trailer|te|connection|proxy-connection|keep-alive|upgrade)$/i

const noSnapshot = (name: string) => new ApiError(404, `There is no snapshot '${name}'.`, 404)

/** The operations that control a world, for the control API and for programs. */
export class WorldControl {
  readonly #resolve: () => World

  /** @param resolve returns the world, which may differ between calls: a dropped world is created again */
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

  /** Replaces the state with a fixture. @throws 422 that lists the mistakes in the fixture */
  load(fixture: unknown): void {
    const world = this.#world
    const problems = fixtureProblems(fixture)
    if (problems.length > 0)
      throw new ApiError(422, 'The fixture cannot be loaded.', 422, {
        fields: { fixture: problems },
        reason: problems.join(' '),
      })
    world.load(wellFormed(fixture) as Fixture)
  }

  /** Restores everything to the start: state, clock, ids, faults, journal and outbox. Keeps the snapshots. */
  reset(): void {
    this.#world.reset()
  }

  /** Saves the state, including the outbox, under a name. @throws 422 at the cap */
  snapshot(name: string): void {
    if (!this.#world.snapshot(name))
      throw new ApiError(422, `A world keeps at most ${SNAPSHOT_CAP} snapshots. Delete one first.`, 422)
  }

  /** @throws 404 for an unknown name */
  restore(name: string): void {
    if (!this.#world.restore(name)) throw noSnapshot(name)
  }

  snapshots(): string[] {
    return this.#world.snapshots()
  }

  /** @throws 404 for an unknown name */
  deleteSnapshot(name: string): void {
    if (!this.#world.deleteSnapshot(name)) throw noSnapshot(name)
  }

  readonly clock = {
    read: (): ClockReading => this.#world.clock.reading(),

    /** @throws 400 for a `now` that is neither a date nor a date-time */
    set: ({ mode, now }: SetClock): ClockReading => {
      const world = this.#world
      const time = now === undefined ? undefined : timeOf(now)
      if (Number.isNaN(time)) throw badRequest(`'${now}' is neither a date nor a date-time.`)
      world.setClock(mode, time)
      return world.clock.reading()
    },

    /** @throws 400 for a text that is not an ISO 8601 duration */
    advance: (duration: string): ClockReading => {
      const time = timeAfter(duration, this.#world.clock.now())
      if (time === undefined) throw badRequest(`'${duration}' is not an ISO 8601 duration such as P7D.`)
      this.#world.advanceClock(time)
      return this.#world.clock.reading()
    },
  }

  readonly ids = {
    /** Null if ids are random. */
    seed: (): number | null => this.#world.ids.seed,

    /** Restarts the sequence of a seed, with which the same calls produce the same ids; null makes ids random. */
    restart: (seed: number | null): void => this.#world.seedIds(seed),
  }

  readonly faults = {
    list: (): FaultReading[] => this.#world.faults.readings(),

    /** Replaces all rules. Those of the presets come first. @throws 400 for a rule that sets a header of the connection */
    set: ({ presets = [], rules = [] }: SetFaults): void => {
      const { faults } = this.#world
      const framing = rules
        .flatMap(({ headers = {} }) => Object.keys(headers))
        .find((name) => FRAMING.test(name))
      if (framing !== undefined) throw badRequest(`A fault rule cannot set the header ${framing}.`)
      faults.set([...presets.map((preset) => presetRules[preset]), ...rules])
    },

    clear: (): void => this.#world.faults.set([]),
  }

  readonly requests = {
    /** Newest first, without secrets. */
    list: (filter: JournalFilter = {}, limit?: number): JournalEntry[] =>
      this.#world.journal.list(filter, limit),

    count: (filter: JournalFilter = {}): number => this.#world.journal.count(filter),

    /**
     * Resolves to a matching request: the newest in the journal, or else the next one.
     *
     * @param options.timeout an ISO 8601 duration, PT5S if absent
     * @throws ApiError 400 for an invalid duration; rejects with an Error if no request matches in time
     */
    waitFor: async (
      filter: JournalFilter = {},
      { timeout = 'PT5S' }: { timeout?: string } = {},
    ): Promise<JournalEntry> => {
      const milliseconds = timeAfter(timeout, 0)
      if (milliseconds === undefined)
        throw badRequest(`'${timeout}' is not an ISO 8601 duration such as PT5S.`)
      const found = await this.#world.journal.next(filter, milliseconds)
      if (!found) throw new Error(`No request matched within ${timeout}: ${JSON.stringify(filter)}`)
      return found
    },

    clear: (): void => this.#world.journal.clear(),

    /** Calls `listener` with each new request. Returns a function that unsubscribes it. */
    subscribe: (listener: (entry: JournalEntry) => void): (() => void) =>
      this.#world.journal.subscribe(listener),
  }

  readonly outbox = {
    /** Newest first. */
    list: (): Message[] => {
      this.#world.sendNotices()
      return this.#world.store.messages.all()
    },

    clear: (): void => this.#world.store.messages.clear(),
  }
}
