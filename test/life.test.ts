import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { get as getHttps } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { mock as timers } from 'node:test'
import { connect as connectTls } from 'node:tls'
import Database from 'better-sqlite3'
import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import { SMTPServer } from 'smtp-server'
import t, { type Test } from 'tap'
import { createTokensMock, type Fixture, type TokensMock, UserError } from '../src/index.ts'
import { launch, makeNoise, terminate } from './command.ts'
import { API_KEY, AUTHTOKENS, DELIVERY, deliveryScope, MANAGEMENT, managementScope } from './support.ts'

// What ends the server, and what must not.

const headers = { api_key: API_KEY, authtoken: AUTHTOKENS.owner, 'content-type': 'application/json' }

const post = (url: string, path: string, token: object) =>
  fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify({ token }) })

/** A management token whose notice falls due on 22 February 2026. */
const noticed = (name = 'CI') => ({
  name,
  scope: managementScope(),
  expires_on: '2026-03-01',
  is_email_notification_enabled: true,
})

/** A logger, and what it has logged. */
function recorder(): { logger: FastifyBaseLogger; lines: () => Record<string, unknown>[] } {
  const written: string[] = []
  const logger = pino({ level: 'error' }, { write: (line: string) => written.push(line) })
  return { logger, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

// Notices

const sentFor = (world: Pick<TokensMock, 'state'>) =>
  world.state().stacks[0]?.management_tokens?.[0]?.notice_sent_for

t.test('a notice that cannot be read ends nothing', async (t) => {
  timers.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => timers.timers.reset())
  const database = join(t.testdir(), 'tokens.db')
  const clock = { now: () => Date.parse('2026-01-01') }
  const first = await createTokensMock({ fixtures: 'empty', database, clock })
  await post(first.url, MANAGEMENT, noticed())
  await first.close()
  const file = new Database(database)
  file.exec("UPDATE management_tokens SET scope = 'y'")
  file.close()

  const { logger, lines } = recorder()
  await using mock = await createTokensMock({ fixtures: 'empty', database, logger, clock })
  const other = mock.world('other')
  await post(other.url, MANAGEMENT, noticed())
  clock.now = () => Date.parse('2026-02-25')
  timers.timers.tick(60_000)
  t.equal(sentFor(other), '2026-03-01', 'another world has its notices')
  timers.timers.tick(60_000)
  const failed = { msg: 'notices not sent', world: 'default', err: { message: /scope/ } }
  t.match(lines(), [failed, failed])
  mock.requests.clear()
  t.equal((await mock.inject({ url: DELIVERY, headers })).statusCode, 200)
  t.equal(mock.requests.count(), 1, 'what comes after the notices is done')
  t.match(lines(), [failed, failed, failed])
})

t.test('a notice that could not be sent goes out later', async (t) => {
  timers.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => timers.timers.reset())
  let now = Date.parse('2026-01-01')
  let fails = false
  const { logger, lines } = recorder()
  await using mock = await createTokensMock({
    fixtures: 'empty',
    logger,
    clock: {
      now: () => {
        if (fails) throw new Error('the test says so')
        return now
      },
    },
  })
  await post(mock.url, MANAGEMENT, noticed())
  now = Date.parse('2026-02-25')
  fails = true
  timers.timers.tick(60_000)
  fails = false
  t.match(lines(), [{ msg: 'notices not sent', world: 'default', err: { message: 'the test says so' } }])
  t.equal(sentFor(mock), null)
  timers.timers.tick(60_000)
  t.equal(sentFor(mock), '2026-03-01')
  t.equal(mock.outbox.list().length, 1)
})

for (const [code, status] of [
  ['SQLITE_FULL', 503],
  ['SQLITE_IOERR_WRITE', 503],
  ['SQLITE_READONLY_DBMOVED', 503],
  ['SQLITE_CONSTRAINT_UNIQUE', 500],
] as const) {
  t.test(`${code} is answered with ${status}`, async (t) => {
    let fails = false
    const random = (size: number) => {
      if (fails) throw new Database.SqliteError('it fails', code)
      return randomBytes(size)
    }
    await using mock = await createTokensMock({ fixtures: 'empty', random })
    fails = true
    const refused = await post(mock.url, DELIVERY, { name: 'Web', scope: deliveryScope() })
    t.equal(refused.status, status)
    t.match(await refused.json(), { error_code: status })
    fails = false
    t.equal((await post(mock.url, DELIVERY, { name: 'Web', scope: deliveryScope() })).status, 201)
  })
}

// SMTP

