import type { EventEmitter } from 'node:events'
import { exportState } from '../fixtures/export.ts'
import type { Fixture } from '../fixtures/schema.ts'
import { SNAPSHOT_CAP } from '../rules/caps.ts'
import type { Profile } from '../rules/defaults.ts'
import type { Store } from '../store/index.ts'
import type { Message } from '../store/messages.ts'
import { type Clock, type ClockMode, WorldClock } from './clock.ts'
import { type FaultRule, Faults } from './faults.ts'
import { type RandomBytes, WorldIds } from './ids.ts'
import { Journal, type JournalMemory } from './journal.ts'
import { sendNotices, skipNotices } from './outbox.ts'
import { restartDurations, type Template, templateOf } from './template.ts'

/** What the worlds of a server have in common. */
export interface WorldSettings {
  profile: Profile
  /** The most management tokens that a stack may have. */
  managementTokenCap: number
  /** The most delivery tokens that a stack may have; undefined for no cap. */
  deliveryTokenCap: number | undefined
  clock: Clock
  random: RandomBytes | undefined
  /** With it, the same calls give the same ids. */
  idSeed: number | undefined
  /** The rules that each world starts with. */
  faults: FaultRule[]
  /** How many requests a world's journal keeps. */
  journalSize: number
  journalMemory: JournalMemory
  /** Takes each e-mail that a world sends. */
  deliver: ((message: Message) => void) | undefined
}

/** One isolated copy of all that can change. */
export class World {
  readonly name: string
  readonly store: Store
  readonly settings: WorldSettings
  readonly clock: WorldClock
  readonly ids: WorldIds
  readonly faults: Faults
  readonly journal: Journal
  /** Whether it has accepted a request: a world that has only refused is the first to go. */
  hasAccepted = false
  /** How many requests are under way, in a world that can be dropped. */
  #busy = 0
  #isDropped = false
  readonly #template: Template
  readonly #snapshots = new Map<string, Buffer>()

  constructor(name: string, store: Store, template: Template, settings: WorldSettings) {
    this.name = name
    this.store = store
    this.settings = settings
    this.#template = template
    this.clock = new WorldClock(settings.clock)
    this.ids = new WorldIds((id) => store.hasId(id), settings.random)
    this.ids.restart(settings.idSeed ?? null)
    this.faults = new Faults(settings.faults)
    this.journal = new Journal(settings.journalSize, settings.journalMemory)
  }

  get isBusy(): boolean {
    return this.#busy > 0
  }

  /** Keeps the world open until the response of a request has been sent, or its client has gone. */
  stayUntil(response: EventEmitter): void {
    this.#busy += 1
    response.once('close', () => {
      this.#busy -= 1
      if (this.#isDropped && this.#busy === 0) this.store.close()
    })
  }

  /** Ends the world, as soon as no request is under way any more. */
  drop(): void {
    this.#isDropped = true
    this.journal.clear()
    if (this.#busy === 0) this.store.close()
  }

  /** The whole state as a fixture. */
  state(): Fixture {
    return exportState(this.store)
  }

  /** Everything as it was at the start: state, clock, ids, faults, journal, outbox. Snapshots stay. */
  reset(): void {
    const seed = this.settings.idSeed ?? null
    this.store.restore(this.#template.image)
    this.clock.set('real')
    this.ids.restart(seed)
    this.faults.reset(seed)
    this.journal.clear()
    this.startNow()
  }

  /** Lets the state begin now: durations count from now, and what fell due before is neither in the outbox nor sent. */
  startNow({ durations } = this.#template): void {
    const now = this.clock.now()
    restartDurations(this.store, durations, now)
    skipNotices(this.store, now)
  }

  /** Replaces the state by a fixture that has been checked. */
  load(fixture: Fixture): void {
    const template = templateOf(fixture, this.clock.now())
    this.store.restore(template.image)
    this.startNow(template)
  }

  /** Keeps the state, outbox included, under a name. Returns false where there are too many. */
  snapshot(name: string): boolean {
    if (!this.#snapshots.has(name) && this.#snapshots.size >= SNAPSHOT_CAP) return false
    this.#snapshots.set(name, this.store.image())
    return true
  }

  /** Goes back to a snapshot. Returns false where there is no such snapshot. */
  restore(name: string): boolean {
    const image = this.#snapshots.get(name)
    if (image) this.store.restore(image)
    return image !== undefined
  }

  snapshots(): string[] {
    return [...this.#snapshots.keys()]
  }

  /** Returns whether there was one. */
  deleteSnapshot(name: string): boolean {
    return this.#snapshots.delete(name)
  }

  /** @param now milliseconds since 1970; what the clock shows already where absent */
  setClock(mode: ClockMode, now?: number): void {
    this.clock.set(mode, now)
    this.sendNotices()
  }

  /** Moves the clock on, and sends what falls due on the way, in that order. */
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
    for (const message of sendNotices(this.store, this.clock.now())) this.settings.deliver?.(message)
  }

  close(): void {
    this.store.close()
  }
}
