import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { mock as timers } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { SMTPServer } from 'smtp-server'
import t from 'tap'
import { ApiError, createTokensMock } from '../../src/index.ts'
import { connect } from '../official-client.ts'
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
  t.throws(() => mock.load({ organization: {}, stacks: 5 }), {
    name: 'ApiError',
    status: 422,
    message: [
      'The fixture cannot be loaded:',
      "  $: must have required property 'users'.",
      "  $.organization: must have required property 'name'.",
      '  $.stacks: must be array.',
    ].join('\n'),
  })
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

t.test('the oldest Node that works is 22.14', async (t) => {
  t.intercept(process, 'versions', { value: { ...process.versions, node: '22.13.9' } })
  await t.rejects(createTokensMock(), {
    message: 'contentstack-tokens-mock needs Node 22.14 or newer; this is 22.13.9.',
  })
  t.intercept(process, 'versions', { value: { ...process.versions, node: '22.14.0' } })
  await using mock = await createTokensMock()
  t.equal(mock.name, 'default')
})

for (const origin of ['ftp://example.test', 'xhttp://example.test', 'http://example.test/', 'http://', 5])
  t.test(`refuses the origin ${origin}`, async (t) => {
    await t.rejects(createTokensMock({ controlOrigin: ['https://example.test', origin as string] }), {
      name: 'TypeError',
      message: 'Expected: an array of origins such as http://localhost:5173.',
    })
  })

for (const hostname of ['12', 'a.12', `${'a.'.repeat(126)}ab`])
  t.test(`refuses the host name ${hostname}`, async (t) => {
    await t.rejects(createTokensMock({ hostname }), {
      name: 'TypeError',
      message: 'Expected: a host name or an IP address, without scheme and port.',
    })
  })

t.test('accepts what is just within the bounds', async (t) => {
  for (const hostname of ['a.1b', `${'a.'.repeat(126)}a`]) {
    const mock = await createTokensMock({
      hostname,
      port: 0,
      managementTokenCap: 0,
      maxWorlds: 1_000_000,
      rateLimit: 1,
      requireWorld: true,
      controlOrigin: ['http://localhost:5173', 'https://example.test'],
    })
    t.equal(new URL(mock.url).hostname, hostname)
    await mock.close()
  }
})

t.test('the clock may be the class Date', async (t) => {
  await using mock = await createTokensMock({ clock: Date })
  t.equal(mock.clock.read().mode, 'real')
})

const PROFILES = 'compatible, documented, live'

