// Runs the recipes in JavaScript of docs/test-runners.md from the page's own text: each in a project of its own, with the packed
// checkout and the real runner. Not part of `npm test`: it installs the runners, which takes a minute or two.
import assert from 'node:assert/strict'
import { exec } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(exec)
const root = fileURLToPath(new URL('..', import.meta.url))

const VERSIONS = { tap: '21.8.0', vitest: '5.1.1', jest: '30.5.2', '@playwright/test': '1.65.1' }
/** With four test files, each worker runs more than one. */
const COPIES = ['one', 'two', 'three']
/** What the runner of each section prints when the two tests of all four files have passed; tap counts assertions. */
const PASSED = {
  'node:test': /^ℹ pass 8$/m,
  tap: /^# \{ total: 12, pass: 12 \}$/m,
  vitest: /^ +Tests +8 passed \(8\)$/m,
  Jest: /^Tests: +8 passed, 8 total$/m,
  Playwright: /^ +8 passed /m,
}
/** How long one command may take, in milliseconds. */
const TIMEOUT = 180_000

const sections = new Map(
  readFileSync(join(root, 'docs/test-runners.md'), 'utf8')
    .split(/^## /m)
    .map((text) => [text.slice(0, text.indexOf('\n')), text]),
)
const folder = mkdtempSync(join(tmpdir(), 'tokens-mock-runners-'))
const env = { ...process.env, NO_COLOR: '1', npm_config_audit: 'false', npm_config_fund: 'false' }
// npm run sets them for the checkout, and the recipes have projects of their own.
for (const name of Object.keys(env)) if (/^npm_(package_|config_local_prefix$)/.test(name)) delete env[name]
// The runner would take its colors from it in spite of NO_COLOR.
delete env.FORCE_COLOR

const inFolder = (command, cwd) => run(command, { cwd, env, timeout: TIMEOUT, maxBuffer: 2 ** 24 })

/** Writes the files of a recipe and installs what its page says, at the pinned version. Returns the command that runs it. */
async function prepare(heading, tarball) {
  const text = sections.get(heading)
  assert(text, `no recipe for ${heading}`)
  assert.match(text, /profile: 'live'/)
  const project = join(folder, heading.replace(':', '-'))
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{"private":true}\n')
  for (const [, path, content] of text.matchAll(/^`([^`\n]+)`\n\n```\w+\n(.*?)^```$/gms)) {
    const file = join(project, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    if (!/\btokens\.(test|spec)\./.test(path)) continue
    for (const copy of COPIES) copyFileSync(file, file.replace(/\btokens\.(?=test|spec)/, `tokens-${copy}.`))
  }
  const commands = [...text.matchAll(/^```sh\n(.*?)\n```$/gms)].map(([, command]) => command)
  assert.equal(commands.length, 2, `${heading}: a command to install, and one to run`)
  const install = commands[0]
    .split(' ')
    .map((word) =>
      word.endsWith('.tgz') ? `"${tarball}"` : VERSIONS[word] ? `${word}@${VERSIONS[word]}` : word,
    )
  await inFolder(install.join(' '), project)
  return { heading, project, command: commands[1] }
}

let failed = 0
try {
  const { stdout } = await inFolder(`npm pack --json --ignore-scripts --pack-destination "${folder}"`, root)
  const tarball = join(folder, JSON.parse(stdout)[0].filename)
  const recipes = await Promise.all(Object.keys(PASSED).map((heading) => prepare(heading, tarball)))
  for (const { heading, project, command } of recipes) {
    const result = await inFolder(command, project).catch((error) => error)
    const passed = !(result instanceof Error) && PASSED[heading].test(result.stdout + result.stderr)
    console.log(`${passed ? 'ok' : 'not ok'} - ${heading}: ${command}`)
    if (passed) continue
    failed += 1
    console.log(`${result.stdout}\n${result.stderr}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (failed > 0) process.exit(1)