/** A mail server that accepts connections and never says a word. */
async function stalledMailServer(t: Test) {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.resume()
    sockets.push(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { sockets, server, url: `smtp://127.0.0.1:${portOf(server)}` }
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

t.test('a stalled mail server gets four connections, and holds the end for a moment only', async (t) => {
  const { sockets, server, url } = await stalledMailServer(t)
  const { logger, lines } = recorder()
  const mock = await createTokensMock({ fixtures: 'empty', smtp: url, managementTokenCap: 50, logger })
  mock.clock.set({ mode: 'frozen', now: '2026-01-01' })
  for (let i = 0; i < 50; i++) await post(mock.url, MANAGEMENT, noticed(`Token ${i}`))
  mock.clock.advance('P55D')
  t.equal(mock.outbox.list().length, 50)
  while (sockets.length < 4) await once(server, 'connection')
  const closed = sockets.map((socket) => socket.destroyed || once(socket, 'close'))
  await mock.close()
  await Promise.all(closed)
  t.equal(sockets.length, 4)
  t.match(
    lines().map(({ msg, err }) => [msg, (err as Error).message]),
    [['e-mail not sent', '50 e-mails were not sent before the server closed.']],
  )
})

t.test('e-mails that are on their way at the end arrive', async (t) => {
  const received: string[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => {
      text(stream).then((mail) => {
        received.push(/^Subject: (.*)\r$/m.exec(mail)?.[1] ?? '')
        done()
      }, done)
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.teardown(() => server.close())
  const smtp = `smtp://127.0.0.1:${portOf(server.server)}`
  const mock = await createTokensMock({ fixtures: 'empty', smtp })
  mock.clock.set({ mode: 'frozen', now: '2026-01-01' })
  for (const name of ['A', 'B', 'C']) await post(mock.url, MANAGEMENT, noticed(name))
  mock.clock.advance('P55D')
  await mock.close()
  t.strictSame(
    received.sort(),
    ['A', 'B', 'C'].map((name) => `A management token expires soon: ${name}`),
  )
})

t.test('e-mails that would take too much memory are dropped', async (t) => {
  const { url } = await stalledMailServer(t)
  const { logger, lines } = recorder()
  const mock = await createTokensMock({ fixtures: 'empty', smtp: url, logger })
  const state = mock.state()
  const [stack] = state.stacks as [Fixture['stacks'][number]]
  mock.load({ ...state, stacks: [{ ...stack, name: 'x'.repeat(16 * 2 ** 20) }] })
  mock.clock.set({ mode: 'frozen', now: '2026-01-01' })
  await post(mock.url, MANAGEMENT, noticed())
  mock.clock.advance('P55D')
  t.match(
    lines().map(({ msg, err }) => [msg, (err as Error).message]),
    [['e-mail not sent', 'Too many e-mails are waiting for the SMTP server.']],
  )
  await mock.close()
})

// TLS

t.test('over HTTPS: a client that stays silent, and a connection that a fault breaks', async (t) => {
  timers.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => timers.timers.reset())
  await using mock = await createTokensMock({ tls: { dataDirectory: t.testdir() } })
  const port = Number(new URL(mock.tlsUrl ?? '').port)
  const ca = mock.authority?.cert ?? ''
  const ask = (path: string) =>
    new Promise<number | string | undefined>((resolve) => {
      const options = { host: '127.0.0.1', port, path, ca, servername: 'localhost', agent: false }
      getHttps(options, (response) => resolve(response.resume().statusCode)).on(
        'error',
        ({ code }: NodeJS.ErrnoException) => resolve(code),
      )
    })
  const silent = connect(port, '127.0.0.1')
  const open = connectTls({ host: '127.0.0.1', port, ca, servername: 'localhost' })
  await Promise.all([once(silent, 'connect'), once(open, 'secureConnect')])
  // The server has seen both when it has answered a third.
  t.equal(await ask('/_mock/health'), 200)
  const closed = once(silent, 'close')
  silent.resume()
  timers.timers.tick(9999)
  t.equal(await ask('/_mock/health'), 200)
  t.equal(silent.destroyed, false)
  timers.timers.tick(1)
  await closed

  open.write('GET /_mock/health HTTP/1.1\r\nconnection: close\r\n\r\n')
  t.match(await text(open), /^HTTP\/1\.1 200 /, 'a client that has begun has more time')

  mock.faults.set({ rules: [{ connection: 'reset' }] })
  t.equal(await ask('/v3/user'), 'ECONNRESET')
  mock.faults.set({ rules: [{ connection: 'empty' }] })
  t.equal(await ask('/v3/user'), 'ECONNRESET')
})

t.test('a request that is not HTTP does not keep its connection', async (t) => {
  timers.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => timers.timers.reset())
  await using mock = await createTokensMock()
  const socket = connect({
    port: Number(new URL(mock.url).port),
    host: '127.0.0.1',
    allowHalfOpen: true,
  })
  socket.write('nonsense\r\n\r\n')
  t.match(await text(socket), /^HTTP\/1\.1 400 /)
  timers.timers.tick(1000)
  // A client is told that the other end is gone when it writes.
  await new Promise<void>((resolve) => {
    const write = () => socket.write('more', (error) => (error ? resolve() : setImmediate(write)))
    socket.on('error', () => {})
    write()
  })
})

// In a program

for (const connection of ['reset', 'empty', 'hang'] as const) {
  t.test(`inject rejects where a fault says ${connection}`, async (t) => {
    await using mock = await createTokensMock()
    mock.faults.set({ rules: [{ connection }] })
    await t.rejects(mock.inject('/v3/user'), {
      message: `A fault rule of this world applied to the connection: ${connection}.`,
    })
    t.match(mock.requests.list(), [{ path: '/v3/user', status: 0 }])
  })
}

t.test('after close, every method says so', async (t) => {
  const mock = await createTokensMock()
  const one = mock.world('one')
  await Promise.all([mock.close(), mock.close()])
  await mock.close()
  const closed = new UserError('The mock is closed.')
  for (const world of [mock, one]) {
    for (const method of [
      () => world.state(),
      () => world.load({}),
      () => world.reset(),
      () => world.snapshot('x'),
      () => world.restore('x'),
      () => world.snapshots(),
      () => world.deleteSnapshot('x'),
      () => world.clock.read(),
      () => world.clock.set({ mode: 'frozen', now: 'nonsense' }),
      () => world.clock.advance('nonsense'),
      () => world.ids.seed(),
      () => world.ids.restart(1),
      () => world.faults.list(),
      () => world.faults.set({ rules: [{ headers: { connection: 'x' } }] }),
      () => world.faults.clear(),
      () => world.requests.list(),
      () => world.requests.count(),
      () => world.requests.clear(),
      () => world.requests.subscribe(() => {}),
      () => world.outbox.list(),
      () => world.outbox.clear(),
    ])
      t.throws(method, closed, String(method))
  }
  for (const method of [() => mock.world('not a name'), () => mock.worlds(), () => mock.dropWorld('one')])
    t.throws(method, closed, String(method))
  await t.rejects(mock.inject('/v3/user'), closed)
})

// The command, in a process of its own

t.test('a log that nobody reads: lines are dropped and counted, and the server ends', async (t) => {
  const { child, url } = await launch(t, [])
  child.stdout?.pause()
  t.equal(await makeNoise(url, 420), 420)
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  let requests = 0
  for await (const line of lines) {
    const entry = JSON.parse(line) as { msg: string; dropped?: number; level: number }
    if (entry.msg === 'request') requests += 1
    if (entry.dropped === undefined) continue
    t.match(entry, { level: 40, msg: `log lines dropped: ${entry.dropped}` })
    t.equal(requests + entry.dropped, 420)
    break
  }
  child.stdout?.pause()
  t.equal(await makeNoise(url, 40), 40)
  t.strictSame(await terminate(child), [0, null])
})

t.test('a log whose reader has gone', async (t) => {
  const { child, url } = await launch(t, [])
  child.stdout?.destroy()
  t.equal(await makeNoise(url, 20), 20)
  t.strictSame(await terminate(child), [0, null])
})

t.test('nothing holds the end', async (t) => {
  const mail = await stalledMailServer(t)
  const folder = t.testdir()
  const tls = ['--tls-port', '0', '--data-directory', folder]
  const { child, url, tlsUrl } = await launch(t, ['--fixtures', 'empty', '--smtp', mail.url, ...tls])
  child.stdout?.resume()
  const control = (path: string, body: object) =>
    fetch(`${url}${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await control('/_mock/clock', { mode: 'frozen', now: '2026-01-01' })
  await post(url, MANAGEMENT, noticed())
  await control('/_mock/clock', { mode: 'frozen', now: '2026-02-25' })

  const failures: Promise<unknown>[] = []
  const events = await fetch(`${url}/_mock/events`)
  failures.push(events.text().catch(() => {}))
  const [slow, hanging] = ['slow', 'hanging'].map((world) => `/w/${world}`) as [string, string]
  await control(`${slow}/_mock/faults`, { rules: [{ latency_ms: 600_000 }] })
  await control(`${hanging}/_mock/faults`, { rules: [{ connection: 'hang' }] })
  for (const world of [slow, hanging]) failures.push(fetch(`${url}${world}/v3/user`).catch(() => {}))
  const idle = (base: string, begin: string) => {
    const socket = connect({ port: Number(new URL(base).port), host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', () => {})
    socket.resume()
    t.teardown(() => socket.destroy())
    return new Promise((resolve) => socket.write(begin, resolve))
  }
  for (const begin of [
    'GET / HTTP/1.1\r\n',
    'POST /v3/user HTTP/1.1\r\ncontent-length: 9\r\n\r\n',
    'nonsense\r\n\r\n',
  ])
    await idle(url, begin)
  await idle(tlsUrl, 'x')
  await (await fetch(`${url}/_mock/health`)).json()
  t.strictSame(await terminate(child), [0, null])
  await Promise.all(failures)
})
