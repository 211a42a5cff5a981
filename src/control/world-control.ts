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
 * Headers that say where an answer ends, or what becomes of the connection: with a wrong one a client would wait for more, and Node
 * itself refuses some.
 */
const FRAMING =
  /^(content-length|transfer-encoding|trailer|te|connection|proxy-connection|keep-alive|upgrade)$/i

const noSnapshot = (name: string) => new ApiError(404, `There is no snapshot '${name}'.`, 404)

/** What a test may do to a world. The control API and the programmatic API are this, each in its own words. */
export class WorldControl {
  readonly #resolve: () => World

  /** @param resolve gives the world, which may be another one each time: one that was dropped is made anew */
  constructor(resolve: () => World) {
    this.#resolve = resolve
  }

  get #world(): World {
    return this.#resolve()
  }

  /** The whole state, values of tokens included, as a fixture that gives the same state again. */
  state(): Fixture {
    return this.#world.state()
  }

  /** @throws 422 with every mistake of the fixture */
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

  /** Everything as it was at the start: state, clock, ids, faults, journal, outbox. Snapshots stay. */
  reset(): void {
    this.#world.reset()
  }

  /** Keeps the state and the outbox under a name. @throws 422 where there are too many */
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

    /** @throws 400 for what is no duration */
    advance: (duration: string): ClockReading => {
      const time = timeAfter(duration, this.#world.clock.now())
      if (time === undefined) throw badRequest(`'${duration}' is not an ISO 8601 duration such as P7D.`)
      this.#world.advanceClock(time)
      return this.#world.clock.reading()
    },
  }

  readonly ids = {
    /** Null where ids are random. */
    seed: (): number | null => this.#world.ids.seed,

    /** With a seed, the same calls give the same ids from now on; null makes them random. */
    restart: (seed: number | null): void => this.#world.seedIds(seed),
  }

  readonly faults = {
    list: (): FaultReading[] => this.#world.faults.readings(),

    /** Replaces all rules: those of the presets first. @throws 400 for a header of the connection's */
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

    clear: (): void => this.#world.journal.clear(),

    /** Calls back for each further request. Returns what ends that. */
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
