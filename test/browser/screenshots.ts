import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { createTokensMock, type TokensMock } from '../../src/index.ts'
import { openBrowser } from './browser.ts'

// Writes the README's picture of the console. With a folder, writes every view there, in both themes and three widths.

const [folder] = process.argv.slice(2)
const OWNER = { api_key: 'blt4f8a2c6e9b1d7035', authtoken: 'maya_authtoken' }

/** Time goes on, since an expiry is counted from it, but starts at the same moment. */
const started = Date.now()
const clock = { now: () => Date.parse('2026-03-02T09:30:00Z') + Date.now() - started }
const browser = await openBrowser()

/** A server that clients have used. */
async function startUsed(): Promise<TokensMock> {
  const mock = await createTokensMock({ fixtures: 'demo', clock })
  const call = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, headers = {}) =>
    mock.inject({ method, url, headers: { ...OWNER, ...headers }, ...(payload && { payload }) })
  await call('POST', '/v3/stacks/management_tokens', {
    token: {
      name: 'Easter campaign',
      scope: [
        { module: 'entry', acl: { read: true, write: true } },
        { module: 'branch', branches: ['main'], acl: { read: true } },
      ],
      expires_on: '2026-03-15',
      is_email_notification_enabled: true,
    },
  })
  await call('GET', '/v3/stacks/delivery_tokens')
  await call('GET', '/v3/stacks/management_tokens?limt=10')
  await call('GET', '/v3/environments', undefined, { authtoken: 'mistyped' })
  await call('POST', '/v3/stacks/delivery_tokens', { token: { name: 'Kiosk', scop: [] } })
  await call('GET', '/v3/stacks/management_tokens', undefined, { authtoken: 'ines_authtoken' })
  await call('DELETE', '/v3/stacks/delivery_tokens/blt0000000000000000')
  await call('GET', '/v3/stacks/branches')
  return mock
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** What to do in each view before its picture is taken. */
const SHOTS: Record<string, { hash: string; act?: (page: Page) => Promise<void> }> = {
  tokens: { hash: 'tokens' },
  'management-tokens': { hash: 'tokens?kind=management' },
  'delivery-token': { hash: 'tokens', act: (page) => button(page, 'Shop front').click() },
  'new-delivery-token': { hash: 'tokens', act: (page) => button(page, 'Create token').click() },
  'new-management-token': {
    hash: 'tokens?kind=management',
    act: (page) => button(page, 'Create token').click(),
  },
  timeline: {
    hash: 'timeline',
    act: async (page) => {
      await page.getByText('Quarter', { exact: true }).click()
      for (const event of ['Agency access', 'Migration summer sale']) {
        await button(page, 'To the next event').click()
        await page.getByRole('listitem').filter({ hasText: event }).getByText('expired just now').waitFor()
      }
      await button(page, 'To the next event').click()
      await page.getByText('A management token expires soon: Easter campaign').waitFor()
    },
  },
  requests: { hash: 'requests' },
  request: { hash: 'requests', act: (page) => page.locator('.open').nth(3).click() },
  try: {
    hash: 'try',
    act: async (page) => {
      await page.getByLabel('Or pick one').selectOption({ index: 3 })
      await page.locator('[aria-live] > *').waitFor()
    },
  },
  world: { hash: 'world', act: (page) => page.getByRole('switch', { name: 'Slow' }).click() },
}

async function shoot(
  name: string,
  path: string,
  width: number,
  height: number,
  colorScheme: 'light' | 'dark',
) {
  const mock = await startUsed()
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme,
    reducedMotion: 'reduce',
    deviceScaleFactor: folder === undefined ? 2 : 1,
  })
  const { hash, act } = SHOTS[name] as (typeof SHOTS)[string]
  await page.goto(`${mock.url}/_mock/console#${hash}`)
  await page.locator('.side .life.live').waitFor({ state: 'attached' })
  await act?.(page)
  await page.locator('.news span').first().waitFor({ state: 'detached' })
  await page.screenshot({
    path,
    fullPage: folder !== undefined && (await page.locator('dialog').count()) === 0,
  })
  await page.close()
  await mock.close()
}

if (folder === undefined) await shoot('timeline', 'docs/console.png', 1280, 1120, 'light')
else {
  const names = process.argv[3]?.split(',') ?? Object.keys(SHOTS)
  for (const [width, height] of [
    [360, 740],
    [1280, 800],
    [1920, 1080],
  ] as const)
    for (const theme of ['light', 'dark'] as const)
      for (const name of names)
        await shoot(name, join(folder, `${name}-${width}-${theme}.png`), width, height, theme)
}
await browser.close()
