import { readFileSync } from 'node:fs'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { createTokensMock, type TokensMock, type TokensMockOptions } from '../../src/index.ts'
import { chromiumPath, openBrowser, shows } from './browser.ts'

const VIEWS = ['tokens', 'timeline', 'requests', 'try', 'world']
const STACK = 'blt4f8a2c6e9b1d7035'
/** An owner of the fixture `demo`. */
const OWNER = { api_key: STACK, authtoken: 'maya_authtoken' }

let browser: Browser

interface Opened {
  mock: TokensMock
  page: Page
  complaints: string[]
  /** Opens another address of the same server. */
  open(address: string): Promise<Page>
}

/** Opens the console of a new server. The test fails for whatever the page complains about or asks elsewhere. */
async function start(
  t: Test,
  address = '/_mock/console',
  { options = {}, ...context }: { options?: TokensMockOptions } & Parameters<Browser['newContext']>[0] = {},
): Promise<Opened> {
  const mock = await createTokensMock({ fixtures: 'demo', ...options })
  const pages = await browser.newContext({ reducedMotion: 'reduce', ...context })
  const complaints: string[] = []
  const open = async (address: string) => {
    const page = await pages.newPage()
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('dialog', (dialog) => complaints.push(dialog.message()))
    page.on('console', (message) => {
      // Chromium itself reports each refused call, which the tests provoke.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        complaints.push(message.text())
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(mock.url)) complaints.push(request.url())
    })
    await page.goto(`${mock.url}${address}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    return page
  }
  t.teardown(async () => {
    await pages.close()
    await mock.close()
    if (complaints.length > 0) throw new Error(`The page complains: ${complaints.join('; ')}`)
  })
  return { mock, page: await open(address), open, complaints }
}

/** What axe finds wrong by WCAG 2.2 A and AA. */
async function violations(page: Page): Promise<string[]> {
  // By evaluation, since the page's policy refuses any other script.
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const { violations } = await axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    })
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`))
  })
}

const isTooWide = (page: Page) =>
  page.evaluate(
    'document.documentElement.scrollWidth > document.documentElement.clientWidth',
  ) as Promise<boolean>

