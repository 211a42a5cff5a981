import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createTokensMock, type JournalEntry, type Message, type TokensMockWorld } from '../../src/index.ts'
import {
  API_KEY,
  DELIVERY,
  deliveryScope,
  ENVIRONMENTS,
  MANAGEMENT,
  type Mock,
  managementScope,
  NOW,
  start,
} from '../support.ts'

/** A call of the control API. */
const control = async ({ world }: Mock, method: string, path: string, payload?: unknown, prefix = '') => {
  const response = await world.inject({
    method: method as 'GET',
    url: `${prefix}/_mock${path}`,
    headers: { host: 'localhost', ...(payload !== undefined && { 'content-type': 'application/json' }) },
    ...(payload !== undefined && {
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    }),
  })
  return { status: response.statusCode, body: response.json() }
}

const createDelivery = ({ call }: Mock, name = 'Web') =>
  call('POST', DELIVERY, { body: { token: { name, scope: deliveryScope() } } })
const createManagement = ({ call }: Mock, token: object) =>
  call('POST', MANAGEMENT, { body: { token: { name: 'CI', scope: managementScope(), ...token } } })
const names = async ({ call }: Mock, url = DELIVERY) =>
  ((await call('GET', url)).body as { tokens: { name: string }[] }).tokens.map(({ name }) => name)

t.test('reset: everything as it was at the start', async (t) => {
  const mock = await start(t, { idSeed: 7 })
  const before = mock.world.state()
  const first = await createDelivery(mock)
  await control(mock, 'PUT', '/clock', { mode: 'frozen', now: '2030-01-01' })
  await control(mock, 'PUT', '/faults', { rules: [{ match: { path: '/nothing' }, status: 500 }] })
  await control(mock, 'PUT', '/ids', { seed: 1 })
  t.strictSame(await control(mock, 'POST', '/reset'), {
    status: 200,
    body: { notice: 'The world was reset.' },
  })
  t.strictSame(mock.world.state(), before)
  t.strictSame((await control(mock, 'GET', '/clock')).body, { mode: 'real', now: NOW })
  t.strictSame((await control(mock, 'GET', '/faults')).body, { rules: [] })
  t.strictSame((await control(mock, 'GET', '/requests')).body, { requests: [] })
  t.strictSame((await control(mock, 'GET', '/ids')).body, { seed: 7 })
  t.strictSame((await createDelivery(mock)).body, first.body, 'the same ids again')
})

t.test('reset of a world on a database file', async (t) => {
  const database = `${t.testdir()}/tokens.db`
  const mock = await start(t, { fixture: 'demo', database })
  const before = mock.world.state()
  const { api_key: apiKey = '', owner } = before.stacks[0] ?? {}
  const authtoken = before.users.find(({ email }) => email === owner)?.authtokens?.[0] ?? ''
  await mock.call('DELETE', '/v3/stacks', { apiKey, as: null, headers: { authtoken } })
  t.equal(mock.world.state().stacks.length, 1)
  await control(mock, 'PUT', '/snapshots/one')
  await control(mock, 'POST', '/reset')
  t.strictSame(mock.world.state(), before)
  await control(mock, 'POST', '/snapshots/one/restore')
  t.equal(mock.world.state().stacks.length, 1)
})

t.test('snapshots', async (t) => {
  const mock = await start(t)
  await createDelivery(mock, 'A')
  t.strictSame((await control(mock, 'PUT', '/snapshots/with%20A')).body, {
    notice: 'The snapshot was taken.',
  })
  await createDelivery(mock, 'B')
  t.strictSame((await control(mock, 'GET', '/snapshots')).body, { snapshots: ['with A'] })
  t.strictSame(await control(mock, 'POST', '/snapshots/with%20A/restore'), {
    status: 200,
    body: { notice: 'The snapshot was restored.' },
  })
  t.strictSame(await names(mock), ['A'])
  t.strictSame(await control(mock, 'DELETE', '/snapshots/with%20A'), {
    status: 200,
    body: { notice: 'The snapshot was deleted.' },
  })
  for (const [method, path] of [
    ['POST', '/snapshots/none/restore'],
    ['DELETE', '/snapshots/none'],
  ] as const) {
    t.strictSame(await control(mock, method, path), {
      status: 404,
      body: { error_message: "There is no snapshot 'none'.", error_code: 404 },
    })
  }
  for (let i = 0; i < 100; i++) await control(mock, 'PUT', `/snapshots/${i}`)
  t.strictSame(await control(mock, 'PUT', '/snapshots/more'), {
    status: 422,
    body: { error_message: 'A world keeps at most 100 snapshots. Delete one first.', error_code: 422 },
  })
  t.equal((await control(mock, 'PUT', '/snapshots/1')).status, 200, 'one of the same name is replaced')
})

t.test('loads a fixture from the request', async (t) => {
  const mock = await start(t, { fixture: 'documentation' })
  const other = (await start(t, { fixture: 'demo' })).world.state()
  t.strictSame(await control(mock, 'PUT', '/state', other), {
    status: 200,
    body: { notice: 'The state was loaded.' },
  })
  t.strictSame((await control(mock, 'GET', '/state')).body, other)
  const refused = await control(mock, 'PUT', '/state', { users: [], stacks: [] })
  t.strictSame(refused, {
    status: 422,
    body: {
      error_message: 'The fixture cannot be loaded.',
      error_code: 422,
      errors: { fixture: ["$: must have required property 'organization'."] },
    },
  })
  t.strictSame(await control(mock, 'PUT', '/state', '{'), {
    status: 400,
    body: { error_message: 'The request body is not valid JSON.', error_code: 400 },
  })
  t.strictSame(mock.world.state(), other)
  const large = { ...other, organization: { name: 'x'.repeat(2 ** 20) } }
  t.equal((await control(mock, 'PUT', '/state', large)).status, 200, 'more than the API takes')
})

t.test('the clock', async (t) => {
  const mock = await start(t)
  const set = (body: unknown) => control(mock, 'PUT', '/clock', body)
  t.strictSame((await control(mock, 'GET', '/clock')).body, { mode: 'real', now: NOW })
  t.strictSame((await set({ mode: 'frozen', now: '2027-05-01' })).body, {
    mode: 'frozen',
    now: '2027-05-01T00:00:00.000Z',
  })
  mock.clock.set('2026-01-01T01:00:00.000Z')
  t.match((await createDelivery(mock)).body, { token: { created_at: '2027-05-01T00:00:00.000Z' } })
  t.strictSame((await set({ mode: 'offset', now: '2028-01-01T00:00:00Z' })).body, {
    mode: 'offset',
    now: '2028-01-01T00:00:00.000Z',
  })
  mock.clock.set('2026-01-01T02:00:00.000Z')
  t.strictSame((await control(mock, 'GET', '/clock')).body, {
    mode: 'offset',
    now: '2028-01-01T01:00:00.000Z',
  })
  t.strictSame((await set({ mode: 'frozen' })).body, { mode: 'frozen', now: '2028-01-01T01:00:00.000Z' })
  t.strictSame((await control(mock, 'POST', '/clock/advance', { duration: 'P7D' })).body, {
    mode: 'frozen',
    now: '2028-01-08T01:00:00.000Z',
  })
  await set({ mode: 'real' })
  t.strictSame((await control(mock, 'POST', '/clock/advance', { duration: 'PT1H' })).body, {
    mode: 'offset',
    now: '2026-01-01T03:00:00.000Z',
  })
  for (const [method, path, body, message] of [
    ['PUT', '/clock', { mode: 'slow' }, 'body/mode must be equal to one of the allowed values.'],
    ['PUT', '/clock', {}, "body must have required property 'mode'."],
    ['PUT', '/clock', { mode: 'frozen', now: 'soon' }, "'soon' is neither a date nor a date-time."],
    ['PUT', '/clock', { mode: 'real', time: 1 }, 'body must NOT have additional properties.'],
    ['POST', '/clock/advance', { duration: '7 days' }, "'7 days' is not an ISO 8601 duration such as P7D."],
    [
      'POST',
      '/clock/advance',
      { duration: 'P99999999Y' },
      "'P99999999Y' is not an ISO 8601 duration such as P7D.",
    ],
  ] as const) {
    t.strictSame(await control(mock, method, path, body), {
      status: 400,
      body: { error_message: message, error_code: 400 },
    })
  }
})

