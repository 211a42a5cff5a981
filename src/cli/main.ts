#!/usr/bin/env node
import { nodeVersionProblem } from '../rules/node-version.ts'

/** An undocumented part of Node's streams. */
interface Unblockable {
  _handle?: { setBlocking?(isBlocking: boolean): void }
}

const problem = nodeVersionProblem(process.versions.node)
if (problem) {
  process.stderr.write(`${problem}\n`)
  process.exitCode = 2
} else {
  for (const stream of [process.stdout, process.stderr]) {
    // There is nobody to report a closed output to.
    stream.on('error', () => {})
    // Node writes to a terminal synchronously, so a terminal that is not read would block the server.
    if (stream.isTTY) (stream as unknown as Unblockable)._handle?.setBlocking?.(false)
  }
  // Handles signals from the start: the first process of a container gets only signals that it has a handler for.
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  // Imported only after the check, because it crashes on an older Node.
  const { run } = await import('./commands.ts')
  process.exitCode = await run(process.argv.slice(2), process, stop.signal)
}
