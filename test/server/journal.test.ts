import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { EventStreams } from '../../src/control/event-stream.ts'
import { createTokensMock, type JournalEntry } from '../../src/index.ts'
import { Journal, JournalMemory, type RecordedRequest } from '../../src/world/journal.ts'
import { API_KEY, DELIVERY, start } from '../support.ts'

t.test('an entry keeps at most 16 KB, and says what it left out', async (t) => {
  const mock = await start(t)
  const fields = Array.from({ length: 50_000 }, (_, i) => `f${i}`)
  const body = JSON.stringify(Object.fromEntries(fields.map((field) => [field, 1])))
  const apiKey = 'k'.repeat(5000)
  const query = Array.from({ length: 1000 }, (_, i) => `q${i}=${i}`).join('&')
  const headers = { 'user-agent': 'u'.repeat(9000) }
  const { response } = await mock.call('POST', `${DELIVERY}?${query}`, { body, apiKey, headers })
  t.strictSame(mock.world.requests.list(), [
    {
      id: response.headers['x-request-id'],
      time: '2026-01-01T00:00:00.000Z',
      method: 'POST',
      path: DELIVERY,
      query: '',
      credential: 'authtoken',
      api_key: 'k'.repeat(100),
      request_headers: { 'content-type': 'application/json', 'user-agent': 'u'.repeat(200) },
      request_body: null,
      unread: { fields: fields.slice(0, 105), parameters: Array.from({ length: 105 }, (_, i) => `q${i}`) },
      status: 412,
      response_body: response.body,
      reason: `No stack has the api_key '${'k'.repeat(974)}`,
      ms: mock.world.requests.list()[0]?.ms,
      left_out: {
        'unread.fields': 49_895,
        'unread.parameters': 895,
        api_key: 4900,
        request_headers: 8800,
        reason: 4028,
        query: query.length,
        request_body: body.length,
      },
    },
  ])
})

t.test('bodies are kept whole, or not at all', async (t) => {
  const mock = await start(t)
  const kept = async (method: string, path: string, body: string) => {
    await mock.call(method, path, { body })
    const [entry] = mock.world.requests.list({}, 1)
    return [entry?.path.length, entry?.request_body, entry?.left_out]
  }
  const text = (length: number) => JSON.stringify('é'.repeat(length))
  t.strictSame(await kept('POST', '/v3/user-session', text(7000)), [16, text(7000), {}])
  t.strictSame(await kept('POST', '/v3/user-session', text(8000)), [16, null, { request_body: 8002 }])
  t.strictSame(await kept('PUT', `${DELIVERY}/${'u'.repeat(9000)}`, '{"token":{}}'), [
    1000,
    '{"token":{}}',
    { path: 8027, reason: 8048 },
  ])
})

t.test('a world keeps at most 8 MB, and drops the oldest', async (t) => {
  const mock = await start(t, { journalSize: 100_000 })
  await mock.call('GET', DELIVERY)
  const query = 'x'.repeat(7500)
  for (let i = 0; i < 600; i++) await mock.call('GET', `/v3/user?x=${query}`, { as: null, apiKey: '' })
  const count = mock.world.requests.count()
  t.ok(count >= 512 && count < 540, `${count} of nearly 16 KB`)
  t.equal(mock.world.requests.count({ path: DELIVERY }), 0)
  const none = await start(t, { journalSize: 0 })
  await none.call('GET', DELIVERY)
  t.equal(none.world.requests.count(), 0)
})

t.test('all worlds keep at most 64 MB, and the oldest goes whose ever it is', async (t) => {
  const memory = new JournalMemory()
  const journals = new Map<string, Journal>()
  const journal = (world: string) => {
    const found = journals.get(world) ?? new Journal(1000, memory)
    journals.set(world, found)
    return found
  }
  // 16 KB each, as a character counts as two bytes and the entry itself as 512.
  const entry = { path: 'x'.repeat((16_384 - 512) / 2), id: '', time: 0, query: '' }
  const fill = (world: string) => {
    for (let i = 0; i < 600; i++)
      journal(world).add(entry as unknown as RecordedRequest, undefined, undefined)
  }
  const counts = (...names: string[]) => names.map((name) => journal(name).count())
  for (const world of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) fill(world)
  t.strictSame(counts('a', 'b', 'h'), [512, 512, 512])
  journal('i').add(entry as unknown as RecordedRequest, undefined, undefined)
  t.strictSame(counts('a', 'b', 'i'), [511, 512, 1])
  fill('i')
  t.strictSame(counts('a', 'b', 'i'), [0, 512, 512])
  journal('i').clear()
  fill('j')
  t.strictSame(counts('b', 'j'), [512, 512], 'what was cleared is free')
  journal('c').clear()
  fill('k')
  t.strictSame(counts('b', 'c', 'k'), [512, 0, 512])
})

