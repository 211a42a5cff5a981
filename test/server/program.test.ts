import { once } from 'node:events'
import { Agent } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { mock as timers } from 'node:test'
import { SMTPServer } from 'smtp-server'
import t from 'tap'
import { ApiError, createTokensMock } from '../../src/index.ts'
import { connect, contentstack } from '../official-client.ts'
import { API_KEY, AUTHTOKENS, DELIVERY, deliveryScope, MANAGEMENT, managementScope } from '../support.ts'

const headers = { api_key: API_KEY, authtoken: AUTHTOKENS.owner }
const createManagement = (url: string, token: object) =>
  fetch(`${url}${MANAGEMENT}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ token: { name: 'CI', scope: managementScope(), ...token } }),
  })

t.test('every control is a method, too', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'empty', idSeed: 1, journalSize: 10 })
  const before = mock.state()
  t.equal(mock.name, 'default')
  t.strictSame(mock.clock.set({ mode: 'frozen', now: '2026-01-01' }), {
    mode: 'frozen',
    now: '2026-01-01T00:00:00.000Z',
  })
  t.equal(
    (await createManagement(mock.url, { expires_on: '2026-02-01', is_email_notification_enabled: true }))
      .status,
    201,
  )
  mock.snapshot('made')
  t.strictSame(mock.snapshots(), ['made'])
  t.strictSame(mock.clock.advance('P30D').now, '2026-01-31T00:00:00.000Z')
  t.strictSame(mock.clock.read(), { mode: 'frozen', now: '2026-01-31T00:00:00.000Z' })
  t.equal(mock.outbox.list().length, 1)
  mock.outbox.clear()
  t.strictSame(mock.outbox.list(), [])

  mock.faults.set({ presets: ['outage'], rules: [{ status: 500 }] })
  t.equal((await mock.inject({ url: DELIVERY, headers })).statusCode, 503)
  t.strictSame(
    mock.faults.list().map(({ hits }) => hits),
    [1, 0],
  )
  mock.faults.clear()

  const seen: string[] = []
  const end = mock.requests.subscribe(({ path }) => seen.push(path))
  t.equal((await mock.inject({ url: DELIVERY, headers })).statusCode, 200)
  end()
  await mock.inject({ url: DELIVERY, headers })
  t.strictSame(seen, [DELIVERY])
  t.equal(mock.requests.count({ status: 503 }), 1)
  t.strictSame(
    mock.requests.list({ path: MANAGEMENT }).map(({ method, status }) => [method, status]),
    [['POST', 201]],
  )
  mock.requests.clear()
  t.strictSame(mock.requests.list(), [])

  mock.reset()
  t.strictSame(mock.state(), before)
  mock.restore('made')
  t.equal(mock.state().stacks[0]?.management_tokens?.length, 1)
  mock.deleteSnapshot('made')
  t.throws(() => mock.restore('made'), ApiError)
  mock.load(before)
  t.strictSame(mock.state(), before)
  t.throws(() => mock.load({}), { message: 'The fixture cannot be loaded.' })
  t.equal(mock.ids.seed(), 1)
  mock.ids.restart(null)
  t.equal(mock.ids.seed(), null)
})

t.test('an older Node is refused before anything native loads', async (t) => {
  t.intercept(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })
  await t.rejects(createTokensMock(), {
    name: 'UserError',
    message: 'contentstack-tokens-mock needs Node 22.14 or newer; this is 20.20.2.',
  })
})

t.test('worlds', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'empty', maxWorlds: 2, rateLimit: 1000 })
  const one = mock.world('one')
  t.strictSame([one.name, one.url], ['one', `${mock.url}/w/one`])
  t.equal((await createManagement(one.url, {})).status, 201)
  t.equal(one.state().stacks[0]?.management_tokens?.length, 1)
  t.equal(mock.state().stacks[0]?.management_tokens?.length, 0)
  t.strictSame(
    one.faults.list().map((rule) => rule.rate_limit),
    [1000],
  )
  t.strictSame(mock.worlds(), ['default', 'one'])
  mock.dropWorld('one')
  t.strictSame(mock.worlds(), ['default'])
  t.equal(one.state().stacks[0]?.management_tokens?.length, 0, 'made anew at its next use')
  t.throws(() => mock.world('not a name'), ApiError)
})

t.test('50 workers in 50 worlds, with the official client: none sees another', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'empty' })
  const work = async (i: number) => {
    const stack = connect(mock.world(`worker-${i}`).url)
    for (const name of [`Web ${i}`, `App ${i}`])
      await stack.deliveryToken().create({ token: { name, scope: deliveryScope() } })
    await stack.managementToken().create({ token: { name: `CI ${i}`, scope: managementScope() } })
    const delivery = (await stack.deliveryToken().query().find()).items
    const management = (await stack.managementToken().query().find()).items
    return [...delivery, ...management].map(({ name }) => name)
  }
  const seen = await Promise.all(Array.from({ length: 50 }, (_, i) => work(i)))
  t.strictSame(
    seen,
    seen.map((_, i) => [`App ${i}`, `Web ${i}`, `CI ${i}`]),
  )
})

t.test('the official client tries again where the rate limit refuses it', async (t) => {
  // It does so at the names of Contentstack only.
  await using mock = await createTokensMock({
    fixtures: 'empty',
    tls: { hosts: ['api.contentstack.io'], dataDirectory: t.testdir() },
  })
  const agent = new Agent({
    ca: mock.authority?.cert,
    lookup: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  t.teardown(() => agent.destroy())
  mock.faults.set({ rules: [{ status: 429, times: 1 }] })
  const client = contentstack.client({
    endpoint: `https://api.contentstack.io:${new URL(mock.tlsUrl ?? '').port}/v3`,
    authtoken: AUTHTOKENS.owner,
    httpsAgent: agent,
  })
  t.strictSame((await client.stack({ api_key: API_KEY }).deliveryToken().query().find()).items, [])
  t.strictSame(
    mock.requests.list().map(({ status }) => status),
    [200, 429],
  )
})

