import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { createTokensMock } from '../../src/index.ts'
import { chromiumPath, openBrowser } from './browser.ts'

const skip = chromiumPath === undefined && 'there is no Chromium: set CHROMIUM_PATH'

const text = readFileSync(new URL('../../docs/frontend.md', import.meta.url), 'utf8')
const [, html = ''] = /```html\n(.*?)```/s.exec(text) ?? []

t.test('the page of docs/frontend.md, from its own text, as a file', { skip }, async (t) => {
  await using mock = await createTokensMock({ fixtures: 'demo' })
  const folder = mkdtempSync(join(tmpdir(), 'tokens-mock-shop-'))
  const browser = await openBrowser()
  t.teardown(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })
  const file = join(folder, 'shop.html')
  // Only the port is another one.
  t.ok(html.includes('http://127.0.0.1:4747/'))
  writeFileSync(file, html.replace('http://127.0.0.1:4747', mock.url))
  const page = await browser.newPage()
  await page.goto(pathToFileURL(file).href)
  const press = async (name: string, status: RegExp) => {
    await page.getByRole('button', { name, exact: true }).click()
    await page.getByRole('status').filter({ hasText: status }).waitFor()
    const products = await page.getByRole('listitem').allTextContents()
    return [await page.getByRole('heading').textContent(), ...products]
  }
  t.strictSame(await press('Read', /^401 .* The stack has no such delivery token/), ['Shop'])
  t.strictSame(await press('Make a token', /^Made cs[0-9a-f]{24}$/), ['Shop'])
  t.strictSame(await press('Read', /^4 products$/), [
    'Out before sunrise',
    '🔥 Ember stove, 74 EUR: Boils a litre in three minutes.',
    '🥾 Trail boots, 189 EUR: Waterproof, with a soft sole.',
    '🎒 Ridge backpack, 159 EUR: 48 litres, with a rain cover.',
    '⛺ Fjord tent, 349 EUR: Two people, three seasons, 1.9 kg.',
  ])
  const [title, ...drafts] = await press('Preview the draft', /^5 products$/)
  t.equal(title, 'Summer starts on Friday')
  t.ok(drafts.includes('⛺ Fjord tent, 279 EUR: Two people, three seasons, 1.9 kg. Now in green.'))
  await press('Delete the token', /^Delivery Token deleted successfully\.$/)
  t.strictSame((await press('Read', /^401 /)).slice(1), [])
})