for (const [options, message] of [
  [{ fixture: 'demo' }, "unknown option 'fixture'. Did you mean 'fixtures'?"],
  [{ pot: 1 }, "unknown option 'pot'. Did you mean 'port'?"],
  [{ idseed: 1 }, "unknown option 'idseed'. Did you mean 'idSeed'?"],
  [{ console: 'off' }, "console is 'off'. Expected: true or false."],
  [
    { toString: 1 },
    "unknown option 'toString'. Expected: host, hostname, port, database, fixtures, profile, managementTokenCap, deliveryTokenCap, tls, idSeed, rateLimit, maxWorlds, requireWorld, journalSize, smtp, console, controlOrigin, controlToken, controlHost, clock, random, logger.",
  ],
  [{ profile: 'liv' }, `profile is 'liv'. Expected: ${PROFILES}. Did you mean 'live'?`],
  [{ profile: 'production' }, `profile is 'production'. Expected: ${PROFILES}.`],
  [{ profile: null }, `profile is null. Expected: ${PROFILES}.`],
  [{ host: '' }, "host is ''. Expected: a text that is not empty."],
  ...['http://mock', 'mock:4747', '[::1]', 'a b', '*.mock', '*.1.2.3.4', '1.2.3', ''].map(
    (hostname) =>
      [
        { hostname },
        `hostname is '${hostname}'. Expected: a host name or an IP address, without scheme and port.`,
      ] as const,
  ),
  [{ port: 70_000 }, 'port is 70000. Expected: a whole number from 0 to 65535.'],
  [{ port: '80' }, "port is '80'. Expected: a whole number from 0 to 65535."],
  [{ database: 5 }, 'database is 5. Expected: a text that is not empty.'],
  [{ fixtures: 5 }, 'fixtures is 5. Expected: the name of a fixture, a path, or the content of a fixture.'],
  [
    { fixtures: null },
    'fixtures is null. Expected: the name of a fixture, a path, or the content of a fixture.',
  ],
  [{ managementTokenCap: -1 }, 'managementTokenCap is -1. Expected: a whole number from 0 to 1000000.'],
  [{ deliveryTokenCap: 1.5 }, 'deliveryTokenCap is 1.5. Expected: a whole number from 0 to 1000000.'],
  [{ maxWorlds: 1e7 }, 'maxWorlds is 10000000. Expected: a whole number from 0 to 1000000.'],
  [{ journalSize: Number.NaN }, 'journalSize is NaN. Expected: a whole number from 0 to 1000000.'],
  [{ requireWorld: 'yes' }, "requireWorld is 'yes'. Expected: true or false."],
  [{ idSeed: 0.5 }, 'idSeed is 0.5. Expected: a whole number from -9007199254740991 to 9007199254740991.'],
  [{ rateLimit: 0 }, 'rateLimit is 0. Expected: a whole number from 1 to 999999999.'],
  [{ smtp: 'foo' }, "smtp is 'foo'. Expected: a URL such as smtp://localhost:1025."],
  [{ smtp: 25 }, 'smtp is 25. Expected: a URL such as smtp://localhost:1025.'],
  [
    { controlOrigin: 'http://localhost:5173' },
    "controlOrigin is 'http://localhost:5173'. Expected: an array of origins such as http://localhost:5173.",
  ],
  [
    { controlOrigin: ['http://localhost:5173/'] },
    "controlOrigin is [ 'http://localhost:5173/' ]. Expected: an array of origins such as http://localhost:5173.",
  ],
  [
    { controlOrigin: ['*'] },
    "controlOrigin is [ '*' ]. Expected: an array of origins such as http://localhost:5173.",
  ],
  [
    { controlToken: 'a secret' },
    'controlToken is not valid. Expected: a text of ASCII characters without spaces.',
  ],
  [{ controlHost: 'a.b' }, "controlHost is 'a.b'. Expected: an array of host names and IP addresses."],
  [{ clock: {} }, 'clock is {}. Expected: an object with a function now.'],
  [{ random: 4 }, 'random is 4. Expected: a function.'],
  [{ logger: true }, 'logger is true. Expected: a logger with the methods of pino.'],
  [{ logger: { info: 1 } }, 'logger is { info: 1 }. Expected: a logger with the methods of pino.'],
  [{ tls: true }, 'tls is true. Expected: an object such as { port: 4748 }.'],
  [{ tls: null }, 'tls is null. Expected: an object such as { port: 4748 }.'],
  [{ tls: { prot: 1 } }, "unknown option 'tls.prot'. Did you mean 'port'?"],
  [{ tls: { port: -1 } }, 'tls.port is -1. Expected: a whole number from 0 to 65535.'],
  [{ tls: { cert: '', key: 'x' } }, "tls.cert is ''. Expected: a text that is not empty."],
  [{ tls: { hosts: 'a' } }, "tls.hosts is 'a'. Expected: an array of host names and IP addresses."],
  [
    { tls: { hosts: ['a', 1] } },
    "tls.hosts is [ 'a', 1 ]. Expected: an array of host names and IP addresses.",
  ],
  [{ tls: { hosts: [1] } }, 'tls.hosts is [ 1 ]. Expected: an array of host names and IP addresses.'],
  ['demo', "the argument is 'demo'. Expected: an object."],
  [null, 'the argument is null. Expected: an object.'],
  [[], 'the argument is []. Expected: an object.'],
] as const) {
  t.test(`refuses ${JSON.stringify(options)}`, async (t) => {
    await t.rejects(createTokensMock(options as never), {
      name: 'TypeError',
      message: `createTokensMock: ${message}`,
    })
  })
}

const MODES = 'real, offset, frozen'
const PRESETS = 'rate-limit, outage, slow, new-token, maintenance'
const TIME = 'an ISO 8601 date or date-time, or a Date'
const NAME = 'a text of 1 to 100 characters'

