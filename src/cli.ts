#!/usr/bin/env node
import { nodeVersionProblem } from './node-version.ts'

const problem = nodeVersionProblem(process.versions.node)
if (problem) {
  process.stderr.write(`${problem}\n`)
  process.exitCode = 2
} else {
  // Only now: what this imports crashes on an older Node.
  const { run } = await import('./commands.ts')
  process.exitCode = await run(process.argv.slice(2), process)
}