t.test('a token expires when the clock says so', async (t) => {
  const mock = await start(t)
  const scope = [
    { module: 'environment', acl: { read: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ]
  const { body } = await createManagement(mock, { scope, expires_on: '2026-02-01' })
  const authorization = (body as { token: { token: string } }).token.token
  const read = () => mock.call('GET', ENVIRONMENTS, { as: null, headers: { authorization } })
  t.equal((await read()).status, 200)
  await control(mock, 'POST', '/clock/advance', { duration: 'P30D' })
  t.equal((await read()).status, 200)
  await control(mock, 'POST', '/clock/advance', { duration: 'P1D' })
  const expired = await read()
  t.equal(expired.status, 401)
  t.equal(expired.response.headers['x-mock-reason'], 'The management token expired on 2026-02-01.')
})

const outbox = async (mock: Mock) => (await control(mock, 'GET', '/outbox')).body.messages as Message[]

t.test('an e-mail goes out seven days before a token expires, once', async (t) => {
  const mock = await start(t)
  const { body } = await createManagement(mock, {
    expires_on: '2026-03-01',
    is_email_notification_enabled: true,
  })
  const { uid } = (body as { token: { uid: string } }).token
  await createManagement(mock, { name: 'Quiet', expires_on: '2026-03-01' })
  await createManagement(mock, { name: 'Endless', is_email_notification_enabled: true })
  await createManagement(mock, {
    name: 'Past',
    expires_on: '2025-12-31',
    is_email_notification_enabled: true,
  })
  mock.clock.set('2026-02-21T23:59:59.999Z')
  t.strictSame(await outbox(mock), [])
  mock.clock.set('2026-02-22T00:00:00.000Z')
  const message = {
    from: 'no-reply@contentstack-tokens-mock.invalid',
    to: 'owner@example.com',
    subject: 'A management token expires soon: CI',
    text: `The management token "CI" (${uid}) of the stack "Empty" expires on 2026-03-01.`,
    sent_at: '2026-02-22T00:00:00.000Z',
    api_key: API_KEY,
    token_uid: uid,
    expires_on: '2026-03-01',
  }
  t.strictSame(await outbox(mock), [message])
  mock.clock.set('2026-02-25T00:00:00.000Z')
  await mock.call('PUT', `${MANAGEMENT}/${uid}`, { body: { token: { name: 'Renamed' } } })
  t.strictSame(await outbox(mock), [message], 'once')
  for (const expiresOn of [null, '2026-03-01'])
    await mock.call('PUT', `${MANAGEMENT}/${uid}`, { body: { token: { expires_on: expiresOn } } })
  t.strictSame(await outbox(mock), [message], 'nor for an expiry that comes back')

  await mock.call('PUT', `${MANAGEMENT}/${uid}`, { body: { token: { expires_on: '2026-04-01' } } })
  t.equal((await outbox(mock)).length, 1)
  await control(mock, 'PUT', '/clock', { mode: 'frozen', now: '2027-01-01' })
  const [again] = await outbox(mock)
  t.match(
    again,
    { sent_at: '2026-03-25T00:00:00.000Z', expires_on: '2026-04-01' },
    'also where the clock jumps',
  )

  t.strictSame(await control(mock, 'DELETE', '/outbox'), {
    status: 200,
    body: { notice: 'The outbox is empty.' },
  })
  t.strictSame(await outbox(mock), [])
})

t.test('one that expires within the week is told of at once', async (t) => {
  const mock = await start(t)
  await createManagement(mock, { expires_on: '2026-01-03', is_email_notification_enabled: true })
  t.match(await outbox(mock), [{ sent_at: NOW, expires_on: '2026-01-03' }])
  const state = mock.world.state()
  const [token] = state.stacks[0]?.management_tokens ?? []
  Object.assign(token ?? {}, { created_by: 'bltnobody', notice_sent_for: null })
  const later = await start(t, { fixture: state, now: '2025-12-20T00:00:00.000Z' })
  later.clock.set(NOW)
  const [message] = await outbox(later)
  t.equal(message?.to, 'owner@example.com', "the stack's owner, where the token's maker is no user")
})

t.test('a year, over tokens that expire on different days', async (t) => {
  const mock = await start(t)
  for (const day of ['2026-09-01', '2026-03-01', '2026-12-24', '2026-06-01'])
    await createManagement(mock, { name: day, expires_on: day, is_email_notification_enabled: true })
  await control(mock, 'POST', '/clock/advance', { duration: 'P1Y' })
  const messages = await outbox(mock)
  t.strictSame(
    messages.map(({ expires_on, sent_at }) => [expires_on, sent_at.slice(0, 10)]).reverse(),
    [
      ['2026-03-01', '2026-02-22'],
      ['2026-06-01', '2026-05-25'],
      ['2026-09-01', '2026-08-25'],
      ['2026-12-24', '2026-12-17'],
    ],
    'in the order in which they fell due',
  )
})

t.test(
  'the outbox of a new state is empty, and an e-mail of the demo falls due after a minute',
  async (t) => {
    const mock = await start(t, { fixture: 'demo' })
    const dueIn = async (minutes: number, prefix = '') => {
      mock.clock.set(new Date(Date.parse(NOW) + minutes * 60_000).toISOString())
      return ((await control(mock, 'GET', '/outbox', undefined, prefix)).body.messages as Message[]).length
    }
    t.equal(await dueIn(0), 0)
    t.equal(await dueIn(1), 1)
    t.equal(await dueIn(1, '/w/new'), 0, 'a world that is made later has none from before')
    t.equal(await dueIn(2, '/w/new'), 1, 'and one a minute after its making')
    await control(mock, 'POST', '/reset')
    t.equal(await dueIn(2), 0, 'nor has a reset')
    t.equal(await dueIn(3), 1, 'which begins anew')
    const other = await start(t)
    other.world.load({ ...mock.world.state() })
    t.strictSame(await outbox(other), [], 'nor a state that is loaded')
  },
)

t.test('a restart on a file keeps the outbox, and sends once what fell due meanwhile', async (t) => {
  const database = `${t.testdir()}/tokens.db`
  const first = await start(t, { database })
  await createManagement(first, {
    name: 'One',
    expires_on: '2026-01-05',
    is_email_notification_enabled: true,
  })
  await createManagement(first, {
    name: 'Two',
    expires_on: '2026-02-01',
    is_email_notification_enabled: true,
  })
  const [one] = await outbox(first)
  await first.world.close()
  for (let i = 0; i < 2; i++) {
    const again = await start(t, { database, now: '2026-01-28T00:00:00.000Z' })
    const messages = await outbox(again)
    t.match(messages, [{ subject: 'A management token expires soon: Two' }, { subject: one?.subject }])
    t.equal(messages.length, 2)
    await again.world.close()
  }
})

t.test('the same calls give the same ids', async (t) => {
  const mock = await start(t)
  const seeded = async (seed: number | null) => {
    t.strictSame((await control(mock, 'PUT', '/ids', { seed })).body, { seed })
    await control(mock, 'PUT', '/snapshots/before')
    const { body } = await createDelivery(mock)
    await control(mock, 'POST', '/snapshots/before/restore')
    return body
  }
  t.strictSame(await seeded(42), await seeded(42))
  t.notSame(await seeded(42), await seeded(43))
  t.notSame(await seeded(null), await seeded(null))
  t.equal((await control(mock, 'PUT', '/ids', { seed: 'x' })).status, 400)
})

const setFaults = async (t: Test, mock: Mock, faults: object) => {
  const { status } = await control(mock, 'PUT', '/faults', faults)
  t.equal(status, 200)
}
const statuses = async ({ call }: Mock, count: number, url = DELIVERY) => {
  const all = []
  for (let i = 0; i < count; i++) all.push((await call('GET', url)).status)
  return all
}

t.test('faults: a status in the envelope, by method, path and stack', async (t) => {
  const mock = await start(t, { fixture: 'documentation' })
  const rule = {
    match: { method: 'get', path: '/v3/stacks/*_tokens', api_key: API_KEY },
    status: 503,
    headers: { 'Retry-After': '3' },
  }
  await setFaults(t, mock, { rules: [rule] })
  const { status, body, response } = await mock.call('GET', DELIVERY)
  t.equal(status, 503)
  t.strictSame(body, { error_message: 'An injected failure: 503.', error_code: 503 })
  t.equal(response.headers['retry-after'], '3')
  t.equal(
    response.headers['x-mock-reason'],
    'A fault rule of this world applied to the request. See /_mock/faults.',
  )
  t.equal((await mock.call('GET', MANAGEMENT)).status, 503)
  t.equal((await mock.call('GET', `${DELIVERY}/bltdce123123d321f3`)).status, 200)
  t.equal((await mock.call('DELETE', DELIVERY)).status, 405)
  t.equal((await mock.call('GET', DELIVERY, { apiKey: 'your_stack_api_key' })).status, 200)
  t.strictSame((await control(mock, 'GET', '/faults')).body, { rules: [{ ...rule, hits: 2 }] })
  t.equal((await control(mock, 'DELETE', '/faults')).status, 200)
  t.equal((await mock.call('GET', DELIVERY)).status, 200)
})

t.test('faults: says where the official client retries', async (t) => {
  const logged: { level: number; msg: string }[] = []
  const logger = pino({}, { write: (line) => logged.push(JSON.parse(line)) })
  const notices = () => logged.filter(({ msg }) => msg.includes('@contentstack')).splice(0)
  const cannot = (name: string) =>
    `@contentstack/management cannot retry at ${name}: a call that should be retried never settles. It can at a host name. See --hostname.`
  for (const hostname of [undefined, 'localhost', '::1'] as const) {
    const mock = await start(t, { logger, hostname })
    for (const rule of [{ status: 429 }, { status: 500 }, { status: 503 }, { connection: 'reset' }]) {
      logged.length = 0
      const notice = cannot(hostname ?? '127.0.0.1')
      t.strictSame((await control(mock, 'PUT', '/faults', { rules: [rule] })).body, {
        rules: [{ ...rule, hits: 0 }],
        notice,
      })
      t.match(notices(), [{ level: 30, msg: notice }])
    }
    logged.length = 0
    const rules = [{ status: 404 }, { latency_ms: 1 }]
    t.strictSame((await control(mock, 'PUT', '/faults', { rules })).body, {
      rules: rules.map((rule) => ({ ...rule, hits: 0 })),
    })
    t.strictSame(notices(), [])
  }
  const mock = await start(t, { hostname: 'tokens-mock' })
  const rules = [
    { status: 404, hits: 0 },
    { connection: 'empty', hits: 0 },
  ]
  const retried = (url: string) =>
    `@contentstack/management retries at ${url}/v3, but neither at an IP address nor at localhost.`
  const faults = { rules: [{ status: 404 }, { connection: 'empty' }] }
  t.strictSame((await control(mock, 'PUT', '/faults', faults)).body, {
    rules,
    notice: retried(mock.world.url),
  })
  const { body } = await mock.call('PUT', '/w/one/_mock/faults', {
    body: faults,
    headers: { host: 'localhost' },
  })
  t.strictSame(body, { rules, notice: retried(`${mock.world.url}/w/one`) })
  const secure = await start(t, { hostname: 'tokens-mock', tls: { dataDirectory: t.testdir() } })
  t.strictSame((await control(secure, 'PUT', '/faults', faults)).body, {
    rules,
    notice: retried(secure.world.tlsUrl ?? ''),
  })
})

t.test('faults: after, times and probability', async (t) => {
  const mock = await start(t)
  await setFaults(t, mock, {
    rules: [{ status: 500, error_message: 'Oops', error_code: 7, after: 2, times: 1 }],
  })
  t.strictSame(await statuses(mock, 4), [200, 200, 500, 200])
  const chance = async () => {
    await control(mock, 'PUT', '/ids', { seed: 5 })
    await setFaults(t, mock, { rules: [{ status: 500, probability: 0.5 }] })
    return statuses(mock, 40)
  }
  const once = await chance()
  t.ok(once.includes(200) && once.includes(500))
  t.strictSame(await chance(), once, 'by the seed')
})

t.test('faults: latency, alone and before a status', async (t) => {
  const mock = await start(t)
  await setFaults(t, mock, { rules: [{ latency_ms: 30 }, { latency_ms: 1, status: 502 }, { status: 500 }] })
  const before = performance.now()
  t.strictSame(await statuses(mock, 1), [502])
  t.ok(performance.now() - before >= 29)
  t.match((await control(mock, 'GET', '/faults')).body, { rules: [{ hits: 1 }, { hits: 1 }, { hits: 0 }] })
})

t.test('faults: the connection', async (t) => {
  const mock = await start(t)
  const get = (signal?: AbortSignal) => fetch(`${mock.world.url}/v3/user`, signal ? { signal } : {})
  await setFaults(t, mock, { rules: [{ connection: 'reset' }] })
  await t.rejects(get(), { cause: { code: 'ECONNRESET' } })
  await setFaults(t, mock, { rules: [{ connection: 'empty' }] })
  await t.rejects(get(), { cause: { code: 'UND_ERR_SOCKET' } })
  await setFaults(t, mock, { rules: [{ connection: 'hang' }] })
  const recorded = new Promise((resolve) => mock.world.requests.subscribe(resolve))
  const stop = new AbortController()
  const hanging = get(stop.signal)
  await recorded
  stop.abort()
  await t.rejects(hanging, { name: 'AbortError' })
  const { requests } = (await control(mock, 'GET', '/requests')).body as { requests: JournalEntry[] }
  t.strictSame(
    requests.map(({ status, reason }) => [status, reason]),
    ['hang', 'empty', 'reset'].map((connection) => [
      0,
      `A fault rule of this world applied to the connection: ${connection}.`,
    ]),
  )
})

t.test('faults: the rate limit', async (t) => {
  const mock = await start(t)
  await setFaults(t, mock, { rules: [{ rate_limit: 2, status: 429 }] })
  const limits = []
  for (let i = 0; i < 3; i++) {
    const { status, response } = await mock.call('GET', DELIVERY)
    limits.push([status, response.headers['x-ratelimit-limit'], response.headers['x-ratelimit-remaining']])
  }
  t.strictSame(limits, [
    [200, '2', '1'],
    [200, '2', '0'],
    [429, '2', '0'],
  ])
  mock.clock.set('2026-01-01T00:00:01.000Z')
  t.strictSame(await statuses(mock, 3), [200, 200, 429])
})

t.test('faults: the presets', async (t) => {
  const mock = await start(t)
  await setFaults(t, mock, { presets: ['rate-limit'] })
  t.strictSame((await statuses(mock, 11)).slice(9), [200, 429])
  const limited = await mock.call('GET', DELIVERY)
  t.strictSame(limited.body, {
    error_message: 'Rate limit exceeded',
    error_code: 429,
  })
  t.equal(limited.response.headers['retry-after'], undefined)
  t.equal(
    limited.response.headers['x-mock-reason'],
    'This world received more than 10 such requests in this second. See /_mock/faults.',
  )
  await setFaults(t, mock, { presets: ['outage'] })
  t.strictSame((await mock.call('GET', DELIVERY)).body, {
    error_message: 'The service is unavailable.',
    error_code: 503,
  })
  await setFaults(t, mock, { presets: ['maintenance'] })
  t.equal((await mock.call('GET', DELIVERY)).response.headers['retry-after'], '60')
  await setFaults(t, mock, { presets: ['slow'] })
  t.strictSame((await control(mock, 'GET', '/faults')).body, { rules: [{ latency_ms: 2000, hits: 0 }] })

  await setFaults(t, mock, { presets: ['new-token'] })
  const scope = [
    { module: 'environment', acl: { read: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ]
  const { body } = await createManagement(mock, { scope })
  const authorization = (body as { token: { token: string } }).token.token
  const read = () => mock.call('GET', ENVIRONMENTS, { as: null, headers: { authorization } })
  const early = await read()
  t.equal(early.status, 412)
  t.match(early.body, { error_code: 109 })
  await control(mock, 'POST', '/clock/advance', { duration: 'PT5S' })
  t.equal((await read()).status, 200)
  t.equal((await control(mock, 'PUT', '/faults', { presets: ['rain'] })).status, 400)
  for (const rule of [
    { status: 199 },
    { status: 600 },
    { status: 500, headers: { 'a b': 'x' } },
    { status: 500, headers: { a: '\n' } },
    { latency: 1 },
  ])
    t.equal((await control(mock, 'PUT', '/faults', { rules: [rule] })).status, 400)
  for (const name of [
    'Content-Length',
    'Transfer-Encoding',
    'Trailer',
    'TE',
    'Connection',
    'Proxy-Connection',
    'Keep-Alive',
    'Upgrade',
  ])
    t.strictSame(
      await control(mock, 'PUT', '/faults', { rules: [{ status: 500, headers: { [name]: 'x' } }] }),
      {
        status: 400,
        body: { error_message: `A fault rule cannot set the header ${name}.`, error_code: 400 },
      },
    )
})

/** Its only entry. */
const journal = async (mock: Mock, query = '') =>
  (await control(mock, 'GET', `/requests${query}`)).body.requests as JournalEntry[]

t.test('the journal: what was asked, and what was answered', async (t) => {
  const mock = await start(t)
  const { body, response } = await mock.call('POST', `${DELIVERY}?create_with_preview_token=true&color=red`, {
    body: { token: { name: '', scope: deliveryScope(), expires: 'never' }, extra: 1 },
    headers: { authorization: 'csecret' },
  })
  t.strictSame(await journal(mock), [
    {
      id: response.headers['x-request-id'],
      time: NOW,
      method: 'POST',
      path: DELIVERY,
      query: 'create_with_preview_token=true&color=red',
      credential: 'both',
      api_key: API_KEY,
      request_headers: { 'content-type': 'application/json', 'user-agent': 'lightMyRequest' },
      request_body: JSON.stringify({
        token: { name: '', scope: deliveryScope(), expires: 'never' },
        extra: 1,
      }),
      unread: { fields: ['token.expires', 'extra'], parameters: ['color'] },
      status: 422,
      response_body: JSON.stringify(body),
      reason: 'name is a required field.',
      ms: (await journal(mock))[0]?.ms,
      left_out: {},
    },
  ])
})

t.test('the journal: filters, count and deletion', async (t) => {
  const mock = await start(t, { fixture: 'documentation', journalSize: 5 })
  await mock.call('GET', '/v3/none')
  await mock.call('GET', '/v3/none')
  await mock.call('GET', DELIVERY)
  await mock.call('GET', `${DELIVERY}/none`)
  await mock.call('GET', MANAGEMENT, { as: null })
  await mock.call('POST', `/v3/stacks/delivery_tokens/bltdce123123d321f3/preview_token`, {
    as: null,
    apiKey: 'your_stack_api_key',
    headers: { authorization: 'your_management_token' },
  })
  const paths = async (query: string) => (await journal(mock, query)).map(({ path }) => path.slice(11))
  t.equal((await paths('')).length, 5, 'the oldest went')
  t.strictSame(await paths('?limit=1'), ['delivery_tokens/bltdce123123d321f3/preview_token'])
  t.strictSame(await paths('?method=post'), ['delivery_tokens/bltdce123123d321f3/preview_token'])
  t.strictSame(await paths('?path=*tokens/none'), ['delivery_tokens/none'])
  t.strictSame(await paths('?path=/v3/stacks/delivery_tokens'), ['delivery_tokens'])
  t.strictSame(await paths('?path=/v3/*/*/*/*'), ['delivery_tokens/bltdce123123d321f3/preview_token'])
  for (const none of ['*zzz*', 'zzz*']) t.strictSame(await paths(`?path=${none}`), [])
  t.strictSame(await paths('?status=401'), ['management_tokens'])
  t.strictSame(await paths('?credential=none'), ['management_tokens'])
  t.strictSame(await paths('?credential=authorization'), ['delivery_tokens/bltdce123123d321f3/preview_token'])
  const count = async (filter: object) => (await control(mock, 'POST', '/requests/count', filter)).body
  t.strictSame(await count({}), { count: 5 })
  t.strictSame(await count({ credential: 'authtoken', status: 200 }), { count: 1 })
  t.equal((await control(mock, 'POST', '/requests/count', { color: 'red' })).status, 400)
  t.strictSame((await control(mock, 'GET', '/requests?status=x')).body, {
    error_message: 'querystring/status must match pattern "^\\d{1,3}$".',
    error_code: 400,
  })
  t.equal((await control(mock, 'DELETE', '/requests')).status, 200)
  t.strictSame(await journal(mock), [])
})

t.test('a failed answer carries its reason', async (t) => {
  const mock = await start(t, { fixture: 'documentation' })
  const reason = async (method: string, url: string, options: object = {}) =>
    (await mock.call(method, url, options)).response.headers['x-mock-reason']
  t.equal(await reason('GET', DELIVERY), undefined)
  t.equal(await reason('GET', DELIVERY, { apiKey: '' }), 'The header api_key is missing.')
  t.equal(await reason('GET', DELIVERY, { apiKey: 'x' }), "No stack has the api_key 'x'.")
  t.equal(await reason('GET', DELIVERY, { as: null }), 'The header authtoken is missing.')
  t.equal(await reason('GET', DELIVERY, { as: 'outsider' }), 'The caller is not a member of the stack.')
  t.equal(
    await reason('GET', MANAGEMENT, { as: 'developer' }),
    'The role developer may not read management tokens.',
  )
  t.equal(
    await reason('GET', '/v3/stacks/delivery_token/x'),
    'There is no call GET /v3/stacks/delivery_token/x. Nearest: GET, PUT, DELETE /v3/stacks/delivery_tokens/:uid; ' +
      'GET, POST /v3/stacks/delivery_tokens; GET, PUT, DELETE /v3/stacks/management_tokens/:uid.',
  )
  t.equal(
    await reason('GET', `${ENVIRONMENTS}/%F0%9F%8C%99`),
    "The stack has no environment named '?'. A uid does not work here.",
  )
})

t.test('server-sent events', async (t) => {
  const mock = await start(t)
  const stop = new AbortController()
  const response = await fetch(`${mock.world.url}/_mock/events`, { signal: stop.signal })
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  t.equal((await reader?.read())?.value, ': connected\n\n')
  await mock.call('GET', '/v3/user', { as: null })
  const event = (await reader?.read())?.value ?? ''
  t.match(event, /^event: request\ndata: \{.*\}\n\n$/)
  t.match(JSON.parse(event.split('data: ')[1] ?? ''), { path: '/v3/user', status: 401 })
  stop.abort()
})

t.test('worlds: each on its own', async (t) => {
  const mock = await start(t)
  const one = { apiKey: API_KEY }
  await createDelivery(mock, 'Default')
  const created = await mock.call('POST', `/w/one${DELIVERY}`, {
    ...one,
    body: { token: { name: 'One', scope: deliveryScope() } },
  })
  t.equal(created.status, 201)
  t.strictSame(await names(mock), ['Default'])
  t.strictSame(await names(mock, `/w/one${DELIVERY}`), ['One'])
  t.strictSame(await names(mock, '/w/one/stacks/delivery_tokens'), ['One'], 'the bare path, too')
  t.strictSame(await names(mock, `/w/default${DELIVERY}`), ['Default'])
  await control(mock, 'PUT', '/clock', { mode: 'frozen', now: '2030-01-01' }, '/w/one')
  t.match((await control(mock, 'GET', '/clock')).body, { mode: 'real' })
  const { requests } = (await control(mock, 'GET', '/requests', undefined, '/w/one')).body
  t.strictSame(
    (requests as JournalEntry[]).map(({ path }) => path),
    [DELIVERY, DELIVERY, DELIVERY],
    'whatever the prefix',
  )
  t.strictSame((await control(mock, 'GET', '/worlds')).body, {
    worlds: [{ name: 'default' }, { name: 'one' }],
  })
  t.strictSame(await control(mock, 'DELETE', '/worlds/one'), {
    status: 200,
    body: { notice: 'The world was dropped.' },
  })
  t.strictSame(await names(mock, `/w/one${DELIVERY}`), [], 'made anew at its next use')
})

t.test('worlds: names that are none', async (t) => {
  const mock = await start(t)
  for (const [path, name] of [
    ['/w//v3/user', ''],
    ['/w/a%20b/v3/user', 'a%20b'],
    ['/w/.a/v3/user', '.a'],
    ['/w/a./v3/user', 'a.'],
    [`/w/${'x'.repeat(65)}/v3/user`, 'x'.repeat(65)],
    ['/w', undefined],
    // The route is looked for first.
    ['/w/', undefined],
    ['/w/a%20b/v3/nothing', undefined],
  ] as const) {
    const { status, body } = await mock.call('GET', path)
    t.strictSame(
      [status, body],
      name === undefined
        ? [404, { error_message: 'The requested URL was not found.', error_code: 404 }]
        : [
            400,
            {
              error_message: `'${name}' cannot name a world. A name has 1 to 64 letters, digits, dashes, underscores and inner dots.`,
              error_code: 400,
            },
          ],
    )
  }
  for (const name of ['.', '..', `${'x'.repeat(63)}.`])
    t.throws(() => mock.world.world(name), { message: `'${name}' cannot name a world.` }, name)
  for (const name of ['_', '-.-', 'a..b', 'x'.repeat(64)]) t.equal(mock.world.world(name).name, name)
  t.strictSame(await control(mock, 'DELETE', '/worlds/none'), {
    status: 404,
    body: { error_message: "There is no world 'none'.", error_code: 404 },
  })
  t.strictSame(await control(mock, 'DELETE', '/worlds/default'), {
    status: 422,
    body: { error_message: 'The default world cannot be dropped. Reset it instead.', error_code: 422 },
  })
})

t.test('worlds: a request that the control API refuses, and one about the server, make none', async (t) => {
  const mock = await start(t)
  for (const headers of [{ origin: 'https://evil.example' }, { host: 'evil.example' }])
    t.equal((await mock.call('POST', '/w/one/_mock/reset', { headers })).status, 403)
  for (const [path, status] of [
    ['/_mock/health', 200],
    ['/_mock/ca.pem', 404],
    ['/_mock/nothing', 404],
  ] as const)
    t.equal((await mock.call('GET', `/w/one${path}`)).status, status)
  t.strictSame(mock.world.worlds(), ['default'])
  t.equal((await mock.call('POST', '/w/one/_mock/reset')).status, 200)
  t.strictSame(mock.world.worlds(), ['default', 'one'])
})

t.test('worlds: the least recently used idle one goes', async (t) => {
  const mock = await start(t, { maxWorlds: 2 })
  const use = (name: string) => mock.call('GET', `/w/${name}${DELIVERY}`)
  /** Has a request under way in a world; returns what ends it. */
  const hold = async (name: string) => {
    const world = mock.world.world(name)
    world.faults.set({ rules: [{ connection: 'hang' }] })
    const recorded = new Promise((resolve) => world.requests.subscribe(resolve))
    const stop = new AbortController()
    const held = fetch(`${world.url}/v3/user`, { signal: stop.signal })
    await recorded
    return async () => {
      stop.abort()
      await t.rejects(held, { name: 'AbortError' })
    }
  }
  await use('a')
  await use('b')
  await use('a')
  await use('c')
  t.strictSame(mock.world.worlds(), ['default', 'a', 'c'])
  const releaseA = await hold('a')
  await use('c')
  await use('d')
  t.strictSame(mock.world.worlds(), ['default', 'a', 'd'], 'c goes, since a is busy')
  const releaseD = await hold('d')
  const { status, body } = await use('e')
  t.equal(status, 429)
  t.strictSame(body, {
    error_message: 'All 2 worlds have requests in progress. See --max-worlds.',
    error_code: 429,
  })
  mock.world.dropWorld('a')
  await releaseA()
  await releaseD()
  t.strictSame(mock.world.worlds(), ['default', 'd'])
})

t.test('restores under a running load: each request sees the old state or the new one', async (t) => {
  const mock = await start(t)
  await createDelivery(mock, 'Old 1')
  await createDelivery(mock, 'Old 2')
  await control(mock, 'PUT', '/snapshots/old')
  await control(mock, 'POST', '/reset')
  await createDelivery(mock, 'New 1')
  await createDelivery(mock, 'New 2')
  await control(mock, 'PUT', '/snapshots/new')
  const seen = new Set<string>()
  const read = async () => {
    for (let i = 0; i < 40; i++) {
      const { status, body } = await mock.call('GET', DELIVERY)
      t.equal(status, 200)
      seen.add((body as { tokens: { name: string }[] }).tokens.map(({ name }) => name).join())
    }
  }
  const restore = async () => {
    for (let i = 0; i < 40; i++) await control(mock, 'POST', `/snapshots/${i % 2 ? 'old' : 'new'}/restore`)
  }
  await Promise.all([read(), read(), restore(), read(), read()])
  t.strictSame([...seen].sort(), ['New 2,New 1', 'Old 2,Old 1'])
})

t.test('a request is permitted once all of it is there', async (t) => {
  const mock = await start(t, { fixture: 'documentation' })
  const { port } = new URL(mock.world.url)
  /** Sends the head of a request, then restores, then sends the body. */
  const between = async (work: () => unknown, method = 'PUT', path = '/v3/stacks') => {
    const { body } = await mock.call('POST', '/v3/user-session', {
      body: { user: { email: 'owner@example.com', password: 'password' } },
    })
    const { authtoken } = (body as { user: { authtoken: string } }).user
    const request = httpRequest({
      port,
      method,
      path,
      headers: {
        api_key: API_KEY,
        authtoken,
        'content-type': 'application/json',
        'transfer-encoding': 'chunked',
      },
    })
    request.flushHeaders()
    // The server has seen the head by the time that it answers another connection.
    await once(request, 'socket')
    await fetch(`${mock.world.url}/_mock/health`)
    await work()
    request.end('{"stack":{"name":"Renamed"}}')
    const [answer] = await once(request, 'response')
    answer.resume()
    return answer.statusCode
  }
  t.equal(await between(() => {}), 200)
  t.equal(
    await between(() => {
      mock.world.snapshot('later')
      mock.world.restore('later')
    }),
    200,
  )
  t.equal(await between(() => mock.world.reset()), 401, 'the login is gone')
  t.equal(await between(() => mock.call('DELETE', '/v3/stacks')), 422, 'the stack is gone')
  mock.world.reset()
  const before = mock.world.state()
  const token = `${DELIVERY}/bltdce123123d321f3`
  t.equal(await between(() => mock.world.reset(), 'DELETE', token), 401, 'a DELETE with a body')
  t.strictSame(mock.world.state(), before)
})

t.test('the OpenAPI documents', async (t) => {
  const mock = await start(t)
  const { body: own } = await control(mock, 'GET', '/openapi.json')
  t.equal(own.openapi, '3.1.0')
  t.ok(own.paths['/_mock/clock/advance'].post.requestBody)
  t.ok(own.paths['/_mock/faults'].get.responses['200'].content)
  t.ok(Object.keys(own.paths).every((path) => path.startsWith('/_mock/')))
  t.strictSame(Object.keys(own.paths['/_mock/snapshots/{name}/restore'].post.responses).sort(), [
    ...['200', '400', '401', '403', '404', '413', '429', '500', '503'],
  ])
  const { body: api } = await control(mock, 'GET', '/openapi-api.json')
  const create = api.paths['/v3/stacks/delivery_tokens'].post
  t.equal(create.operationId, 'createDeliveryToken')
  t.strictSame(create.tags, ['Delivery tokens'])
  t.equal(create.summary, 'Create delivery token')
  t.ok(api.paths['/v3/stacks/delivery_tokens/{uid}'].put.requestBody)
  t.strictSame(Object.keys(create.responses), [
    ...['201', '400', '401', '403', '412', '413', '422', '429', '500', '503'],
  ])
  t.ok(api.paths['/v3/stacks/delivery_tokens'].get.responses['200'])
  t.ok(Object.keys(api.paths).every((path) => path.startsWith('/v3/')))
  const names = [own, api].flatMap(({ paths }) =>
    Object.values(paths as Record<string, Record<string, { operationId: string }>>).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    ),
  )
  t.equal(new Set(names).size, names.length, 'each operation has a name of its own')
})

t.test('the OpenAPI documents: servers, with worlds', async (t) => {
  const { world } = await start(t)
  const { servers } = (
    await world.inject({ url: '/w/two/_mock/openapi-api.json', headers: { host: '127.0.0.1:4747' } })
  ).json()
  t.strictSame(servers, [
    { url: 'http://127.0.0.1:4747', description: 'The default world' },
    {
      url: 'http://127.0.0.1:4747/w/{world}',
      description: 'An isolated world, which the first request creates',
      variables: {
        world: {
          default: 'one',
          description: '1 to 64 letters, digits, dashes, underscores and inner dots',
        },
      },
    },
  ])
})

t.test('the OpenAPI document: credentials', async (t) => {
  const mock = await start(t)
  const pathsIn = async (profile: string) =>
    (await control(mock, 'GET', `/openapi-api.json?profile=${profile}`)).body.paths
  const paths = { live: await pathsIn('live'), documented: await pathsIn('documented') }
  const securityOf = (path: string, method: string, profile: keyof typeof paths = 'live') =>
    paths[profile][path][method].security
  const authtoken = [{ authtoken: [] }, { oauth: [] }]
  const member = [
    { api_key: [], authtoken: [] },
    { api_key: [], oauth: [] },
  ]
  const managementToken = { api_key: [], authorization: [] }
  t.strictSame(securityOf('/v3/user-session', 'post'), [], 'a login needs none')
  t.strictSame(securityOf('/v3/user', 'get'), authtoken)
  t.strictSame(securityOf('/v3/stacks', 'get'), [...member, ...authtoken])
  t.strictSame(securityOf('/v3/stacks/management_tokens', 'get'), member)
  t.strictSame(securityOf('/v3/environments', 'get'), [...member, managementToken])
  const preview = '/v3/stacks/delivery_tokens/{uid}/preview_token'
  t.strictSame(securityOf(preview, 'delete'), [...member, managementToken])
  t.strictSame(securityOf(preview, 'delete', 'documented'), [
    { api_key: [], authtoken: [], authorization: [] },
  ])
})

t.test('the OpenAPI document: profiles, modules and failures', async (t) => {
  const mock = await start(t, { profile: 'live' })
  const pathsIn = async (query: string) =>
    (await control(mock, 'GET', `/openapi-api.json${query}`)).body.paths
  const paths = await pathsIn('')
  const update = '/v3/stacks/delivery_tokens/{uid}'
  const keysIn = async (query: string, of?: typeof paths) =>
    Object.keys(
      (of ?? (await pathsIn(query)))[update].put.responses['200'].content['application/json'].schema
        .properties,
    )
  t.strictSame(await keysIn('', paths), ['notice', 'token'], 'of the server')
  t.strictSame(await keysIn('?profile=documented'), ['notice:', 'tokens'])
  t.strictSame(await keysIn('?profile=compatible'), ['notice', 'notice:', 'token', 'tokens'])
  t.equal((await control(mock, 'GET', '/openapi-api.json?profile=none')).status, 400)
  const modules = (kind: string) =>
    paths[`/v3/stacks/${kind}_tokens`].post.requestBody.content['application/json'].schema.properties.token
      .properties.scope.items.properties.module.enum
  t.strictSame(modules('delivery'), ['environment', 'branch', 'branch_alias'])
  t.strictSame(modules('management'), [
    ...['content_type', 'entry', 'asset', 'environment', 'locale', 'global_field', 'webhook', 'workflow'],
    ...['release', 'label', 'extension', 'role', '$all', 'branch', 'branch_alias'],
  ])
  const { content } = paths['/v3/stacks/branches/{uid}'].get.responses['422']
  t.strictSame(content['application/json'], {
    schema: {
      type: 'object',
      properties: {
        error_message: { type: 'string' },
        error_code: { type: 'integer', enum: [900, 901, 905] },
        errors: {
          type: 'object',
          properties: { branches: { type: 'array', items: { type: 'string' } } },
        },
      },
      required: ['error_message', 'error_code'],
    },
    examples: {
      '901.Access-denied-You-have-insufficient-permissions-to-perform-operation-on-this-branch-release': {
        summary: "The token's scope names neither the branch 'release' nor an alias for it.",
        value: {
          error_message:
            "Access denied. You have insufficient permissions to perform operation on this branch 'release'.",
          error_code: 901,
        },
      },
      '900.The-Branch-release-was-not-found': {
        summary: "The header branch names 'release', which is neither a branch nor an alias of the stack.",
        value: { error_message: "The Branch 'release' was not found.", error_code: 900 },
      },
      '905.branches-release-was-not-found': {
        summary: "The stack has no branch 'release'.",
        value: {
          error_message: 'Branch was not found. Please try again.',
          error_code: 905,
          errors: { branches: ["'release' was not found."] },
        },
      },
    },
  })
})

t.test('the journal: fields that nothing read, inside arrays too', async (t) => {
  const mock = await start(t)
  const unread = () => mock.world.requests.list({}, 1)[0]?.unread
  const [content, branch] = managementScope()
  await mock.call('POST', `${MANAGEMENT}?force=true`, {
    body: {
      token: {
        name: 'CI',
        scope: [{ ...content, environments: ['production'], locales: ['en-us'] }, branch, 7],
        colour: 'red',
      },
    },
  })
  t.strictSame(unread(), {
    fields: ['token.scope[0].environments', 'token.scope[0].locales', 'token.colour'],
    parameters: ['force'],
  })
  const [environment, ...rest] = deliveryScope()
  await mock.call('POST', DELIVERY, {
    body: { token: { name: 'Web', scope: [{ ...environment, locales: ['en-us'] }, ...rest] } },
  })
  t.strictSame(unread(), { fields: ['token.scope[0].locales'], parameters: [] })
  await mock.call('POST', ENVIRONMENTS, {
    body: {
      environment: { name: 'qa', urls: [{ url: 'x', locale: 'en-us', foo: 1 }], servers: [{ any: 1 }] },
    },
  })
  t.strictSame(unread(), { fields: ['environment.urls[0].foo'], parameters: [] })
  await mock.call('POST', '/v3/stacks?organization_uid=blt1f4a90c7d2e6b835', {
    body: { stack: { name: 'Shop', storages: [] } },
  })
  t.strictSame(unread(), { fields: ['stack.storages'], parameters: [] })
})

t.test('faults: reads and writes are limited apart, and what has no limit is not counted', async (t) => {
  const mock = await start(t, { rateLimit: 2 })
  const post = () => mock.call('POST', ENVIRONMENTS, { body: {} })
  const read = () => mock.call('GET', DELIVERY)
  const seen = async (call: () => ReturnType<typeof read>) => {
    const { status, response } = await call()
    return [status, response.headers['x-ratelimit-limit'], response.headers['x-ratelimit-remaining']]
  }
  t.strictSame(await seen(read), [200, '2', '1'])
  t.strictSame(await seen(read), [200, '2', '0'])
  t.strictSame(await seen(read), [429, '2', '0'])
  t.strictSame(await seen(post), [422, '2', '1'])
  t.strictSame(await seen(post), [422, '2', '1'], 'a failure but a 429 never says 0')
  t.strictSame(await seen(post), [429, '2', '0'])
  for (const [method, url, apiKey] of [
    ['GET', '/v3/organizations'],
    ['POST', '/v3/user-session'],
    ['GET', '/v3/stacks', ''],
  ] as const) {
    const unlimited = () => mock.call(method, url, apiKey === undefined ? {} : { apiKey })
    for (let i = 0; i < 3; i++) {
      const [status, ...limits] = await seen(unlimited)
      t.not(status, 429, url)
      t.strictSame(limits, [undefined, undefined])
    }
  }
  t.equal((await mock.call('GET', '/v3/stacks')).status, 429, 'one stack is limited')
})

t.test('the clock stays within the dates that the API can write', async (t) => {
  const { world } = await start(t)
  world.clock.set({ mode: 'frozen', now: '9999-12-31T23:59:59.999Z' })
  t.strictSame(world.clock.advance('P1Y'), { mode: 'frozen', now: '9999-12-31T23:59:59.999Z' })
  t.strictSame(world.clock.set({ mode: 'frozen', now: '1969-12-31' }), {
    mode: 'frozen',
    now: '1970-01-01T00:00:00.000Z',
  })
})

t.test('an e-mail goes out at the very moment that it falls due, and none at the expiry', async (t) => {
  const mock = await start(t)
  await createManagement(mock, { expires_on: '2026-02-08', is_email_notification_enabled: true })
  mock.clock.set('2026-01-31T23:59:59.999Z')
  t.strictSame(mock.world.outbox.list(), [])
  mock.clock.set('2026-02-01T00:00:00.000Z')
  t.match(mock.world.outbox.list(), [{ sent_at: '2026-02-01T00:00:00.000Z' }])
  mock.world.outbox.clear()
  await createManagement(mock, {
    expires_on: '2026-02-01T00:00:00.000Z',
    is_email_notification_enabled: true,
  })
  t.strictSame(mock.world.outbox.list(), [], 'it expires as it is made')
  await createManagement(mock, {
    expires_on: '2026-02-01T00:00:00.001Z',
    is_email_notification_enabled: true,
  })
  t.equal(mock.world.outbox.list().length, 1)
})

t.test('a fault that waits does not hold the end of the server', async (t) => {
  const world = await createTokensMock()
  world.faults.set({ rules: [{ latency_ms: 600_000 }] })
  const waiting = world.inject(DELIVERY)
  await world.inject({ url: '/_mock/health', headers: { host: 'localhost' } })
  await world.close()
  await waiting.catch(() => {})
  t.pass('it ended')
})

t.test('worlds: an unknown route makes none, and is in the journal of one that there is', async (t) => {
  const mock = await start(t)
  for (const [method, path] of [
    ['GET', '/v3/nothing'],
    ['PATCH', DELIVERY],
  ] as const)
    await mock.call(method, `/w/one${path}`)
  t.strictSame(mock.world.worlds(), ['default'])
  const one = mock.world.world('one')
  t.equal((await mock.call('GET', '/w/one/v3/nothing')).status, 404)
  t.equal((await mock.call('PATCH', `/w/one${DELIVERY}`)).status, 405)
  t.strictSame(
    one.requests.list().map(({ method, path, status }) => [method, path, status]),
    [
      ['PATCH', DELIVERY, 405],
      ['GET', '/v3/nothing', 404],
    ],
  )
  one.faults.set({ rules: [{ match: { path: '/nothing' }, status: 418 }] })
  t.equal((await mock.call('GET', '/w/one/v3/nothing')).status, 418, 'a fault rule may respond instead')
  t.equal((await mock.call('GET', '/w/one/v3/nothing/else')).status, 404)
})

t.test('worlds: one that has only refused goes before one that has accepted a request', async (t) => {
  const mock = await start(t, { maxWorlds: 2 })
  const accept = (name: string) => mock.call('GET', `/w/${name}${DELIVERY}`)
  const refuse = (name: string) => mock.call('GET', `/w/${name}${DELIVERY}`, { as: null })
  t.equal((await accept('a')).status, 200)
  t.equal((await refuse('b')).status, 401)
  await refuse('b')
  await refuse('c')
  t.strictSame(mock.world.worlds(), ['default', 'a', 'c'], 'b goes, though a was used longer ago')
  await accept('c')
  await refuse('d')
  t.strictSame(mock.world.worlds(), ['default', 'c', 'd'], 'none else is left')
})

t.test('worlds: one that is dropped while a request waits ends with that request', async (t) => {
  const logged: object[] = []
  const logger = pino({ level: 'warn' }, { write: (line) => logged.push(JSON.parse(line)) })
  const mock = await start(t, { logger })
  const one = mock.world.world('one')
  one.faults.set({ rules: [{ latency_ms: 50, times: 1 }] })
  const waiting = mock.call('GET', `/w/one${DELIVERY}`)
  // The fault rule has begun to wait by then.
  await mock.call('GET', `/w/one${DELIVERY}`)
  mock.world.dropWorld('one')
  const { status, body } = await waiting
  t.equal(status, 200)
  t.strictSame(body, { tokens: [] })
  t.strictSame(logged, [])
  t.strictSame(mock.world.worlds(), ['default'])
})

t.test('durations of a fixture count from the making of a world, its last reset and its load', async (t) => {
  const { world: source } = await start(t, { fixture: 'empty' })
  const fixture = source.state()
  const scope = managementScope()
  const [stack] = fixture.stacks
  if (stack)
    stack.management_tokens = [
      { name: 'In a week', scope, expires_on: 'P7D' },
      { name: 'Fixed', scope, expires_on: '2027-01-01' },
    ]
  const mock = await start(t, { fixture })
  const expiries = (world: TokensMockWorld = mock.world) =>
    world.state().stacks[0]?.management_tokens?.map(({ expires_on }) => expires_on)
  t.strictSame(expiries(), ['2026-01-08T00:00:00.000Z', '2027-01-01'])
  mock.clock.set('2026-02-01T00:00:00.000Z')
  t.strictSame(expiries(), ['2026-01-08T00:00:00.000Z', '2027-01-01'])
  t.strictSame(expiries(mock.world.world('new')), ['2026-02-08T00:00:00.000Z', '2027-01-01'])
  mock.world.reset()
  t.strictSame(expiries(), ['2026-02-08T00:00:00.000Z', '2027-01-01'])
  t.equal((await mock.call('GET', MANAGEMENT)).status, 200)
  mock.world.clock.set({ mode: 'frozen', now: '2026-03-01' })
  mock.world.load(fixture)
  t.strictSame(expiries(), ['2026-03-08T00:00:00.000Z', '2027-01-01'])
})

t.test('faults: a rule may respond with anything', async (t) => {
  const mock = await start(t)
  const respond = async (rule: object, path = DELIVERY) => {
    mock.world.faults.set({ rules: [rule] })
    const { statusCode, headers, body } = await mock.world.inject({
      url: path,
      headers: { api_key: API_KEY },
    })
    return [statusCode, headers['content-type'], body]
  }
  const json = 'application/json'
  t.strictSame(await respond({ status: 200, body: { entries: [] } }), [200, json, '{"entries":[]}'])
  t.strictSame(await respond({ status: 200, body: null }), [200, json, 'null'])
  t.strictSame(await respond({ status: 202 }), [202, json, '{}'])
  t.strictSame(await respond({ status: 500, body: '<h1>Oops</h1>' }), [500, 'text/plain', '<h1>Oops</h1>'])
  t.strictSame(
    await respond({ status: 503, body: '<h1>Oops</h1>', headers: { 'Content-Type': 'text/html' } }),
    [503, 'text/html', '<h1>Oops</h1>'],
  )
  t.strictSame(
    await respond({ status: 200, body: { items: 1 } }, '/v3/releases'),
    [200, json, '{"items":1}'],
    'also where no call is served',
  )
  const [entry] = mock.world.requests.list({}, 1)
  t.strictSame(
    [entry?.status, entry?.response_body, entry?.reason],
    [200, '{"items":1}', 'A fault rule of this world applied to the request. See /_mock/faults.'],
  )
})

t.test('faults: after_permit asks for a credential first', async (t) => {
  const mock = await start(t)
  mock.world.faults.set({
    rules: [{ status: 200, body: { stubbed: true }, after_permit: true, latency_ms: 1 }],
  })
  const created = await mock.call('POST', MANAGEMENT, { as: null, body: '{' })
  t.equal(created.status, 401, 'before what is wrong with the body')
  for (const [method, path] of [
    ['GET', DELIVERY],
    ['POST', DELIVERY],
    ['GET', '/v3/user'],
    ['POST', '/v3/releases'],
    ['PATCH', DELIVERY],
  ] as const) {
    const refusal = await mock.call(method, path, { as: null })
    t.equal(refusal.status, 401, `${method} ${path}`)
    t.match(refusal.body, { error_code: 105 })
    const { status, body } = await mock.call(method, path, { body: method === 'GET' ? undefined : '{' })
    t.strictSame([status, body], [200, { stubbed: true }], `${method} ${path}`)
  }
  const unknown = await mock.call('GET', '/v3/releases', { apiKey: 'none' })
  t.equal(unknown.status, 412)
  t.equal((await mock.call('GET', '/v3/releases', { as: 'outsider' })).status, 412)
  mock.world.faults.set({ rules: [] })
  const scope = managementScope()
  const { body } = await mock.call('POST', MANAGEMENT, { body: { token: { name: 'CI', scope } } })
  const authorization = (body as { token: { token: string } }).token.token
  mock.world.faults.set({ rules: [{ status: 200, body: 'x', after_permit: true }] })
  const { statusCode, body: text } = await mock.world.inject({
    url: '/v3/releases',
    headers: { api_key: API_KEY, authorization },
  })
  t.strictSame([statusCode, text], [200, 'x'])
})

t.test('an unknown URL names the nearest calls, and HEAD works', async (t) => {
  const { world } = await start(t)
  const ask = (method: 'GET' | 'POST' | 'HEAD', url: string) =>
    world.inject({ method, url, headers: { host: 'localhost' } })
  const unknown = await ask('GET', '/_mock/requets')
  t.equal(unknown.statusCode, 404)
  t.strictSame(unknown.json(), { error_message: 'The requested URL was not found.', error_code: 404 })
  t.match(unknown.headers['x-mock-reason'], 'Nearest: GET, DELETE /_mock/requests;')
  const wrongMethod = await ask('POST', '/_mock/clock')
  t.equal(wrongMethod.statusCode, 405)
  t.equal(wrongMethod.headers.allow, 'GET, HEAD, PUT')
  const head = await ask('HEAD', '/_mock/state')
  t.strictSame([head.statusCode, head.body], [200, ''])
  const response = await fetch(`${world.url}/_mock/events`, { method: 'HEAD' })
  t.equal(response.headers.get('content-type'), 'text/event-stream')
})
