// Runs the tests for StrykerJS in its own process, since a process of their own would start for longer than they run.

import { readdirSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Test, teardowns, tests } from './tap.mjs'

const tap = new URL('./tap.mjs', import.meta.url).href
/** In these folders of tests. */
const FOLDERS = ['test/rules', 'test/server']
/** These tests do not reach a rule. */
const LEFT_OUT = ['console', 'delivery-sdk', 'docs', 'redaction', 'sdk'].map((name) => `${name}.test.ts`)

/** The copy of the checkout that holds the mutants. */
let sandbox = ''
let loads = 0

/** What Stryker's code in the mutated files reads and writes. */
globalThis.__stryker__ = {}
const stryker = globalThis.__stryker__

/** Ends the servers that the tests share. A server that a mutant has spoiled may refuse, which tells nothing of the next one. */
const tearDown = () => Promise.allSettled(teardowns.splice(0).map(async (teardown) => teardown()))

/** Evaluates the tests and the sources again. */
async function load() {
  await tearDown()
  loads += 1
  tests.length = 0
  for (const folder of FOLDERS) {
    for (const file of readdirSync(folder)) {
      if (LEFT_OUT.includes(file)) continue
      const before = tests.length
      await import(`${sandbox}${join(folder, file)}`)
      for (const [i, test] of tests.slice(before).entries()) test.id = `${join(folder, file)} ${i}`
    }
  }
}

/** How long each test took last, in milliseconds of the processor. */
const durations = new Map()
const durationOf = ({ id }) => durations.get(id) ?? 0

/** Keeps what it has compiled, so its mutants need a fresh copy, and so does whatever comes after them. */
const KEEPING = /validator\.ts$/
let isStale = true

/** The tests that failed, in order. */
const kills = []

/** How often each test of the dry run reached each mutant. */
let coverage = {}
/** The mutants in the lines around one: Stryker numbers them in the order of the source. */
const neighbours = (id) => [1, 2, 3, 4, -1, -2].map((distance) => String(id + distance))

/** @returns the failure; undefined for a success */
async function failureOf(test) {
  const start = process.cpuUsage()
  try {
    await new Test().run(test.run)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    const { user, system } = process.cpuUsage(start)
    durations.set(test.id, (user + system) / 1000)
  }
}

class InProcessTestRunner {
  async init() {
    // Stryker changes the folder after it has loaded this file.
    sandbox = pathToFileURL(`${process.cwd()}/`).href
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === 'tap') return { url: tap, shortCircuit: true }
        const resolved = next(specifier, context)
        // Another query makes Node evaluate a file once more.
        return resolved.url.startsWith(sandbox) && resolved.url.endsWith('.ts')
          ? { ...resolved, url: `${resolved.url}?${loads}` }
          : resolved
      },
    })
  }

  capabilities() {
    return { reloadEnvironment: true }
  }

  async dryRun() {
    await load()
    isStale = false
    const results = []
    for (const test of tests) {
      stryker.currentTestId = test.id
      const failureMessage = await failureOf(test)
      const result = { id: test.id, name: test.name, timeSpentMs: durationOf(test) }
      results.push(
        failureMessage === undefined ? { ...result, status: 0 } : { ...result, status: 1, failureMessage },
      )
    }
    stryker.currentTestId = undefined
    coverage = stryker.mutantCoverage?.perTest ?? {}
    return { status: 'complete', tests: results, mutantCoverage: stryker.mutantCoverage }
  }

  async mutantRun({ activeMutant, hitLimit, mutantActivation, reloadEnvironment, testFilter }) {
    Object.assign(stryker, { activeMutant: undefined, hitCount: hitLimit && 0, hitLimit })
    const keeps = KEEPING.test(activeMutant.fileName)
    try {
      if (mutantActivation === 'static') stryker.activeMutant = activeMutant.id
      if (reloadEnvironment || isStale || keeps) await load()
      isStale = keeps
    } catch (error) {
      return { status: 'killed', killedBy: [], failureMessage: String(error), nrOfTests: 0 }
    }
    stryker.activeMutant = activeMutant.id
    const covering = tests.filter(({ id }) => keeps || !testFilter || testFilter.includes(id))
    // One failure is enough, so first those that run the code around the mutant, the last that failed, and the fastest.
    const near = ({ id }) =>
      Number(neighbours(Number(activeMutant.id)).some((other) => coverage[id]?.[other]))
    covering.sort(
      (a, b) =>
        near(b) - near(a) ||
        kills.lastIndexOf(b.id) - kills.lastIndexOf(a.id) ||
        durationOf(a) - durationOf(b),
    )
    for (const [i, test] of covering.entries()) {
      const failureMessage = await failureOf(test)
      if (stryker.hitCount > hitLimit)
        return { status: 'timeout', reason: `Hit limit of ${hitLimit} reached.` }
      if (failureMessage !== undefined) {
        kills.push(test.id)
        return { status: 'killed', killedBy: [test.id], failureMessage, nrOfTests: i + 1 }
      }
    }
    return { status: 'survived', nrOfTests: covering.length }
  }

  async dispose() {
    await tearDown()
  }
}

export const strykerPlugins = [
  { kind: 'TestRunner', name: 'in-process', injectableClass: InProcessTestRunner },
]
