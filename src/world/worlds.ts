import { type FixtureSource, fixtureSource, refuseOther, sourceOf } from '../fixtures/source.ts'
import { DEFAULTS } from '../rules/defaults.ts'
import { ApiError } from '../rules/errors.ts'
import { copyStore, openStore } from '../store/index.ts'
import { JournalMemory } from './journal.ts'
import { type Template, templateOf } from './template.ts'
import { World, type WorldSettings } from './world.ts'

export interface WorldsOptions extends Omit<WorldSettings, 'journalMemory'> {
  /** Where the default world is stored: a path, or `:memory:`. The other worlds are in memory. */
  database: string
  /** What fills a world. Defaults to the fixture that filled the database, or else to `documentation`. */
  fixture: FixtureSource | undefined
  /** The maximum number of worlds, not counting the default world. */
  maxWorlds: number
}

/** The world of a request that does not name one. */
export const DEFAULT_WORLD = 'default'

/** No dot at either end: URL clients resolve `.` and `..` before they send a path. */
const NAME = /^[\w-](?:[\w.-]{0,62}[\w-])?$/

export const badName = (name: string) =>
  new ApiError(
    400,
    `'${name}' cannot name a world. A name has 1 to 64 letters, digits, dashes, underscores and inner dots.`,
    400,
  )

export const unknownWorld = (name: string) => new ApiError(404, `There is no world '${name}'.`, 404)

export const defaultStays = () =>
  new ApiError(422, 'The default world cannot be dropped. Reset it instead.', 422)

export const tooMany = (most: number) =>
  new ApiError(429, `All ${most} worlds have requests in progress. See --max-worlds.`, 429)

/** The worlds of a server by name. Each is created on first use. */
export class Worlds {
  readonly default: World
  readonly #template: Template
  readonly #settings: WorldSettings
  readonly #max: number
  /** The least recently used first. */
  readonly #others = new Map<string, World>()

  /** @throws DatabaseError for a database file that cannot be used, or that another fixture has filled */
  constructor({ database, fixture, maxWorlds, ...options }: WorldsOptions) {
    const settings = { ...options, journalMemory: new JournalMemory() }
    this.#settings = settings
    this.#max = maxWorlds
    const now = settings.clock.now()
    if (database === ':memory:') {
      this.#template = templateOf((fixture ?? fixtureSource(DEFAULTS.fixtures)).fixture, now)
      this.default = copyWorld(DEFAULT_WORLD, this.#template, settings)
      return
    }
    const store = openStore(database)
    try {
      const filledBy = store.filledBy()
      if (filledBy && fixture) refuseOther(database, filledBy, fixture)
      const source = filledBy ? sourceOf(filledBy) : (fixture ?? fixtureSource(DEFAULTS.fixtures))
      this.#template = templateOf(source.fixture, now)
      if (!filledBy) store.fill(this.#template.image, source)
      this.default = new World(DEFAULT_WORLD, store, this.#template, settings)
      // A restart keeps the expiries, and sends the e-mails that became due in the meantime.
      if (!filledBy) this.default.startNow()
    } catch (error) {
      store.close()
      throw error
    }
  }

  /**
   * Finds a world, or creates it. At the cap, this drops a world that has no request in progress: the least recently used of
   * those that have only refused requests, or else the least recently used.
   *
   * @throws 400 for an invalid name, 429 if every world has a request in progress
   */
  get(name: string): World {
    const existing = this.find(name)
    if (existing) return existing
    if (!NAME.test(name)) throw badName(name)
    if (this.#others.size >= this.#max) this.#dropIdle()
    const world = copyWorld(name, this.#template, this.#settings)
    this.#others.set(name, world)
    return world
  }

  /** Finds a world. This counts as a use of it. */
  find(name: string): World | undefined {
    if (name === DEFAULT_WORLD) return this.default
    const world = this.#others.get(name)
    if (world) {
      this.#others.delete(name)
      this.#others.set(name, world)
    }
    return world
  }

  /** The default world first, then the others, least recently used first. */
  all(): World[] {
    return [this.default, ...this.#others.values()]
  }

  /** @throws 404 for an unknown name, 422 for the default world */
  drop(name: string): void {
    if (name === DEFAULT_WORLD) throw defaultStays()
    const world = this.#others.get(name)
    if (!world) throw unknownWorld(name)
    this.#drop(world)
  }

  close(): void {
    for (const world of this.all()) world.close()
  }

  #dropIdle(): void {
    const idle = [...this.#others.values()].filter(({ isBusy }) => !isBusy)
    const world = idle.find(({ hasAccepted }) => !hasAccepted) ?? idle[0]
    if (!world) throw tooMany(this.#max)
    this.#drop(world)
  }

  #drop(world: World): void {
    this.#others.delete(world.name)
    world.drop()
  }
}

/** Creates a world in memory that starts now. */
function copyWorld(name: string, template: Template, settings: WorldSettings): World {
  const world = new World(name, copyStore(template.image), template, settings)
  world.startNow()
  return world
}
