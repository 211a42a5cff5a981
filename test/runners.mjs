// Runs the recipes in JavaScript of docs/test-runners.md from the page's own text: each in a project of its own, with the packed
// checkout and the real runner. Not part of `npm test`: it installs the runners, which takes a minute or two.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { run } from './command-line.mjs'
import { commandsOf, filesOf, sectionsOf } from './recipes.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

const VERSIONS = { tap: '21.8.0', vitest: '5.1.1', jest: '30.5.2', '@playwright/test': '1.65.1' }
/**
 * What the runner of each section prints when the two tests of two equal files have passed (tap counts assertions), and the worlds
 * that the requests then were for.
 */
const RECIPES = {
  'node:test': { passed: /^ℹ pass 4$/m, worlds: ['default'] },
  tap: { passed: /^# \{ total: 6, pass: 6 \}$/m, worlds: ['default'] },
  vitest: { passed: /^ +Tests +4 passed \(4\)$/m, worlds: ['worker-1', 'worker-2'] },
  Jest: { passed: /^Tests: +4 passed, 4 total$/m, worlds: ['worker-1', 'worker-2'] },
  Playwright: { passed: /^ +4 passed /m, worlds: ['worker-0', 'worker-1'] },
}
/** Loaded into every process of a recipe: writes down the URL of each request that a server gets. */
const WATCH = `
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
subscribe('http.server.request.start', ({ request }) => appendFileSync('requests.txt', request.url + '\\n'))
`
const sections = sectionsOf('test-runners.md')
const folder = mkdtempSync(join(tmpdir(), 'tokens-mock-runners-'))

/** Writes the files of a recipe and installs what its page says, at the pinned version. Returns the command that runs it. */
async function prepare(heading, tarball) {
  const text = sections.get(heading)
  assert(text, `no recipe for ${heading}`)
  assert.match(text, /profile: 'live'/)
  const project = join(folder, heading.replace(':', '-'))
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{"private":true}\n')
  for (const [path, content] of filesOf(text)) {
    const file = join(project, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    // A copy, so that there is a file for each of two workers.
    if (/\btokens\.(test|spec)\./.test(path))
      writeFileSync(file.replace(/(?=tokens\.\w+\.\w+$)/, 'more-'), content)
  }
  const commands = commandsOf(text)
  assert.equal(commands.length, 2, `${heading}: a command to install, and one to run`)
  const install = commands[0]
    .split(' ')
    .map((word) =>
      word.endsWith('.tgz') ? `"${tarball}"` : VERSIONS[word] ? `${word}@${VERSIONS[word]}` : word,
    )
  await run(install.join(' '), project)
  return { heading, project, command: commands[1] }
}

/** The names of the worlds that the requests of a recipe were for. */
function worldsOf(project) {
  const paths = readFileSync(join(project, 'requests.txt'), 'utf8').trim().split('\n')
  return [...new Set(paths.map((path) => /^\/w\/([^/]+)/.exec(path)?.[1] ?? 'default'))].sort()
}

let failed = 0
try {
  const watch = join(folder, 'watch.mjs')
  writeFileSync(watch, WATCH)
  const { stdout } = await run(`npm pack --json --ignore-scripts --pack-destination "${folder}"`, root)
  const tarball = join(folder, JSON.parse(stdout)[0].filename)
  // All of them end before one that failed is thrown, because the folder is deleted then.
  const prepared = await Promise.allSettled(Object.keys(RECIPES).map((heading) => prepare(heading, tarball)))
  for (const { reason, value } of prepared) {
    if (reason) throw reason
    const { heading, project, command } = value
    const { passed, worlds } = RECIPES[heading]
    let output = ''
    try {
      const result = await run(command, project, { NODE_OPTIONS: `--import=${pathToFileURL(watch)}` })
      output = result.stdout + result.stderr
      assert.match(output, passed)
      assert.deepEqual(worldsOf(project), worlds)
      console.log(`ok - ${heading}: ${command}`)
    } catch (error) {
      failed += 1
      console.log(`not ok - ${heading}: ${command}\n${output}\n${error.stdout ?? ''}\n${error.message}`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (failed > 0) process.exit(1)
