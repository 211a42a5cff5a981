import type { EventEmitter } from 'node:events'
import { exportState } from '../fixtures/export.ts'
import type { Fixture } from '../fixtures/schema.ts'
import { SNAPSHOT_CAP } from '../rules/caps.ts'
import type { Profile } from '../rules/profiles.ts'
import type { Store } from '../store/index.ts'
import type { Message } from '../store/messages.ts'
import { type Clock, type ClockMode, WorldClock } from './clock.ts'
import { type FaultRule, Faults } from './faults.ts'
import { type RandomBytes, WorldIds } from './ids.ts'
import { Journal, type JournalMemory } from './journal.ts'
import { sendNotices, skipNotices } from './outbox.ts'
import { restartDurations, type Template, templateOf } from './template.ts'
import { TokenUses } from './token-uses.ts'

/** The settings that all worlds of a server share. */
export interface WorldSettings {
  profile: Profile
  /** The maximum number of management tokens in a stack. */
  managementTokenCap: number
  /** The maximum number of delivery tokens in a stack; undefined for no cap. */
  deliveryTokenCap: number | undefined
  clock: Clock
  random: RandomBytes | undefined
  /** With a seed, the same calls produce the same ids. */
  idSeed: number | undefined
  /** The fault rules that each world starts with. */
  faults: FaultRule[]
  /** The maximum number of requests in a world's journal. */
  journalSize: number
  journalMemory: JournalMemory
  /** Called with each e-mail that a world sends. */
  deliver: ((message: Message) => void) | undefined
}

/** One isolated copy of everything that can change. */
export class World {
  readonly name: string
  readonly store: Store
  readonly settings: WorldSettings
  readonly clock: WorldClock
  readonly ids: WorldIds
  readonly faults: Faults
  readonly journal: Journal
  readonly uses = new TokenUses()
  /** Whether the world has accepted a request. Worlds that have only refused requests are dropped first. */
  hasAccepted = false
  /** The number of requests in progress, counted only for requests that name the world in their prefix. */
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

  /** Keeps the world open until a response has been sent, or its client has disconnected. */
  stayUntil(response: EventEmitter): void {
    this.#busy += 1
    response.once('close', () => {
      this.#busy -= 1
      if (this.#isDropped && this.#busy === 0) this.store.close()
    })
  }

  /** Closes the world once no request is in progress. */
  drop(): void {
    this.#isDropped = true
    this.journal.clear()
    if (this.#busy === 0) this.store.close()
  }

  /** The whole state as a fixture. */
  state(): Fixture {
    return exportState(this.store)
  }

  /** Restores everything to the start: state, clock, ids, faults, journal, uses of tokens and outbox. Keeps the snapshots. */
  reset(): void {
    const seed = this.settings.idSeed ?? null
    this.store.restore(this.#template.image)
    this.clock.set('real')
    this.ids.restart(seed)
    this.faults.reset(seed)
    this.journal.clear()
    this.uses.clear()
    this.startNow()
  }

  /** Starts the state now: durations count from now, and e-mails that are already due are not sent. */
  startNow({ durations } = this.#template): void {
    const now = this.clock.now()
    restartDurations(this.store, durations, now)
    skipNotices(this.store, now)
  }

  /** Replaces the state with a fixture, which must have been checked. */
  load(fixture: Fixture): void {
    const template = templateOf(fixture, this.clock.now())
    this.store.restore(template.image)
    this.uses.clear()
    this.startNow(template)
  }

  /** Saves the state, including the outbox, under a name. Returns false at the cap. */
  snapshot(name: string): boolean {
    if (!this.#snapshots.has(name) && this.#snapshots.size >= SNAPSHOT_CAP) return false
    this.#snapshots.set(name, this.store.image())
    return true
  }

  /** Restores a snapshot. Returns false for an unknown name. */
  restore(name: string): boolean {
    const image = this.#snapshots.get(name)
    if (image) this.store.restore(image)
    return image !== undefined
  }

  snapshots(): string[] {
    return [...this.#snapshots.keys()]
  }

  /** Returns whether the snapshot existed. */
  deleteSnapshot(name: string): boolean {
    return this.#snapshots.delete(name)
  }

  /** @param now milliseconds since 1970; defaults to the clock's current time */
  setClock(mode: ClockMode, now?: number): void {
    this.clock.set(mode, now)
    this.sendNotices()
  }

  /** Advances the clock, and sends the e-mails that become due. */
  advanceClock(to: number): void {
    this.clock.advance(to)
    this.sendNotices()
  }

  /** Restarts the sequences of the ids and of the faults' probability; null makes ids random. */
  seedIds(seed: number | null): void {
    this.ids.restart(seed)
    this.faults.restart(seed)
  }

  /** Sends the e-mails that are due. */
  sendNotices(): void {
    for (const message of sendNotices(this.store, this.clock.now())) this.settings.deliver?.(message)
  }

  close(): void {
    this.store.close()
  }
}