t.test('a client that reads its events slowly is told how many it missed', async (t) => {
  const mock = await start(t)
  const socket = connect(Number(new URL(mock.world.url).port), '127.0.0.1')
  socket.write('GET /_mock/events HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await once(socket, 'readable')
  let text = String(socket.read())
  t.match(text, /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream\r\ncache-control: no-store\r\n/)
  // Far more than the kernel holds for the two.
  for (let i = 0; i < 600; i++)
    await mock.call('POST', '/v3/user-session', { as: null, body: `"${'漢'.repeat(6000)}"` })
  let received = 0
  let missed = 0
  await new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      text += data
      const events = text.split('\n\n')
      text = events.pop() as string
      for (const event of events) {
        if (event.includes('event: request\n')) received += 1
        const [, count] = /event: missed\ndata: \{"count":(\d+)\}$/.exec(event) ?? []
        if (count === undefined) continue
        missed += Number(count)
        resolve()
      }
    })
  })
  t.ok(received > 0)
  t.ok(missed > 0)
  t.equal(received + missed, 600)
  socket.destroy()
})

/** A client that reads nothing until `read` is called. */
function silentClient(streams: EventStreams) {
  const sent: string[] = []
  let done: (() => void)[] = []
  let tell = (_entry: JournalEntry) => {}
  let close = () => {}
  const response = {
    writeHead() {},
    flushHeaders() {},
    write(bytes: Buffer | string, callback?: () => void) {
      sent.push(String(bytes))
      if (callback) done.push(callback)
    },
    once(_event: string, listener: () => void) {
      close = listener
    },
  }
  const requests = {
    subscribe(listener: (entry: JournalEntry) => void) {
      tell = listener
      return () => {}
    },
  }
  streams.open(requests as never, response as unknown as ServerResponse)
  return {
    sent,
    tell: (size: number) => tell({ path: 'x'.repeat(size) } as JournalEntry),
    close: () => close(),
    read: () => {
      const callbacks = done
      done = []
      for (const callback of callbacks) callback()
    },
  }
}

t.test('events: what waits is bounded, for a client and for all', async (t) => {
  const streams = new EventStreams()
  const KB64 = 65_536 - 40
  const slow = Array.from({ length: 20 }, () => silentClient(streams))
  for (const { tell } of slow) for (let i = 0; i < 20; i++) tell(KB64)
  t.strictSame(
    slow.map(({ sent }) => sent.length - 1),
    // 1 MiB each, 12 MiB in all; then one each.
    [...Array(12).fill(16), ...Array(8).fill(1)],
  )
  const [first] = slow
  first?.read()
  t.equal(first?.sent.at(-1), 'event: missed\ndata: {"count":4}\n\n')
  first?.read()
  first?.tell(1)
  t.equal(first?.sent.at(-1), 'event: request\ndata: {"path":"x"}\n\n')
  const many = Array.from({ length: 100 }, () => silentClient(streams))
  for (const { tell } of many) tell(KB64)
  const served = many.filter(({ sent }) => sent.length === 2)
  t.equal(served.length, 16 * 16 - 11 * 16 - 8, '16 MiB in all')
  const last = many.at(-1)
  for (const { close } of slow) close()
  for (const { read } of slow) read()
  last?.tell(1)
  t.strictSame(last?.sent.slice(1), [
    'event: missed\ndata: {"count":1}\n\nevent: request\ndata: {"path":"x"}\n\n',
  ])
})

t.test('the api_key of a request without one is null', async (t) => {
  const mock = await start(t)
  await mock.call('GET', '/v3/user', { as: null, apiKey: '' })
  await mock.call('GET', '/v3/user', { as: null })
  t.strictSame(
    mock.world.requests.list().map((entry) => entry.api_key),
    [API_KEY, null],
  )
})

