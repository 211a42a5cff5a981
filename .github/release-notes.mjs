// Prints what CHANGELOG.md says about the version of a tag. Fails unless the tag, package.json, package-lock.json and the newest
// version of the changelog are the same.
import { readFileSync } from 'node:fs'

const [tag = ''] = process.argv.slice(2)
const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m)
const [, newest, text = ''] =
  sections.map((section) => /^\[(\d[^\]]*)\] - [^\n]+\n(.*)/s.exec(section)).find(Boolean) ?? []

const versions = {
  'the tag': tag.replace(/^v/, ''),
  'package.json': version,
  'package-lock.json': lock.version,
  'CHANGELOG.md': newest,
}
if (new Set(Object.values(versions)).size > 1) {
  const list = Object.entries(versions).map(([place, found]) => `${place}: ${found || 'none'}`)
  process.stderr.write(`The versions differ. ${list.join(', ')}\n`)
  process.exitCode = 1
} else {
  process.stdout.write(`${text.trim()}\n`)
}
