import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import type { Test } from 'tap'

/** Where Linux has it. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of a Chromium; undefined if this machine has none. */
export const chromiumPath = process.env['CHROMIUM_PATH'] ?? PLACES.find((path) => existsSync(path))

/** Starts Chromium. Its sandbox needs a user namespace, which root in a container does not have. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    ...(chromiumPath !== undefined && { executablePath: chromiumPath }),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })

/**
 * Reads until the page shows `expected`, for at most 20 seconds, and compares the last reading with it. The page renders after
 * the event that changes it, and some readings of Playwright, such as `count()`, do not wait for that.
 */
export async function shows<T>(t: Test, read: () => T | Promise<T>, expected: T) {
  const end = performance.now() + 20_000
  let found = await read()
  while (!isDeepStrictEqual(found, expected) && performance.now() < end) {
    // The server under test runs in this process, and needs its turns.
    await pause(20)
    found = await read()
  }
  t.strictSame(found, expected)
}
