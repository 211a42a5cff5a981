#!/usr/bin/env node
import { nodeVersionProblem } from './node-version.ts'

const problem = nodeVersionProblem(process.versions.node)
if (problem) {
  process.stderr.write(`${problem}\n`)
  process.exitCode = 2
} else {
  // At once: a container's first process does not get a signal that it has no handler for.
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  // Only now: what this imports crashes on an older Node.
  const { run } = await import('./commands.ts')
  process.exitCode = await run(process.argv.slice(2), process, stop.signal)
}