t.test('an entry shows the headers that say which client called, and no credential', async (t) => {
  const mock = await start(t)
  await mock.call('GET', DELIVERY, {
    headers: {
      'x-user-agent': 'contentstack-management-javascript/1.30.2',
      branch: 'main',
      organization_uid: 'blt1f4a90c7d2e6b835',
      cookie: 'authtoken=secret',
      'user-agent': 'authtoken=secret',
    },
  })
  t.strictSame(mock.world.requests.list()[0]?.request_headers, {
    branch: 'main',
    organization_uid: 'blt1f4a90c7d2e6b835',
    'user-agent': 'authtoken=[redacted]',
    'x-user-agent': 'contentstack-management-javascript/1.30.2',
  })
})

t.test('preflights are not recorded', async (t) => {
  const mock = await start(t)
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET' }
  t.equal((await mock.world.inject({ method: 'OPTIONS', url: DELIVERY, headers })).statusCode, 204)
  t.strictSame(mock.world.requests.list(), [])
})

t.test('paths match with and without /v3', async (t) => {
  const mock = await start(t)
  await mock.call('GET', DELIVERY)
  await mock.call('GET', '/stacks/delivery_tokens')
  for (const path of [DELIVERY, '/stacks/delivery_tokens', '/v3/*/delivery_tokens', '*tokens'])
    t.equal(mock.world.requests.count({ path }), 2, path)
  // Where parts of a pattern meet, overlap, or stand at the start.
  for (const [path, count] of [
    ['*/stacks*', 2],
    ['/stacks/delivery_*tokens', 2],
    ['/stacks/delivery_tokens*tokens', 0],
  ] as const)
    t.equal(mock.world.requests.count({ path }), count, path)
  await mock.call('GET', '/v3')
  await mock.call('GET', '/stacks/v3/tokens')
  for (const [path, count] of [
    ['', 1],
    ['/stacks/tokens', 0],
    ['/stacks/v3/tokens', 1],
  ] as const)
    t.equal(mock.world.requests.count({ path }), count, path)
})

t.test('waits for a request', async (t) => {
  const mock = await start(t)
  const { requests } = mock.world
  const filter = { path: '/stacks/delivery_tokens', status: 200 }
  const next = requests.waitFor(filter)
  await mock.call('GET', DELIVERY, { as: null })
  await mock.call('GET', DELIVERY)
  const { status, path } = await next
  t.strictSame([status, path], [200, DELIVERY])
  t.equal((await requests.waitFor(filter)).status, 200, 'one that there is already')
  await t.rejects(requests.waitFor({ status: 500 }, { timeout: 'PT0.01S' }), {
    message: 'No request matched within PT0.01S: {"status":500}',
  })
  await t.rejects(requests.waitFor({}, { timeout: '5s' }), {
    name: 'TypeError',
    message: "requests.waitFor: timeout is '5s'. Expected: an ISO 8601 duration such as PT5S.",
  })
  const wait = async (query: string) => {
    const response = await mock.world.inject({
      url: `/_mock/requests?${query}`,
      headers: { host: 'localhost' },
    })
    return [response.statusCode, response.json()]
  }
  t.strictSame(await wait('wait=PT0.01S&status=500'), [200, { requests: [] }])
  const waiting = wait('wait=PT60S&status=422')
  await mock.call('GET', `${DELIVERY}/none`)
  const [, body] = await waiting
  t.strictSame(
    (body as { requests: JournalEntry[] }).requests.map((entry) => entry.status),
    [422],
  )
  for (const wrong of ['PT61S', '5'])
    t.strictSame(await wait(`wait=${wrong}`), [
      400,
      { error_message: `'${wrong}' is not an ISO 8601 duration of at most PT60S.`, error_code: 400 },
    ])
})

t.test('a wait does not delay the end of the server', async (t) => {
  const mock = await createTokensMock({ fixtures: 'empty' })
  const waiting = mock.inject({ url: '/_mock/requests?wait=PT60S', headers: { host: 'localhost' } })
  // The first request has begun to wait when this one has been answered.
  await fetch(`${mock.url}/_mock/health`)
  await mock.close()
  t.strictSame((await waiting).json(), { requests: [] })
})
