import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

t.test('as a package: types, module, command', async (t) => {
  // In a folder below the checkout, so that the package's own dependencies are found there.
  const folder = t.testdir({
    'package.json': '{"type":"module"}',
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'esnext',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ['node'],
      },
      files: ['use.ts'],
    }),
    'use.ts': [
      "import { createTokensMock, type Fixture, type TokensMockOptions } from 'contentstack-tokens-mock'",
      "const options: TokensMockOptions = { fixtures: 'at-cap', profile: 'live' }",
      'await using mock = await createTokensMock(options)',
      'const state: Fixture = mock.state()',
      "mock.faults.set({ presets: ['outage'], rules: [{ match: { method: 'GET' }, latency_ms: 1 }] })",
      '// @ts-expect-error: no such preset',
      "if (state.stacks.length > 9) mock.faults.set({ presets: ['rain'] })",
      "const response = await mock.world('one').clock.advance('P1D')",
      "console.log(state.stacks[0]?.management_tokens?.length, response.mode, (await fetch(mock.url + '/v3/user')).status)",
      '',
    ].join('\n'),
  })
  // Without the environment of the tests, which would measure coverage there, too.
  const { PATH, HOME } = process.env
  const env = { PATH, HOME }
  const inFolder = { cwd: folder, env }
  const { stdout: packed } = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', folder],
    { cwd: root, env },
  )
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }]
  const inside = join(folder, 'node_modules', 'contentstack-tokens-mock')
  mkdirSync(inside, { recursive: true })
  await run('tar', ['-xzf', join(folder, filename), '-C', inside, '--strip-components=1'], { env })
  t.ok(files.every(({ path }) => /^(dist|fixtures)\/|^(package\.json|README\.md|LICENSE)$/.test(path)))

  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], inFolder)
  const { stdout } = await run(process.execPath, ['use.ts'], inFolder)
  t.equal(stdout, '10 offset 503\n')
  const { stdout: version } = await run(
    process.execPath,
    [join(inside, 'dist/cli/main.js'), '--version'],
    inFolder,
  )
  t.equal(version, '0.1.0\n')

  const manifest = JSON.parse(readFileSync(join(inside, 'package.json'), 'utf8')) as { dependencies: object }
  const imported = new Set<string>()
  for (const file of readdirSync(join(inside, 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|d\.ts)$/.test(file)) continue
    const source = readFileSync(join(inside, 'dist', file), 'utf8')
    for (const [, name = ''] of source.matchAll(/(?:from|import) ?\(?'([^.'][^']*)'/g))
      if (!name.startsWith('node:')) imported.add(name)
  }
  t.strictSame(
    [...imported].filter((name) => !Object.hasOwn(manifest.dependencies, name)),
    [],
  )
})