t.test('a wrong argument is refused with the key, the value, and what is expected', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'empty' })
  /** Calls a method as plain JavaScript does, without types. */
  const call = (path: string, args: readonly unknown[]) => {
    const [name = '', part] = path.split('.').reverse()
    const owner = (part === undefined ? mock : Reflect.get(mock, part)) as Record<string, () => unknown>
    return Reflect.apply(owner[name] as () => unknown, owner, args)
  }
  const state = () => [mock.clock.read().mode, mock.ids.seed(), mock.faults.list(), mock.worlds()]
  const before = state()
  for (const [path, args, message] of [
    ['clock.set', [], 'the argument is undefined. Expected: an object.'],
    ['clock.set', [null], 'the argument is null. Expected: an object.'],
    ['clock.set', ['frozen'], "the argument is 'frozen'. Expected: an object."],
    ['clock.set', [{}], `mode is undefined. Expected: ${MODES}.`],
    ['clock.set', [{ mode: 'frosen' }], `mode is 'frosen'. Expected: ${MODES}. Did you mean 'frozen'?`],
    ['clock.set', [{ mode: { frozen: 1 } }], `mode is { frozen: 1 }. Expected: ${MODES}.`],
    [
      'faults.set',
      [{ rules: [{ latency_ms: undefined, after_permit: 'x' }] }],
      "rules[0].after_permit is 'x'. Expected: true or false.",
    ],
    ['clock.set', [{ mode: 'frozen', time: 1 }], "unknown key 'time'. Expected: mode, now."],
    ['clock.set', [{ mode: 'frozen', now: 5 }], `now is 5. Expected: ${TIME}.`],
    ['clock.set', [{ mode: 'frozen', now: 'soon' }], `now is 'soon'. Expected: ${TIME}.`],
    ['clock.set', [{ mode: 'frozen', now: null }], `now is null. Expected: ${TIME}.`],
    ['clock.set', [{ mode: 'frozen', now: new Date('x') }], `now is Invalid Date. Expected: ${TIME}.`],
    ['clock.advance', [7], 'duration is 7. Expected: an ISO 8601 duration such as P7D.'],
    ['clock.advance', ['7 days'], "duration is '7 days'. Expected: an ISO 8601 duration such as P7D."],
    ['ids.restart', [], 'seed is undefined. Expected: a whole number or null.'],
    ['ids.restart', ['1'], "seed is '1'. Expected: a whole number or null."],
    ['faults.set', [], 'the argument is undefined. Expected: an object.'],
    ['faults.set', [{ preset: [] }], "unknown key 'preset'. Did you mean 'presets'?"],
    ['faults.set', [{ presets: 'slow' }], "presets is 'slow'. Expected: an array of at most 100 entries."],
    [
      'faults.set',
      [{ presets: ['slow', 'ratelimit'] }],
      `presets[1] is 'ratelimit'. Expected: ${PRESETS}. Did you mean 'rate-limit'?`,
    ],
    [
      'faults.set',
      [{ presets: Array.from({ length: 101 }, () => 'slow') }],
      "presets is [ 'slow', 'slow', 'slow', ... 98 more items ]. Expected: an array of at most 100 entries.",
    ],
    [
      'faults.set',
      [{ rules: [{}, { staus: 503 }] }],
      "unknown key 'staus' in rules[1]. Did you mean 'status'?",
    ],
    [
      'faults.set',
      [{ rules: [{ match: { pth: '/x' } }] }],
      "unknown key 'pth' in rules[0].match. Did you mean 'path'?",
    ],
    ['faults.set', [{ rules: ['slow'] }], "rules[0] is 'slow'. Expected: an object."],
    [
      'faults.set',
      [{ rules: [{ latency_ms: '2s' }] }],
      "rules[0].latency_ms is '2s'. Expected: a whole number from 0 to 600000.",
    ],
    [
      'faults.set',
      [{ rules: [{ probability: 50 }] }],
      'rules[0].probability is 50. Expected: a number from 0 to 1.',
    ],
    [
      'faults.set',
      [{ rules: [{ connection: 'rest' }] }],
      "rules[0].connection is 'rest'. Expected: reset, empty, hang. Did you mean 'reset'?",
    ],
    [
      'faults.set',
      [{ rules: [{ headers: { 'retry-after': 60 } }] }],
      'rules[0].headers.retry-after is 60. Expected: a text that matches ^[ -~]*$.',
    ],
    [
      'faults.set',
      [{ rules: [{ headers: { 'a b': 'x' } }] }],
      "unknown key 'a b' in rules[0].headers. Expected: a name that matches ^[A-Za-z0-9-]+$.",
    ],
    [
      'faults.set',
      [{ rules: [{ status: 503 }, { headers: { 'Content-Length': '5' } }] }],
      "rules[1].headers.Content-Length is '5'. Expected: no header of the connection.",
    ],
    ['requests.list', [null], 'the argument is null. Expected: an object.'],
    ['requests.list', [{ pth: '/x' }], "unknown key 'pth'. Did you mean 'path'?"],
    ['requests.list', [{ status: '422' }], "status is '422'. Expected: a whole number."],
    ['requests.list', [{}, -1], 'limit is -1. Expected: a whole number from 0 to 999999999.'],
    ['requests.list', [{}, '5'], "limit is '5'. Expected: a whole number from 0 to 999999999."],
    ['requests.count', [{ staus: 422 }], "unknown key 'staus'. Did you mean 'status'?"],
    [
      'requests.count',
      [{ path: 'x'.repeat(501) }],
      `path is '${'x'.repeat(100)}'... 401 more characters. Expected: a text of 0 to 500 characters.`,
    ],
    [
      'requests.count',
      [{ credential: 'token' }],
      "credential is 'token'. Expected: none, authtoken, authorization, both, access_token, preview_token. Did you mean 'authtoken'?",
    ],
    ['requests.subscribe', [], 'listener is undefined. Expected: a function.'],
    ['snapshot', [''], `name is ''. Expected: ${NAME}.`],
    ['restore', [5], `name is 5. Expected: ${NAME}.`],
    ['deleteSnapshot', [], `name is undefined. Expected: ${NAME}.`],
    ['world', [], 'name is undefined. Expected: a text that is not empty.'],
    ['dropWorld', [5], 'name is 5. Expected: a text that is not empty.'],
  ] as const)
    t.throws(() => call(path, args), { name: 'TypeError', message: `${path}: ${message}` }, message)
  t.strictSame(state(), before)
})

