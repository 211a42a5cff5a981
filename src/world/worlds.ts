import { type FixtureSource, fixtureSource, refuseOther, sourceOf } from '../fixtures/source.ts'
import { MAX_WORLDS } from '../rules/caps.ts'
import { ApiError } from '../rules/errors.ts'
import { openStore } from '../store/index.ts'
import { JournalMemory } from './journal.ts'
import { copyWorld, imageOf, World, type WorldSettings } from './world.ts'

export interface WorldsOptions extends Omit<WorldSettings, 'journalMemory'> {
  /** Where the default world is kept: a path, or `:memory:`. The others are in memory. */
  database: string
  /** What a world is made from; absent: what filled the database, or the default. */
  fixture?: FixtureSource
  /** The most worlds beside the default one. */
  maxWorlds?: number
}

/** The name of the world that a request is in when it names none. */
export const DEFAULT_WORLD = 'default'

const DEFAULT_FIXTURE = 'documentation'

/** No dot at either end: URL clients resolve `.` and `..` before they send a path. */
const NAME = /^[\w-](?:[\w.-]{0,62}[\w-])?$/

const badName = (name: string) =>
  new ApiError(
    400,
    `'${name}' cannot name a world. A name has 1 to 64 letters, digits, dashes, underscores and inner dots.`,
    400,
  )

const unknownWorld = (name: string) => new ApiError(404, `There is no world '${name}'.`, 404)

const defaultStays = () => new ApiError(422, 'The default world cannot be dropped. Reset it instead.', 422)

const tooMany = (most: number) =>
  new ApiError(429, `All ${most} worlds have requests in progress. See --max-worlds.`, 429)

/** The isolated copies of a server, by name. Each is made at its first use. */
export class Worlds {
  readonly default: World
  readonly #image: Buffer
  readonly #settings: WorldSettings
  readonly #max: number
  /** The least recently used first. */
  readonly #others = new Map<string, World>()

  /** @throws DatabaseError for a database file that cannot be used, or that another fixture filled */
  constructor({ database, fixture, maxWorlds = MAX_WORLDS, ...options }: WorldsOptions) {
    const settings = { ...options, journalMemory: new JournalMemory() }
    this.#settings = settings
    this.#max = maxWorlds
    const imageOfSource = (source: FixtureSource) => imageOf(source.fixture, (settings.clock ?? Date).now())
    if (database === ':memory:') {
      this.#image = imageOfSource(fixture ?? fixtureSource(DEFAULT_FIXTURE))
      this.default = copyWorld(DEFAULT_WORLD, this.#image, settings)
      return
    }
    const store = openStore(database)
    try {
      const filledBy = store.filledBy()
      if (filledBy && fixture) refuseOther(database, filledBy, fixture)
      const source = filledBy ? sourceOf(filledBy) : (fixture ?? fixtureSource(DEFAULT_FIXTURE))
      this.#image = imageOfSource(source)
      if (!filledBy) store.fill(this.#image, source)
      this.default = new World(DEFAULT_WORLD, store, this.#image, settings)
      // A restart sends what fell due meanwhile.
      if (!filledBy) this.default.skipNotices()
    } catch (error) {
      store.close()
      throw error
    }
  }

  /**
   * The world of a name, made where there is none yet. Where there are too many, the least recently used one goes that is
   * answering no request.
   *
   * @throws 400 for a name that is none, 429 where every world is in use
   */
  get(name: string): World {
    if (name === DEFAULT_WORLD) return this.default
    let world = this.#others.get(name)
    if (world) {
      this.#others.delete(name)
    } else {
      if (!NAME.test(name)) throw badName(name)
      if (this.#others.size >= this.#max) this.#dropIdle()
      world = copyWorld(name, this.#image, this.#settings)
    }
    this.#others.set(name, world)
    return world
  }

  /** The default one first, then the least recently used. */
  all(): World[] {
    return [this.default, ...this.#others.values()]
  }

  /** @throws 404 for an unknown name, 422 for the default world */
  drop(name: string): void {
    if (name === DEFAULT_WORLD) throw defaultStays()
    const world = this.#others.get(name)
    if (!world) throw unknownWorld(name)
    this.#close(world)
  }

  close(): void {
    for (const world of this.all()) world.close()
  }

  #dropIdle(): void {
    const idle = [...this.#others.values()].find(({ busy }) => busy === 0)
    if (!idle) throw tooMany(this.#max)
    this.#close(idle)
  }

  #close(world: World): void {
    this.#others.delete(world.name)
    world.journal.clear()
    // One that is still answering ends with its last request.
    if (world.busy === 0) world.close()
  }
}