/** Calls the API as a client does. */
const call = (mock: TokensMock, method: string, path: string, body?: unknown, prefix = '') =>
  fetch(`${mock.url}${prefix}/v3${path}`, {
    method,
    headers: { ...OWNER, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

const deliveryToken = (name: string) => ({
  token: {
    name,
    scope: [
      { module: 'environment', environments: ['production'], acl: { read: true } },
      { module: 'branch', branches: ['main'], acl: { read: true } },
    ],
  },
})

const tests = () => {
  t.before(async () => {
    browser = await openBrowser()
  })
  t.teardown(() => browser.close())

  for (const colorScheme of ['light', 'dark'] as const) {
    t.test(`no view violates WCAG 2.2 A or AA, in ${colorScheme}`, async (t) => {
      const { mock, page } = await start(t, '/_mock/console', { colorScheme })
      await call(mock, 'GET', '/stacks/delivery_tokens?limt=1')
      await call(mock, 'POST', '/stacks/delivery_tokens', { token: {} })
      mock.clock.advance('P3D')
      mock.faults.set({ presets: ['slow'], rules: [{ match: { path: '/x' }, status: 500 }] })
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 })
        for (const view of VIEWS) {
          await page.goto(`${mock.url}/_mock/console#${view}`)
          await page.getByRole('heading', { level: 1 }).waitFor()
          for (const details of await page.locator('main details').all())
            await details.locator('summary').click()
          t.strictSame(await violations(page), [], `${view}, ${width} px wide`)
          t.notOk(await isTooWide(page), `${view} fits in ${width} px`)
        }
        await page.goto(`${mock.url}/_mock/console#tokens?kind=management`)
        await page.getByRole('button', { name: 'Agency access' }).click()
        await page.getByRole('dialog', { name: 'Agency access' }).waitFor()
        t.strictSame(await violations(page), [], 'a token')
        await page.keyboard.press('Escape')
        await page.getByRole('button', { name: 'Create token' }).click()
        const form = page.getByRole('dialog', { name: 'Create a management token' })
        await form.waitFor()
        await form.getByText('Choose', { exact: true }).click()
        for (const details of await form.locator('details').all()) await details.locator('summary').click()
        t.strictSame(await violations(page), [], 'a new token')
        await page.keyboard.press('Escape')
        await page.goto(`${mock.url}/_mock/console#requests`)
        await page.getByRole('button', { name: 'POST /v3/stacks/delivery_tokens' }).first().click()
        await page.getByRole('dialog').waitFor()
        t.strictSame(await violations(page), [], 'a request')
        await page.keyboard.press('Escape')
      }
    })
  }

  t.test('creates, shows and deletes a delivery token, by mouse', async (t) => {
    const { mock, page } = await start(t)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'Create token' }).click()
    await page.getByLabel('Name').fill("Maya's site")
    await page.getByLabel('staging').check()
    await page.getByLabel('Create a preview token as well').check()
    await page.getByText('Show as curl').click()
    await shows(
      t,
      () => page.locator('dialog pre').textContent(),
      [
        `curl -X POST '${mock.url}/v3/stacks/delivery_tokens?create_with_preview_token=true' \\`,
        `  -H 'api_key: ${STACK}' \\`,
        "  -H 'authtoken: maya_authtoken' \\",
        "  -H 'Content-Type: application/json' \\",
        `  -d '{"token":{"name":"Maya'\\''s site","scope":[{"module":"environment","environments":["production","staging"],"acl":{"read":true}},{"module":"branch","branches":["main"],"acl":{"read":true}}]}}'`,
      ].join('\n'),
    )
    await page.locator('dialog footer').getByRole('button', { name: 'Create token' }).click()
    const result = page.getByRole('dialog', { name: 'The token is ready' })
    await result.getByRole('button', { name: 'Copy' }).first().click()
    await result.getByText('Copied the token.').waitFor()
    const [made] = mock.state().stacks[0]?.delivery_tokens?.slice(-1) ?? []
    t.equal(await page.evaluate('navigator.clipboard.readText()'), made?.token)
    await result.getByRole('button', { name: 'Done' }).click()

    await page.getByRole('button', { name: "Maya's site" }).click()
    const sheet = page.getByRole('dialog', { name: "Maya's site" })
    t.notOk((await sheet.textContent())?.includes(made?.token as string), 'the value is hidden')
    await sheet.getByRole('button', { name: 'Show the token' }).click()
    await sheet
      .getByText(made?.token as string)
      .first()
      .waitFor()
    await sheet.getByRole('button', { name: 'Delete the token' }).click()
    await sheet.getByRole('button', { name: 'Yes, delete' }).click()
    await sheet.getByRole('alert').getByText('force', { exact: false }).waitFor()
    await sheet.getByLabel('Delete its preview token, too').check()
    await sheet.getByRole('button', { name: 'Yes, delete' }).click()
    await sheet.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: "Maya's site" }).waitFor({ state: 'detached' })
    t.equal(mock.state().stacks[0]?.delivery_tokens?.length, 4)
    t.equal(mock.requests.count(), 0, 'the journal leaves out what the console sent')
  })

  t.test('creates and deletes a management token, by keyboard alone', async (t) => {
    const { mock, page } = await start(t)
    const { keyboard } = page
    const focused = () =>
      page.evaluate(
        '(document.activeElement.ariaLabel || document.activeElement.labels?.[0]?.textContent || document.activeElement.textContent).trim()',
      ) as Promise<string>
    /** Presses Tab until the element with this name has the focus. */
    const tabTo = async (name: string | RegExp) => {
      for (let i = 0; i < 80; i += 1) {
        await keyboard.press('Tab')
        const found = await focused()
        if (typeof name === 'string' ? found === name : name.test(found)) return
      }
      t.fail(`no ${name} within 80 steps`)
    }
    await tabTo('Skip to the content')
    await keyboard.press('Enter')
    await tabTo(/^Delivery/)
    await keyboard.press('ArrowRight')
    await page.getByRole('button', { name: 'Agency access' }).waitFor()
    await tabTo('Create token')
    await keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await shows(t, focused, 'Name')
    await keyboard.type('Nightly job')
    await tabTo('Read all')
    await keyboard.press('ArrowRight')
    await keyboard.press('ArrowRight')
    await tabTo('asset: write')
    await keyboard.press('Space')
    await tabTo(/^Expires/)
    await keyboard.type('In 8')
    await keyboard.press('Enter')
    await tabTo('Create token')
    await keyboard.press('Enter')
    await page.getByRole('dialog', { name: 'The token is ready' }).waitFor()
    const made = mock.state().stacks[0]?.management_tokens?.at(-1)
    t.match(made, { name: 'Nightly job', is_email_notification_enabled: true })
    t.strictSame(
      made?.scope.map(({ module, acl }) => [module, acl]),
      [
        ['entry', { read: true, write: false }],
        ['asset', { read: false, write: true }],
        ['branch', { read: true }],
      ],
    )
    await keyboard.press('Escape')
    await page.getByRole('button', { name: 'Nightly job', exact: true }).waitFor()
    await tabTo('Nightly job')
    await keyboard.press('Enter')
    await tabTo('Delete the token')
    await keyboard.press('Enter')
    await keyboard.press('Shift+Tab')
    await tabTo(/^Yes, delete/)
    await keyboard.press('Enter')
    await page.getByRole('button', { name: 'Nightly job', exact: true }).waitFor({ state: 'detached' })
    t.equal(mock.state().stacks[0]?.management_tokens?.length, 5)
  })

  t.test('the form for a token is short, and its button always in reach', async (t) => {
    const { mock, page } = await start(t, '/_mock/console#tokens?kind=management')
    const form = page.getByRole('dialog', { name: 'Create a management token' })
    const button = form.locator('footer').getByRole('button', { name: 'Create token' })
    const dialog = "document.querySelector('dialog')"
    const isScrolled = () =>
      page.evaluate(`${dialog}.scrollHeight > ${dialog}.clientHeight`) as Promise<boolean>
    for (const [width, height] of [
      [360, 740],
      [1280, 800],
      [1920, 1080],
    ] as const) {
      await page.setViewportSize({ width, height })
      await page.getByRole('button', { name: 'Create token' }).click()
      await form.waitFor()
      await shows(t, isScrolled, false)
      await page.keyboard.press('Escape')
      await form.waitFor({ state: 'detached' })
    }
    await page.setViewportSize({ width: 360, height: 500 })
    await page.getByRole('button', { name: 'Create token' }).click()
    await form.getByText('Choose', { exact: true }).click()
    await shows(t, isScrolled, true)
    await form.getByText('Full access').click()
    await form.getByText('Branches and e-mail').click()
    await form.getByLabel('main').uncheck()
    await form.getByLabel('E-mail seven days before it expires').uncheck()
    await form.getByText('no branch, no e-mail').waitFor()
    await form.getByLabel('Name').fill('Everything')
    await page.evaluate(`${dialog}.scrollTo(0, 0)`)
    const box = await button.boundingBox()
    t.ok(box && box.y + box.height <= 500, 'the button is in view')
    await button.click()
    await form.getByRole('alert').getByText('scope.branch_or_alias is a required field.').waitFor()
    await form.getByLabel('live').check()
    await button.click()
    await page.getByRole('dialog', { name: 'The token is ready' }).waitFor()
    const made = mock.state().stacks[0]?.management_tokens?.at(-1)
    t.match(made, { name: 'Everything', is_email_notification_enabled: false })
    t.strictSame(
      made?.scope.map(({ module, acl }) => [module, acl]),
      [
        ['$all', { read: true, write: true }],
        ['branch_alias', { read: true }],
      ],
    )
  })

  t.test('a world whose last stack went has no form for a token', async (t) => {
    const { mock, page } = await start(t)
    await page.getByRole('button', { name: 'Create token' }).click()
    await page.getByRole('dialog', { name: 'Create a delivery token' }).waitFor()
    mock.load({ ...mock.state(), stacks: [] })
    await page.getByRole('alert').getByText("We can't find that Stack.").waitFor()
    await shows(t, () => page.locator('dialog').count(), 0)
    await shows(t, () => page.getByRole('button', { name: 'Create token' }).count(), 0)
  })

  t.test('a form and a sheet do not come back with what a reset restores', async (t) => {
    const { mock, page } = await start(t)
    const dialogs = () => page.locator('dialog').count()
    const shopFront = page.getByRole('button', { name: 'Shop front', exact: true })
    /** The page reads everything again after a request of a client. */
    const change = async (action: () => void) => {
      action()
      await call(mock, 'GET', '/user')
    }
    const { stacks, ...rest } = mock.state()
    await page.locator('.side .life.live').waitFor()
    await page.getByRole('button', { name: 'Create token' }).click()
    await page.getByRole('dialog', { name: 'Create a delivery token' }).waitFor()
    await change(() => mock.load({ ...rest, stacks: [] }))
    await shows(t, dialogs, 0)
    await change(() => mock.reset())
    await shopFront.waitFor()
    await shows(t, dialogs, 0)
    await page.getByText('Management', { exact: true }).click()
    await page.getByRole('button', { name: 'Create token' }).click()
    await page.getByRole('dialog', { name: 'Create a management token' }).waitFor()
    await page.goBack()
    await shopFront.waitFor()
    await shows(t, dialogs, 0)
    await shopFront.click()
    await page.getByRole('dialog', { name: 'Shop front' }).waitFor()
    await change(() =>
      mock.load({ ...rest, stacks: stacks.map((stack) => ({ ...stack, delivery_tokens: [] })) }),
    )
    await shows(t, dialogs, 0)
    await change(() => mock.reset())
    await shopFront.waitFor()
    await shows(t, dialogs, 0)
  })

  t.test('a token can be tried from where it is shown, and stays out of the address', async (t) => {
    const { mock, page } = await start(t)
    const field = page.getByLabel('Token', { exact: true })
    const focused = () => page.evaluate('document.activeElement.id') as Promise<string>
    await page.getByRole('button', { name: 'Create token' }).click()
    await page.getByLabel('Name').fill('Fresh')
    await page.locator('dialog footer').getByRole('button', { name: 'Create token' }).click()
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('heading', { name: 'Fresh' }).waitFor()
    await page.getByText('This token works').waitFor()
    const made = mock.state().stacks[0]?.delivery_tokens?.at(-1)?.token
    await shows(t, () => field.inputValue(), made)
    await shows(t, focused, 'main')
    t.equal(page.url(), `${mock.url}/_mock/console#try`)

    await page.goto(`${mock.url}/_mock/console#tokens`)
    await page.getByRole('button', { name: 'Shop front', exact: true }).click()
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('heading', { name: 'Shop front' }).waitFor()

    // Of a management token, the list has no value.
    await page.goto(`${mock.url}/_mock/console#tokens?kind=management`)
    await page.getByRole('button', { name: 'Relaunch 2023' }).click()
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('heading', { name: 'Relaunch 2023' }).waitFor()
    await page.getByText('This token does not work').waitFor()

    await page.getByRole('link', { name: 'World' }).click()
    await page.getByRole('link', { name: 'Try a token' }).click()
    await page.getByRole('heading', { name: 'Relaunch 2023' }).waitFor()
    await field.fill('another')
    await page.getByRole('heading', { name: 'Relaunch 2023' }).waitFor({ state: 'detached' })
  })

  t.test('shows the answer about the token that was picked last', async (t) => {
    const { page } = await start(t, '/_mock/console#try')
    const { promise: isLast, resolve: release } = Promise.withResolvers<void>()
    const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>()
    let count = 0
    await page.route('**/introspect', async (route) => {
      count += 1
      if (count === 1) {
        ask()
        await isLast
      }
      await route.continue()
    })
    const pick = page.getByLabel('Or pick one')
    await pick.selectOption({ label: 'Shop front (delivery, Web shop)' })
    await isAsked
    await pick.selectOption({ label: 'Agency access (management, Web shop)' })
    await page.getByRole('heading', { name: 'Agency access' }).waitFor()
    const late = page.waitForResponse('**/introspect')
    release()
    await late
    await shows(t, () => page.getByRole('heading', { level: 2 }).allTextContents(), ['Agency access'])
  })

  t.test('the tokens of one kind never show as those of the other', async (t) => {
    const { page } = await start(t)
    const { promise: isSeen, resolve: release } = Promise.withResolvers<void>()
    await page.getByRole('button', { name: 'Shop front', exact: true }).waitFor()
    await page.route('**/management_tokens*', async (route) => {
      await isSeen
      await route.continue()
    })
    const asked = page.waitForRequest('**/management_tokens*')
    await page.getByText('Management', { exact: true }).click()
    await asked
    await shows(t, () => page.locator('.line').count(), 0)
    release()
    await page.getByRole('button', { name: 'Agency access' }).waitFor()
  })

  t.test('roles refuse here as they do in the API', async (t) => {
    const { page } = await start(t)
    await page.getByLabel('As').selectOption({ label: 'Ines Moreau (Developer)' })
    await page.getByText('Management', { exact: true }).click()
    const refusal = page.getByRole('alert')
    await refusal.waitFor()
    t.match(await refusal.textContent(), /developer.*Status 403\./i)
    await page.waitForURL(/#tokens\?kind=management&as=blt/)
    await page.reload()
    await refusal.waitFor()
    await shows(
      t,
      () => page.getByLabel('As').locator('option:checked').textContent(),
      'Ines Moreau (Developer)',
    )
  })

  t.test('a name stays text', async (t) => {
    const name = '<img src=x onerror=alert(1)>'
    const { mock, page } = await start(t)
    await call(mock, 'POST', '/stacks/delivery_tokens', deliveryToken(name))
    await call(mock, 'GET', `/stacks/delivery_tokens?${encodeURIComponent(name)}=1`)
    await page.getByRole('button', { name }).click()
    await page.getByRole('dialog', { name }).waitFor()
    await page.keyboard.press('Escape')
    for (const view of ['tokens', 'timeline', 'requests', 'try']) {
      await page.goto(`${mock.url}/_mock/console#${view}`)
      await page.locator('main').getByText(name).first().waitFor({ state: 'attached' })
      t.equal(await page.locator('img[src=x]').count(), 0, view)
    }
    await page.goto(`${mock.url}/_mock/console#requests`)
    await page.locator('.open').first().click()
    await page.getByRole('dialog').waitFor()
    t.equal(await page.locator('img[src=x]').count(), 0)
  })

  t.test('the policy of the page refuses what is not its own', async (t) => {
    const { page, complaints } = await start(t)
    const refused = (await page.evaluate(`
      new Promise((resolve) => {
        const refused = []
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
          refused.push(effectiveDirective)
          if (refused.length === 3) resolve(refused.sort())
        })
        const style = document.createElement('style')
        style.textContent = 'p { color: red }'
        document.head.append(style)
        const image = document.createElement('img')
        image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw='
        document.body.append(image)
        const script = document.createElement('script')
        try {
          script.text = 'throw new Error()'
        } catch {}
      })
    `)) as string[]
    t.strictSame(refused, ['img-src', 'require-trusted-types-for', 'style-src-elem'])
    t.equal(complaints.splice(0).length, 3)
  })

  t.test('the timeline lets a token die, and its e-mail arrive', async (t) => {
    const { mock, page } = await start(t, '/_mock/console#timeline')
    const lane = (name: string) => page.getByRole('listitem').filter({ hasText: name })
    await lane('Agency access').getByText('in 2 days').waitFor()
    const mails = () => page.locator('.mail strong').allTextContents()
    t.strictSame(mock.outbox.list(), [])
    await page.getByRole('button', { name: '+1 day' }).click()
    await lane('Agency access').getByText('tomorrow').waitFor()
    await page.getByRole('button', { name: 'To the next event' }).click()
    await lane('Agency access').getByText('expired just now').waitFor()
    await page.getByRole('button', { name: 'To the next event' }).click()
    await lane('Migration summer sale').getByText('expired just now').waitFor()
    await page.getByRole('button', { name: 'To the next event' }).press('Enter')
    await page.getByText('A management token expires soon: Product import').waitFor()
    t.strictSame(
      mock.outbox.list().map(({ subject }) => subject),
      [
        'A management token expires soon: Product import',
        // Of the other stack.
        'A management token expires soon: Translation service',
      ],
    )
    await shows(t, mails, ['A management token expires soon: Product import'])
    await page.getByText('1 e-mail about other stacks.').waitFor()
    await page.getByRole('button', { name: '+7 days' }).click()
    await lane('Product import')
      .getByText(/expired/)
      .waitFor()
    for (const range of ['Quarter', 'Year', 'All']) await page.getByText(range, { exact: true }).click()
    await page.getByRole('button', { name: 'Back to the real time' }).click()
    await lane('Agency access').getByText('in 2 days').waitFor()
    await shows(t, () => mock.clock.read().mode, 'real')
    await page.getByLabel('Stack').selectOption({ label: 'Trail magazine' })
    await shows(t, mails, ['A management token expires soon: Translation service'])
    await page.getByText('1 e-mail about other stacks.').waitFor()
    await page.getByRole('button', { name: 'Empty it for all stacks' }).click()
    await page.getByText('No e-mail yet').waitFor()
    await page.getByRole('button', { name: 'Empty it', exact: true }).waitFor()
    t.strictSame(mock.outbox.list(), [])
  })

  t.test('says what a token may read, why not the rest, and when it was used', async (t) => {
    const { mock, page } = await start(t, '/_mock/console#try')
    await page.getByLabel('Or pick one').selectOption({ label: 'Shop front (delivery, Web shop)' })
    await page.getByText('This token works').waitFor()
    await page.getByText("The delivery token's scope does not name the environment 'staging'.").waitFor()
    await shows(
      t,
      () => page.locator('.access > li').evaluateAll((all) => all.map(({ className }) => className)),
      ['good', 'bad', 'bad', 'good', 'bad', 'good'],
    )
    t.strictSame(await violations(page), [])
    await page.getByLabel('Token', { exact: true }).fill('nonsense')
    await page.keyboard.press('Enter')
    await page.getByText('This token does not work').waitFor()
    await page.getByText('No stack of this world has such a token. It may have been deleted.').waitFor()
    const [token] = mock.state().stacks[0]?.delivery_tokens ?? []
    await fetch(`${mock.url}/v3/content_types?environment=production`, {
      headers: { api_key: STACK, access_token: token?.token as string, branch: 'main' },
    })
    await page.goto(`${mock.url}/_mock/console#tokens`)
    const row = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('button', { name: 'Shop front', exact: true }) })
    await row.getByText('just now').waitFor()
  })

  t.test('requests show up as they arrive', async (t) => {
    const { mock, page } = await start(t, '/_mock/console#requests')
    await page.getByText('No request yet').waitFor()
    await page.locator('.side .life.live').waitFor()
    await call(mock, 'GET', '/stacks/delivery_tokens?limt=3')
    await page.getByText('Not read: limt').waitFor()
    await call(mock, 'POST', '/stacks/delivery_tokens', { token: { name: 'x', scop: [] } })
    await page.getByText('scope is a required field.').waitFor()
    const statuses = () => page.locator('.line .pill').allTextContents()
    await shows(t, statuses, ['422', '200'])
    await page.getByLabel('Status').selectOption('4')
    await shows(t, statuses, ['422'])
    await page.getByLabel('Status').selectOption('')
    await page.getByLabel('Filter').fill('limt')
    await shows(t, statuses, ['200'])
    await page.getByLabel('Filter').fill('nothing of the kind')
    await page.getByText('No request matches').waitFor()
    await page.getByLabel('Filter').fill('')
    await page.getByRole('button', { name: 'POST /v3/stacks/delivery_tokens' }).press('Enter')
    const sheet = page.getByRole('dialog', { name: /POST/ })
    await sheet.waitFor()
    const blocks = [
      '{\n  "token": {\n    "name": "x",\n    "scop": []\n  }\n}',
      '{\n  "error_message": "Delivery Token creation failed. Please try again.",\n  "error_code": 141,\n  "errors": {\n    "scope": [\n      "is a required field."\n    ]\n  }\n}',
      `curl -X POST '${mock.url}/v3/stacks/delivery_tokens' \\\n  -H 'api_key: ${STACK}' \\\n  -H 'authtoken: AUTHTOKEN' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"token":{"name":"x","scop":[]}}'`,
    ]
    await shows(t, () => sheet.locator('pre').allTextContents(), blocks)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByText('No request yet').waitFor()
    t.equal(mock.requests.count(), 0)
  })

  t.test('a request that arrives while the list is read shows up, and once', async (t) => {
    const { mock, page } = await start(t)
    const paths = () => page.locator('.line .open').allTextContents()
    const list = '**/_mock/requests'
    /** Holds the next list of requests, once the server has sent it, until a client has made another call. */
    const during = async (sent: 'before' | 'after', action: () => Promise<unknown>, path: string) => {
      const { promise: isCalled, resolve: release } = Promise.withResolvers<void>()
      const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>()
      await page.route(list, async (route) => {
        if (route.request().method() !== 'GET') return route.continue()
        const response = sent === 'before' ? await route.fetch() : undefined
        ask()
        await isCalled
        await route.fulfill({ response: response ?? (await route.fetch()) })
      })
      await action()
      await isAsked
      await call(mock, 'GET', path)
      // The call has arrived when the page reads what it changed.
      if (sent === 'before') await page.waitForRequest('**/_mock/state')
      release()
      await page.waitForResponse(list)
      await page.unroute(list)
    }
    await during('after', () => page.goto(`${mock.url}/_mock/console?again#requests`), '/user')
    await page.locator('.side .life.live').waitFor()
    await call(mock, 'GET', '/stacks')
    await page.getByText('/v3/stacks').waitFor()
    await shows(t, paths, ['GET /v3/stacks', 'GET /v3/user'])
    const clear = page.getByRole('button', { name: 'Clear' })
    await during('before', () => clear.click(), '/locales')
    await shows(t, paths, ['GET /v3/locales'])
  })

  t.test('a token that a client makes shows up at once', async (t) => {
    const { mock, page } = await start(t)
    await page.locator('.side .life.live').waitFor()
    await call(mock, 'POST', '/stacks/delivery_tokens', deliveryToken('Made elsewhere'))
    await page.getByRole('button', { name: 'Made elsewhere' }).waitFor()
  })

  t.test('lists show 200 rows and say how many more there are', async (t) => {
    const { mock, page } = await start(t, '/_mock/console#requests')
    await page.locator('.side .life.live').waitFor()
    const state = mock.state()
    const [first] = state.stacks[0]?.delivery_tokens ?? []
    const { uid: _uid, token: _token, preview_token: _preview, ...rest } = first as NonNullable<typeof first>
    const tokens = Array.from({ length: 1203 }, (_, i) => ({ ...rest, name: `Token ${i}` }))
    mock.load({
      ...state,
      stacks: state.stacks.map((stack) => ({ ...stack, delivery_tokens: tokens })).slice(0, 1),
    })
    for (let i = 0; i < 203; i += 1) await mock.inject({ url: '/v3/user', headers: OWNER })
    await page.getByText('3 more requests not shown.').waitFor()
    await shows(t, () => page.locator('.line').count(), 200)
    await page.goto(`${mock.url}/_mock/console#tokens`)
    await page.getByText('1,003 more tokens not shown.').waitFor()
    await shows(t, () => page.locator('.line').count(), 200)
    await page.goto(`${mock.url}/_mock/console#timeline`)
    await page.getByText('1,008 more tokens not shown.').waitFor()
    await shows(t, () => page.locator('.lanes > li').count(), 200)
  })

  t.test('the world: faults, reset, credentials', async (t) => {
    const { mock, page } = await start(t, '/_mock/console#world', { viewport: { width: 1280, height: 900 } })
    mock.faults.set({ rules: [{ match: { path: '/organizations' }, latency_ms: 1 }] })
    for (const name of ['Rate limit', 'Outage', 'Slow', 'Maintenance', 'New token']) {
      await page.getByRole('switch', { name }).click()
      await page.getByRole('switch', { name, checked: true }).waitFor()
    }
    await shows(
      t,
      () => mock.faults.list().map((rule) => rule.match?.path ?? rule.status ?? rule.latency_ms),
      [429, 503, 2000, 503, 412, '/organizations'],
    )
    t.equal((await call(mock, 'GET', '/user')).status, 503)
    await page.getByText('So far: 1 request.').waitFor()
    await page.getByRole('switch', { name: 'Outage' }).press('Space')
    await page.getByRole('switch', { name: 'Outage', checked: false }).waitFor()
    await shows(t, () => mock.faults.list().length, 5)
    await page.getByText('the forms of the documentation and of the service, side by side').waitFor()
    await page.getByText('tom_authtoken').waitFor()
    await page.getByRole('button', { name: 'Show the password of tom.okafor@northwind.example' }).click()
    await page.getByText('password', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Reset this world' }).click()
    await page.getByRole('button', { name: 'Reset it' }).click()
    await page.getByText('The world was reset.').waitFor()
    t.strictSame(mock.faults.list(), [])
  })

  t.test('a switch stays where it was put until the server has responded', async (t) => {
    const { mock, page } = await start(t, '/_mock/console#world')
    await page.locator('.side .life.live').waitFor()
    // A rule of the same status as a preset's is no preset.
    mock.faults.set({
      rules: [
        { match: { path: '/user' }, latency_ms: 1 },
        { status: 503, times: 0 },
      ],
    })
    await page.getByText('2 rules of your own apply as well.').waitFor()
    const outage = page.getByRole('switch', { name: 'Outage' })
    await shows(t, () => outage.isChecked(), false)
    const { promise: isSeen, resolve: release } = Promise.withResolvers<void>()
    const { promise: isSent, resolve: send } = Promise.withResolvers<void>()
    const isRefused = { value: false }
    await page.route('**/_mock/faults', async (route) => {
      if (route.request().method() !== 'PUT') return route.continue()
      send()
      await isSeen
      return isRefused.value ? route.abort() : route.continue()
    })
    await outage.click()
    await isSent
    await call(mock, 'GET', '/user')
    // The page has read the rules again, without the preset.
    await page.getByText('So far: 1 request.').waitFor()
    await shows(t, () => outage.isChecked(), true)
    release()
    await shows(
      t,
      () => mock.faults.list().map((rule) => rule.error_message ?? rule.match?.path ?? rule.times),
      ['The service is unavailable.', '/user', 0],
    )
    isRefused.value = true
    await outage.click()
    await page.getByText('The server cannot be reached.').waitFor()
    await shows(t, () => outage.isChecked(), true)
  })

  t.test('two tabs show two worlds', async (t) => {
    const { mock, page, open } = await start(t)
    const other = await open('/w/one/_mock/console')
    await other.getByText('There is no world “one”').waitFor()
    t.strictSame(mock.worlds(), ['default'], 'looking creates no world')
    await other.getByRole('button', { name: 'Create it' }).click()
    await other.locator('.line').first().waitFor()
    await page.locator('.side .life.live').waitFor()
    await other.locator('.side .life.live').waitFor()
    await call(mock, 'POST', '/stacks/delivery_tokens', deliveryToken('Only in one'), '/w/one')
    await call(mock, 'POST', '/stacks/delivery_tokens', deliveryToken('Only in default'))
    await other.getByRole('button', { name: 'Only in one' }).waitFor()
    await page.getByRole('button', { name: 'Only in default' }).waitFor()
    await shows(t, () => other.getByText('Only in default').count(), 0)
    await shows(t, () => page.getByText('Only in one').count(), 0)
    mock.world('one').clock.advance('P1Y')
    await other.getByText('shifted, running').waitFor()
    await shows(t, () => page.getByText('shifted, running').count(), 0)
    mock.dropWorld('one')
    await other.getByText('There is no world “one”').waitFor()
    t.strictSame(mock.worlds(), ['default'])
    await other.getByRole('link', { name: 'Go to the default world' }).click()
    await other.getByRole('button', { name: 'Only in default' }).waitFor()
    await other.goto(`${mock.url}/_mock/console#world`)
    await other.getByLabel('Or a new one').fill('two')
    await other.getByRole('button', { name: 'Open', exact: true }).click()
    await other.getByText('There is no world “two”').waitFor()
    t.match(other.url(), /\/w\/two\/_mock\/console#world$/)
  })

  t.test('asks for the control token, and keeps it for the tab', async (t) => {
    const { mock, page, open } = await start(t, '/_mock/console', {
      options: { controlToken: 'open-sesame' },
    })
    const field = page.getByLabel('Control token')
    await field.fill('guess')
    t.strictSame(await violations(page), [])
    await page.getByRole('button', { name: 'Open the console' }).click()
    await page.getByText('The server refused this token.').waitFor()
    await shows(t, () => field.inputValue(), 'guess')
    await field.fill('open-sesame')
    await field.press('Enter')
    await page.getByRole('button', { name: 'Shop front', exact: true }).waitFor()
    await page.locator('.side .life.live').waitFor()
    await call(mock, 'POST', '/stacks/delivery_tokens', deliveryToken('Made elsewhere'))
    await page.getByRole('button', { name: 'Made elsewhere' }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Made elsewhere' }).waitFor()
    await page.goto(`${mock.url}/_mock/console#timeline`)
    await page.getByText('Show as curl').first().click()
    t.match(
      await page.locator('.clock pre').textContent(),
      /-H "Authorization: Bearer \$TOKENS_MOCK_CONTROL_TOKEN"/,
    )
    await page.goto(`${mock.url}/_mock/console#world`)
    const documents: unknown[] = []
    for (const file of ['openapi-api.json', 'openapi.json']) {
      const downloading = page.waitForEvent('download')
      await page.getByRole('button', { name: `Download ${file}` }).click()
      const download = await downloading
      const { info } = JSON.parse(readFileSync(await download.path(), 'utf8'))
      documents.push([download.suggestedFilename(), info.title])
    }
    t.strictSame(documents, [
      ['openapi-api.json', 'Content Management API as contentstack-tokens-mock emulates it'],
      ['openapi.json', 'Control API of contentstack-tokens-mock'],
    ])
    const other = await open('/_mock/console')
    await other.getByLabel('Control token').waitFor()
  })

  t.test('the theme can be chosen, and stays', async (t) => {
    const { page } = await start(t, '/_mock/console', { colorScheme: 'light' })
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    await shows(t, background, 'rgb(246, 246, 244)')
    const button = page.getByRole('button', { name: 'Theme' })
    await button.click()
    await shows(t, background, 'rgb(246, 246, 244)')
    await button.click()
    await shows(t, background, 'rgb(19, 20, 22)')
    await page.reload()
    await button.waitFor()
    await shows(t, background, 'rgb(19, 20, 22)')
  })

  t.test('nothing moves for whoever wants it so', async (t) => {
    const { page } = await start(t, '/_mock/console#timeline')
    const moves = () =>
      page.evaluate(
        "getComputedStyle(document.querySelector('.bar-of-life')).transitionProperty",
      ) as Promise<string>
    await page.locator('.bar-of-life').first().waitFor()
    await shows(t, moves, 'all')
    await page.emulateMedia({ reducedMotion: 'no-preference' })
    await shows(t, moves, 'x, width, cx')
  })

  t.test('the page finds its way back to a server that stopped', async (t) => {
    const { mock, page } = await start(t)
    await page.locator('.side .life.live').waitFor()
    const { port } = new URL(mock.url)
    await mock.close()
    await page.locator('.side .life.lost').waitFor()
    const again = await createTokensMock({ fixtures: 'blank-stack', port: Number(port) })
    t.teardown(() => again.close())
    await page.locator('.side .life.live').waitFor()
    await page.getByText('This stack has no delivery tokens').waitFor()
  })
}

if (chromiumPath === undefined)
  t.test(
    'the console in a browser',
    { skip: 'No Chromium here: install it, or set CHROMIUM_PATH.' },
    () => {},
  )
else tests()
