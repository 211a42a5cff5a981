import { complete, type Duration } from '../fixtures/complete.ts'
import { insert } from '../fixtures/insert.ts'
import type { Fixture } from '../fixtures/schema.ts'
import type { ManagementToken } from '../rules/management-token.ts'
import { timeAfter } from '../rules/time.ts'
import { openStore, type Store } from '../store/index.ts'

/** The state that worlds are copied from, and that a reset restores. */
export interface Template {
  /** The image of a store that a fixture has filled. Its outbox is empty. */
  image: Buffer
  /** Expiries that count from the creation of a world, or from its last reset. */
  durations: readonly Duration[]
}

/** The template of each fixture, since a program may start many servers from the same fixture. */
const templates = new WeakMap<Fixture, Template>()

/** @param now milliseconds since 1970; durations count from here until `restartDurations` */
export function templateOf(fixture: Fixture, now: number): Template {
  let template = templates.get(fixture)
  if (!template) {
    template = fill(fixture, now)
    templates.set(fixture, template)
  }
  return template
}

function fill(fixture: Fixture, now: number): Template {
  const { durations, ...content } = complete(fixture, now)
  const store = openStore(':memory:')
  store.write(() => insert(store, content))
  const image = store.image()
  store.close()
  return { image, durations }
}

/** Makes the durations of a template count from `now` (milliseconds since 1970). Nothing else changes. */
export function restartDurations(store: Store, durations: readonly Duration[], now: number): void {
  if (durations.length === 0) return
  store.write(() => {
    for (const { apiKey, uid, duration } of durations) {
      const token = store.managementTokens.find(apiKey, uid) as ManagementToken
      const expiresOn = new Date(timeAfter(duration, now) as number).toISOString()
      store.managementTokens.update(apiKey, { ...token, expires_on: expiresOn, notice_sent_for: null })
    }
  })
}