t.test('an option or key that is undefined counts as absent, and a time may be a Date', async (t) => {
  await using mock = await createTokensMock({ port: undefined, tls: undefined, profile: undefined })
  t.equal(mock.requests.count({ path: undefined } as object), 0)
  const now = new Date('2026-01-02T03:04:05.006Z')
  t.strictSame(mock.clock.set({ mode: 'frozen', now }), { mode: 'frozen', now: '2026-01-02T03:04:05.006Z' })
  t.strictSame(mock.clock.set({ mode: 'frozen', now: undefined }), {
    mode: 'frozen',
    now: '2026-01-02T03:04:05.006Z',
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

t.test('hostname is the host in every URL, and not where the server listens', async (t) => {
  await using mock = await createTokensMock({
    hostname: 'mock.example.test',
    tls: { dataDirectory: t.testdir() },
  })
  const { port } = new URL(mock.url)
  t.equal(mock.url, `http://mock.example.test:${port}`)
  t.equal(mock.world('one').url, `${mock.url}/w/one`)
  t.equal(mock.world('default').url, mock.url)
  t.match(mock.tlsUrl, /^https:\/\/mock\.example\.test:\d+$/)
  t.equal((await fetch(`http://127.0.0.1:${port}/_mock/health`)).status, 200)
  const ask = (host: string) => mock.inject({ url: '/_mock/worlds', headers: { host } })
  t.equal((await ask(`mock.example.test:${port}`)).statusCode, 200, 'the control API takes the name')
  t.equal((await ask('other.example.test')).statusCode, 403)
  const { port: tlsPort } = new URL(mock.tlsUrl ?? '')
  const socket = connectTls({
    host: '127.0.0.1',
    port: Number(tlsPort),
    servername: 'mock.example.test',
    ca: mock.authority?.cert,
  })
  await once(socket, 'secureConnect')
  socket.destroy()
  await using other = await createTokensMock({ hostname: '::2' })
  t.match(other.url, /^http:\/\/\[::2\]:\d+$/)
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
