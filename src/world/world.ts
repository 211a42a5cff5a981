import { exportState } from '../fixtures/export.ts'
import { loadFixture } from '../fixtures/load.ts'
import type { Fixture } from '../fixtures/schema.ts'
import { JOURNAL_SIZE, SNAPSHOT_CAP } from '../rules/caps.ts'
import { copyStore, openStore, type Store } from '../store/index.ts'
import type { Message } from '../store/messages.ts'
import { type Clock, type ClockMode, systemClock, timestamp, WorldClock } from './clock.ts'
import { sendNotices, skipNotices } from './expiry-notices.ts'
import { type FaultRule, Faults } from './faults.ts'
import { type RandomBytes, WorldIds } from './ids.ts'
import { Journal, type JournalMemory } from './journal.ts'

/** What the worlds of a server have in common. */
export interface WorldSettings {
  clock?: Clock
  random?: RandomBytes
  /** With it, the same calls give the same ids. */
  idSeed?: number
  /** The rules that each world starts with. */
  faults: FaultRule[]
  /** How many requests a world's journal keeps. */
  journalSize?: number
  journalMemory: JournalMemory
  /** Takes each e-mail that a world sends. */
  deliver?: (message: Message) => void
}

/** One isolated copy of all that can change. */
export class World {
  readonly name: string
  readonly store: Store
  readonly clock: WorldClock
  readonly ids: WorldIds
  readonly faults: Faults
  readonly journal: Journal
  /** How many requests are being answered. */
  busy = 0
  readonly #fixture: Buffer
  readonly #idSeed: number | null
  readonly #deliver: (message: Message) => void
  readonly #snapshots = new Map<string, Buffer>()

  /** @param fixture the image of a store, for a reset to go back to */
  constructor(name: string, store: Store, fixture: Buffer, settings: WorldSettings) {
    this.name = name
    this.store = store
    this.#fixture = fixture
    this.#idSeed = settings.idSeed ?? null
    this.#deliver = settings.deliver ?? (() => {})
    this.clock = new WorldClock(settings.clock ?? systemClock)
    this.ids = new WorldIds((id) => store.hasId(id), settings.random)
    this.ids.restart(this.#idSeed)
    this.faults = new Faults(settings.faults)
    this.journal = new Journal(settings.journalSize ?? JOURNAL_SIZE, settings.journalMemory)
  }

  /** Now, as the API writes times. */
  timestamp(): string {
    return timestamp(this.clock)
  }

  /** The whole state as a fixture. */
  state(): Fixture {
    return exportState(this.store)
  }

  /** Everything as it was at the start: state, clock, ids, faults, journal, outbox. Snapshots stay. */
  reset(): void {
    this.store.restore(this.#fixture)
    this.clock.set('real')
    this.ids.restart(this.#idSeed)
    this.faults.reset(this.#idSeed)
    this.journal.clear()
    this.skipNotices()
  }

  /** Replaces the state by a fixture that has been checked. */
  load(fixture: Fixture): void {
    this.store.restore(imageOf(fixture, this.clock.now()))
  }

  /** Keeps the state, outbox included, under a name. Answers false where there are too many. */
  snapshot(name: string): boolean {
    if (!this.#snapshots.has(name) && this.#snapshots.size >= SNAPSHOT_CAP) return false
    this.#snapshots.set(name, this.store.image())
    return true
  }

  /** Goes back to a snapshot. Answers false where there is none. */
  restore(name: string): boolean {
    const image = this.#snapshots.get(name)
    if (image) this.store.restore(image)
    return image !== undefined
  }

  snapshots(): string[] {
    return [...this.#snapshots.keys()]
  }

  /** Answers whether there was one. */
  deleteSnapshot(name: string): boolean {
    return this.#snapshots.delete(name)
  }

  /** @param now milliseconds since 1970; what the clock shows already where absent */
  setClock(mode: ClockMode, now?: number): void {
    this.clock.set(mode, now)
    this.sendNotices()
  }

  /** Moves the clock on, and does what falls due on the way, in the order of that. */
  advanceClock(to: number): void {
    this.clock.advance(to)
    this.sendNotices()
  }

  /** Starts the order of ids, and of chance in faults, from the beginning; null for random ids. */
  seedIds(seed: number | null): void {
    this.ids.restart(seed)
    this.faults.restart(seed)
  }

  /** Sends the e-mails that have fallen due. */
  sendNotices(): void {
    for (const message of sendNotices(this.store, this.clock.now())) this.#deliver(message)
  }

  /** For a state that begins now: what fell due before is in no outbox, and is not sent. */
  skipNotices(): void {
    skipNotices(this.store, this.clock.now())
  }

  close(): void {
    this.store.close()
  }
}

/**
 * The image of a store that a fixture has filled. Its outbox is empty.
 *
 * @param now milliseconds since 1970, from which durations count
 */
export function imageOf(fixture: Fixture, now: number): Buffer {
  const store = openStore(':memory:')
  store.write(() => loadFixture(store, fixture, now))
  skipNotices(store, now)
  const image = store.image()
  store.close()
  return image
}

/** A world in memory, as the image has it. */
export function copyWorld(name: string, image: Buffer, settings: WorldSettings): World {
  const world = new World(name, copyStore(image), image, settings)
  world.skipNotices()
  return world
}
