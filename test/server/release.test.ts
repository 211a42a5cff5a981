import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const root = new URL('../../', import.meta.url)
const script = fileURLToPath(new URL('.github/release-notes.mjs', root))
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')

const CHANGELOG = `# Changelog

## [Unreleased]

## [1.2.0] - 2026-12-01

### Added

- A thing.

## [1.1.0] - 2026-11-01

- An older thing.
`

/** Runs the script of the release workflow in a folder with these files. */
function notes(t: Test, tag: string, { version = '1.2.0', locked = '1.2.0', changelog = CHANGELOG } = {}) {
  const folder = t.testdir({
    'package.json': JSON.stringify({ version }),
    'package-lock.json': JSON.stringify({ version: locked }),
    'CHANGELOG.md': changelog,
  })
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, tag], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

t.test('the notes of a release are its part of the changelog', async (t) => {
  t.strictSame(notes(t, 'v1.2.0'), { status: 0, stdout: '### Added\n\n- A thing.\n', stderr: '' })
})

t.test('a tag, version or changelog that differs stops the release', async (t) => {
  t.strictSame(notes(t, 'v1.3.0', { locked: '1.2.1', changelog: '## [Unreleased]\n' }), {
    status: 1,
    stdout: '',
    stderr:
      'The versions differ. the tag: 1.3.0, package.json: 1.2.0, package-lock.json: 1.2.1, CHANGELOG.md: none\n',
  })
})

t.test('the version of the checkout is the newest of the changelog, or the first', async (t) => {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  const lock = JSON.parse(read('package-lock.json')) as {
    version: string
    packages: Record<string, { version: string }>
  }
  t.equal(lock.version, version)
  t.equal(lock.packages['']?.version, version)
  const headings = [...read('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading)
  t.equal(headings[0], '[Unreleased]')
  for (const heading of headings.slice(1)) t.match(heading, /^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/)
  t.equal(version, headings[1]?.replace(/^\[(.+)\].*$/, '$1') ?? '0.1.0')
})
