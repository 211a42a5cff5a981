// What the tests use of tap, without its reports: an assertion that fails throws. Ten times as fast, which thousands of mutants need.

import assert from 'node:assert'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The tests of the files that were loaded last, in order. */
export const tests = []
/** What ends the servers that those tests share. */
export const teardowns = []

/** A test, which is given to its function. */
export class Test {
  equal = assert.strictEqual
  not = assert.notStrictEqual
  ok = assert.ok
  same = assert.deepEqual
  notSame = assert.notDeepEqual
  strictSame = assert.deepStrictEqual
  #teardowns = []
  #folder

  notOk(value) {
    assert.ok(!value)
  }

  match(found, pattern) {
    assert.ok(matches(found, pattern))
  }

  notMatch(found, pattern) {
    assert.ok(!matches(found, pattern))
  }

  throws(run, pattern) {
    let thrown
    try {
      run()
    } catch (error) {
      thrown = error
    }
    this.match(thrown, pattern ?? Error)
  }

  async rejects(promise, pattern) {
    let thrown
    try {
      await promise
    } catch (error) {
      thrown = error
    }
    this.match(thrown, pattern ?? Error)
  }

  intercept(object, key, { value }) {
    const descriptor = Object.getOwnPropertyDescriptor(object, key)
    Object.defineProperty(object, key, { ...descriptor, value })
    this.teardown(() => Object.defineProperty(object, key, descriptor))
  }

  pass() {}

  get testdirName() {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'tokens-mock-'))
    return this.#folder
  }

  /** @param files the text of each file by name; an object for a folder */
  testdir(files = {}) {
    write(this.testdirName, files)
    return this.testdirName
  }

  teardown(work) {
    this.#teardowns.unshift(work)
  }

  async test(_name, run) {
    await new Test().run(run)
  }

  /** @throws what an assertion or the test throws */
  async run(work) {
    try {
      await work(this)
    } finally {
      for (const teardown of this.#teardowns) await teardown()
      if (this.#folder) rmSync(this.#folder, { recursive: true })
    }
  }
}

function write(folder, files) {
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    if (typeof content === 'string') writeFileSync(path, content)
    else write(path, content)
  }
}

function matches(found, pattern) {
  if (pattern instanceof RegExp) return pattern.test(String(found?.message ?? found))
  if (typeof pattern === 'string') return typeof found === 'string' && found.includes(pattern)
  if (typeof pattern === 'function') return Object(found) instanceof pattern
  if (typeof pattern !== 'object' || pattern === null) return Object.is(found, pattern)
  if (pattern instanceof Error) return found instanceof Error && found.message === pattern.message
  return Object.entries(pattern).every(([key, inner]) => matches(Object(found)[key], inner))
}

export default {
  test: (name, ...rest) => tests.push({ name, run: rest.at(-1) }),
  teardown: (work) => teardowns.push(work),
}
