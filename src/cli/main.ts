#!/usr/bin/env node
import { nodeVersionProblem } from '../rules/node-version.ts'

/** What Node does not publish of a stream. */
interface Unblockable {
  _handle?: { setBlocking?(isBlocking: boolean): void }
}

const problem = nodeVersionProblem(process.versions.node)
if (problem) {
  process.stderr.write(`${problem}\n`)
  process.exitCode = 2
} else {
  for (const stream of [process.stdout, process.stderr]) {
    // Nothing can be said where nobody listens any more.
    stream.on('error', () => {})
    // Node writes to a terminal synchronously: one that nobody reads would stop everything.
    if (stream.isTTY) (stream as unknown as Unblockable)._handle?.setBlocking?.(false)
  }
  // At once: a container's first process does not get a signal that it has no handler for.
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  // Only now: what this imports crashes on an older Node.
  const { run } = await import('./commands.ts')
  process.exitCode = await run(process.argv.slice(2), process, stop.signal)
}
