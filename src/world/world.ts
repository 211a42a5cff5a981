import { type Clock, systemClock, timestamp } from './clock.ts'
import type { Fixture } from './fixture-schema.ts'
import { loadFixture } from './fixtures.ts'
import { createIds, type Ids, type RandomBytes } from './ids.ts'
import { exportState } from './state.ts'
import { openStore, type Store } from './store/index.ts'

export interface WorldOptions {
  /** A path, or `:memory:`. */
  database: string
  /** Fills the database where it is empty. */
  fixture: Fixture
  clock?: Clock
  random?: RandomBytes
}

/** One isolated copy of all that can change. */
export interface World {
  readonly store: Store
  readonly ids: Ids
  readonly clock: Clock
  /** Now, as the API writes times. */
  timestamp(): string
  /** The whole state as a fixture. */
  state(): Fixture
  close(): void
}

/** @throws DatabaseError for a database file that cannot be used */
export function createWorld({ database, fixture, clock = systemClock, random }: WorldOptions): World {
  const store = openStore(database)
  // Under the lock, so that two processes that start on one new file fill it once.
  store.write(() => {
    if (!store.organization.isThere()) loadFixture(store, fixture, clock.now())
  })
  return {
    store,
    clock,
    ids: createIds(random),
    timestamp: () => timestamp(clock),
    state: () => exportState(store),
    close: store.close,
  }
}
