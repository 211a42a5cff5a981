// Packs the checkout as `npm pack` does, installs the file in an empty folder, and uses it on each Node: the command, the import and
// the types. Then installs the last commit from a git address. Not part of `npm test`: it takes minutes.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { env, run } from './command-line.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { version, dependencies, devDependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
)

/** The oldest Node that the package takes, and the newest of each line. */
const NODES = ['22.14.0', '22', '24', '26']
const LINTERS = ['publint@0.3.25 --strict', '@arethetypeswrong/cli@0.18.5 --profile esm-only']
/** What the package holds. */
const CONTENTS =
  /^(dist\/((cli|lib|chunks)\/[\w-]+\.js|chunks\/migrations\/[\w-]+\.sql|console\/[\w-]+\.(js|css|html|svg)|types\/.+\.d\.ts|third-party-notices\.txt)|fixtures\/[\w-]+\.json|package\.json|README\.md|LICENSE)$/

const USE = `
import { createTokensMock, type Fixture, type TokensMockOptions } from 'contentstack-tokens-mock'
const options: TokensMockOptions = { fixtures: 'at-cap', profile: 'live', tls: { port: 0, dataDirectory: '.' } }
await using mock = await createTokensMock(options)
const state: Fixture = mock.state()
mock.faults.set({ presets: ['outage'], rules: [{ match: { method: 'GET' }, latency_ms: 1 }] })
// @ts-expect-error: no such preset
if (state.stacks.length > 9) mock.faults.set({ presets: ['rain'] })
const reading = await mock.world('one').clock.advance('P1D')
const { status } = await fetch(mock.url + '/v3/user')
console.log(state.stacks[0]?.management_tokens?.length, reading.mode, status)
`
const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2024', 'esnext.disposable'],
    types: ['node'],
    strict: true,
  },
  files: ['use.ts'],
}

const temporary = mkdtempSync(join(tmpdir(), 'tokens-mock-package-'))

/** Makes an empty project. npm 12 runs the script of the package "node", which fetches the binary, only if the project allows it. */
function project(name) {
  const folder = join(temporary, name)
  mkdirSync(folder)
  writeFileSync(
    join(folder, 'package.json'),
    '{"private":true,"type":"module","allowScripts":{"node":true}}\n',
  )
  return folder
}

/** The names of the packages that the JavaScript and the types of an installed package import. */
function importsOf(folder) {
  const sources = readdirSync(folder, { recursive: true })
    .filter((file) => /\.(js|d\.ts)$/.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
  return new Set(
    sources
      .flatMap((text) => [
        ...text.matchAll(
          /^(?:import|export)\b[^;'"]*\bfrom ['"]([^.'"][^'"]*)['"]|\bimport\(['"]([^.'"][^'"]*)['"]\)/gm,
        ),
      ])
      .map(([, from, dynamic]) => from ?? dynamic)
      .filter((name) => !name.startsWith('node:')),
  )
}

/** Starts the command, calls the server, and stops it. */
async function useCommand(folder, path) {
  const command = join(folder, 'node_modules', 'contentstack-tokens-mock', 'dist', 'cli', 'main.js')
  const server = spawn('node', [command, '--port', '0'], { env: { ...env, PATH: path } })
  const [line] = await once(createInterface(server.stdout), 'line')
  const { url } = JSON.parse(line)
  const { status } = await fetch(`${url}/_mock/health`)
  const page = await (await fetch(`${url}/_mock/console`)).text()
  assert.match(page, /<script type="module" src="/)
  server.kill()
  const [code] = await once(server, 'exit')
  return { status, code }
}

try {
  const { stdout } = await run(
    `npm pack --json --foreground-scripts=false --pack-destination "${temporary}"`,
    root,
  )
  const [{ filename, files, entryCount, size, unpackedSize }] = JSON.parse(stdout)
  const tarball = join(temporary, filename)
  assert.deepEqual(
    files.map(({ path }) => path).filter((path) => !CONTENTS.test(path)),
    [],
  )
  console.log(`ok - npm pack: ${entryCount} files, ${size} bytes, unpacked ${unpackedSize}`)

  for (const linter of LINTERS) {
    const [name, ...flags] = linter.split(' ')
    await run(`npx --yes ${name} "${tarball}" ${flags.join(' ')}`, temporary)
    console.log(`ok - ${linter}`)
  }

  const user = project('user')
  const installed = await run(`npm install --save-dev "${tarball}"`, user)
  assert.equal(installed.stderr, '')
  assert.match(installed.stdout, /^\nadded \d+ packages in \d+m?s\n$/)
  const { stdout: listed } = await run('npm ls --all --parseable', user)
  console.log(`ok - npm install: no warning, ${listed.trim().split('\n').length - 1} packages`)

  const imports = importsOf(join(user, 'node_modules', 'contentstack-tokens-mock', 'dist'))
  assert.deepEqual(
    [...imports].filter((name) => !Object.hasOwn(dependencies, name)),
    [],
  )
  writeFileSync(join(user, 'use.ts'), USE)
  writeFileSync(join(user, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  const types = ['typescript', '@types/node'].map((name) => `"${name}@${devDependencies[name]}"`)
  await run(`npm install --save-dev ${types.join(' ')}`, user)

  for (const node of NODES) {
    const folder = project(`node-${node}`)
    await run(`npm install node@${node}`, folder)
    const path = [
      join(folder, 'node_modules', 'node', 'bin'),
      join(folder, 'node_modules', '.bin'),
      env.PATH,
    ].join(delimiter)
    const inUser = (command) => run(command, user, { PATH: path }).then((result) => result.stdout.trim())
    const exact = await inUser('node --version')
    assert.ok(exact.startsWith(`v${node}`), exact)
    await inUser('node node_modules/typescript/bin/tsc --noEmit')
    await inUser('node node_modules/typescript/bin/tsc --outDir built')
    assert.equal(await inUser('node built/use.js'), '10 offset 503')
    assert.equal(await inUser('npx --no -- contentstack-tokens-mock --version'), version)
    assert.deepEqual(await useCommand(user, path), { status: 200, code: 0 })
    console.log(`ok - Node ${exact}: the types, the import, the command`)
  }

  const fromGit = project('git')
  // npm 12 fetches no git address unless it is told to.
  await run(`npm install --allow-git=root "git+${pathToFileURL(root)}"`, fromGit)
  const { stdout: answer } = await run('npx --no -- contentstack-tokens-mock --version', fromGit)
  assert.equal(answer.trim(), version)
  console.log('ok - npm install from a git address')
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