t.test('sends its e-mails to an SMTP server', async (t) => {
  const received = Promise.withResolvers<string>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      text(stream).then((mail) => {
        received.resolve(mail)
        done()
      }, done)
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.server.address() as AddressInfo
  await using mock = await createTokensMock({ fixtures: 'empty', smtp: `smtp://127.0.0.1:${port}` })
  mock.clock.set({ mode: 'frozen', now: '2026-01-01' })
  await createManagement(mock.url, { expires_on: '2026-03-01', is_email_notification_enabled: true })
  mock.clock.advance('P1Y')
  const mail = await received.promise
  t.match(mail, /^To: owner@example\.com\r$/m)
  t.match(mail, /^Subject: A management token expires soon: CI\r$/m)
  t.match(mail, /^Date: Sun, 22 Feb 2026 00:00:00 \+0000\r$/m)
})

t.test('e-mails go out while nobody calls', async (t) => {
  timers.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => timers.timers.reset())
  let now = Date.parse('2026-01-01')
  await using mock = await createTokensMock({ fixtures: 'empty', clock: { now: () => now } })
  await createManagement(mock.url, { expires_on: '2026-03-01', is_email_notification_enabled: true })
  now = Date.parse('2026-02-25')
  const sentFor = () => mock.state().stacks[0]?.management_tokens?.[0]?.notice_sent_for
  t.equal(sentFor(), null)
  timers.timers.tick(60_000)
  t.equal(sentFor(), '2026-03-01')
})

t.test('an e-mail that cannot be sent is logged, and no more', async (t) => {
  const failed = Promise.withResolvers<string>()
  const logger = Object.assign(Object.create(null), {
    child: () => logger,
    ...Object.fromEntries(
      ['fatal', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) => [level, () => {}]),
    ),
    error: (_error: Error, message: string) => failed.resolve(message),
    level: 'error',
  })
  const nobody = new SMTPServer()
  nobody.listen(0, '127.0.0.1')
  await once(nobody.server, 'listening')
  const { port } = nobody.server.address() as AddressInfo
  await new Promise<void>((resolve) => nobody.close(resolve))
  await using mock = await createTokensMock({ fixtures: 'empty', smtp: `smtp://127.0.0.1:${port}`, logger })
  mock.clock.set({ mode: 'frozen', now: '2026-01-01' })
  await createManagement(mock.url, { expires_on: '2026-01-02', is_email_notification_enabled: true })
  t.equal(await failed.promise, 'e-mail not sent')
  t.equal(mock.outbox.list().length, 1)
})
