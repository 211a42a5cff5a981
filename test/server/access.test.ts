import { pino } from 'pino'
import t from 'tap'
import { createTokensMock } from '../../src/index.ts'
import { API_KEY, AUTHTOKENS, DELIVERY, type Mock, start } from '../support.ts'

// Who may call the control API.

const ask = ({ world }: Mock, headers: Record<string, string>, url = '/_mock/clock', method = 'GET') =>
  world.inject({ method: method as 'GET', url, headers: { host: '127.0.0.1:4747', ...headers } })

const PAGE = 'http://localhost:5173'

t.test('--control-origin: a page of that origin may call, and read failures, too', async (t) => {
  const mock = await start(t, { controlOrigin: [PAGE, 'https://app.example'] })
  for (const origin of [PAGE, 'https://app.example']) {
    for (const [url, status] of [
      ['/_mock/clock', 200],
      ['/w/one/_mock/clock', 200],
      ['/_mock/health', 200],
      ['/_mock/worlds?x=1', 200],
      ['/_mock/nothing', 404],
      ['/_mock/requests?limit=x', 400],
    ] as const) {
      const { statusCode, headers } = await ask(mock, { origin }, url)
      t.equal(statusCode, status, url)
      t.equal(headers['access-control-allow-origin'], origin)
      t.equal(headers['access-control-expose-headers'], 'allow, x-mock-reason')
      t.equal(headers.vary, 'Origin')
    }
  }
  const asked = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' }
  for (const url of ['/_mock/clock', '/w/one/_mock/clock', '/_mock/health']) {
    const { statusCode, headers, body } = await ask(mock, { origin: PAGE, ...asked }, url, 'OPTIONS')
    t.strictSame([statusCode, body], [204, ''])
    t.equal(headers['access-control-allow-origin'], PAGE)
    t.equal(headers['access-control-allow-methods'], 'GET, HEAD, PUT, POST, DELETE')
    t.equal(headers['access-control-allow-headers'], 'authorization')
  }
})

t.test('--control-origin: no other page may', async (t) => {
  for (const options of [{ controlOrigin: [PAGE] }, {}]) {
    const mock = await start(t, options)
    for (const origin of ['http://localhost:5174', 'https://localhost:5173', 'http://localhost', 'null']) {
      const refused = await ask(mock, { origin })
      t.equal(refused.statusCode, 403, origin)
      t.strictSame(refused.json(), {
        error_message: `The control API refuses the Origin '${origin}'. Call it from the same origin, or allow this one with --control-origin.`,
        error_code: 403,
      })
      t.equal(refused.headers['access-control-allow-origin'], undefined)
      const preflight = await ask(
        mock,
        { origin, 'access-control-request-method': 'GET' },
        undefined,
        'OPTIONS',
      )
      t.equal(preflight.statusCode, 405)
      t.equal(preflight.headers['access-control-allow-origin'], undefined)
    }
    t.equal((await ask(mock, { host: 'evil.example', origin: PAGE })).statusCode, 403, 'DNS rebinding')
  }
})

t.test('--control-token: the control API needs it', async (t) => {
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line) => lines.push(line) })
  const mock = await start(t, { controlToken: 'csecret', logger, fixture: 'documentation' })
  const missing = {
    error_message:
      "The control API needs the header 'Authorization: Bearer TOKEN' with the token that --control-token sets.",
    error_code: 401,
  }
  const wrong = {
    error_message: 'The header Authorization does not have the token that --control-token sets.',
    error_code: 401,
  }
  for (const [authorization, body] of [
    [undefined, missing],
    ['csecret', missing],
    ['Basic csecret', missing],
    ['Bearer', wrong],
    ['Bearer cs', wrong],
    ['Bearer csecret2', wrong],
    ['Bearer CSECRET', wrong],
  ] as const) {
    for (const url of ['/_mock/state', '/w/one/_mock/clock', '/_mock/openapi.json', '/_mock/events']) {
      const refused = await ask(mock, authorization === undefined ? {} : { authorization }, url)
      t.equal(refused.statusCode, 401)
      t.strictSame(refused.json(), body)
      t.equal(refused.headers['www-authenticate'], 'Bearer')
      t.equal(refused.headers['x-mock-reason'], body.error_message)
    }
  }
  t.strictSame(mock.world.worlds(), ['default'], 'what is refused makes no world')
  t.equal((await ask(mock, {}, '/_mock/reset', 'POST')).statusCode, 401)
  t.equal((await ask(mock, { authorization: 'Bearer csecret', origin: 'https://x.example' })).statusCode, 403)
  for (const authorization of ['Bearer csecret', 'bearer  csecret'])
    t.equal((await ask(mock, { authorization }, '/w/one/_mock/clock')).statusCode, 200)
  t.equal((await ask(mock, {}, '/_mock/health')).statusCode, 200)
  t.match((await ask(mock, {}, '/_mock/ca.pem')).json(), { error_code: 404 })
  const { status } = await mock.call('GET', DELIVERY)
  t.equal(status, 200, 'the emulated API does not')
  t.strictSame(mock.world.clock.read().mode, 'real', 'nor does the program')
  t.match(lines.join(''), '/w/one/_mock/clock')
  t.notMatch(lines.join('') + JSON.stringify(mock.world.requests.list()), /csecret/i)
})

t.test('--control-token: a page of an allowed origin sends it', async (t) => {
  const mock = await start(t, { controlToken: 'csecret', controlOrigin: [PAGE] })
  const refused = await ask(mock, { origin: PAGE })
  t.equal(refused.statusCode, 401)
  t.equal(refused.headers['access-control-allow-origin'], PAGE)
  const asked = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' }
  t.equal((await ask(mock, { origin: PAGE, ...asked }, undefined, 'OPTIONS')).statusCode, 204)
  t.equal((await ask(mock, { origin: PAGE, authorization: 'Bearer csecret' })).statusCode, 200)
})

t.test('--control-host: names with a dot', async (t) => {
  const mock = await start(t, {
    controlHost: ['Tokens-Mock.ci.svc', 'registry.example.com__group__mock', '*.test.example'],
  })
  for (const [host, status] of [
    ['tokens-mock.ci.svc:4747', 200],
    ['TOKENS-MOCK.CI.SVC', 200],
    ['registry.example.com__group__mock:4747', 200],
    ['one.test.example', 200],
    ['test.example', 403],
    ['one.two.test.example', 403],
    ['other.ci.svc', 403],
    ['tokens-mock.ci.svc.evil.example', 403],
  ] as const)
    t.equal((await ask(mock, { host })).statusCode, status, host)
  t.strictSame((await ask(mock, { host: 'other.ci.svc' })).json(), {
    error_message:
      "The control API refuses the Host 'other.ci.svc'. Call it by an IP address or a name without a dot, or allow the name with --control-host.",
    error_code: 403,
  })
  await t.rejects(createTokensMock({ controlHost: ['a b'] }), {
    name: 'UserError',
    message: "'a b' is neither a host name nor an IP address.",
  })
})

t.test('the names of --tls-host count, too', async (t) => {
  await using mock = await createTokensMock({
    tls: { hosts: ['api.contentstack.io'], dataDirectory: t.testdir() },
  })
  for (const [host, status] of [
    ['api.contentstack.io', 200],
    ['app.contentstack.io', 403],
  ] as const)
    t.equal((await mock.inject({ url: '/_mock/clock', headers: { host } })).statusCode, status)
  const headers = { host: 'x.example', api_key: API_KEY, authtoken: AUTHTOKENS.owner }
  t.equal(
    (await mock.inject({ url: DELIVERY, headers })).statusCode,
    200,
    'the emulated API asks for no name',
  )
})

t.test('--require-world: a call of the emulated API that names no world is refused', async (t) => {
  const mock = await start(t, { requireWorld: true })
  for (const [method, url] of [
    ['GET', DELIVERY],
    ['POST', DELIVERY],
    ['GET', '/stacks/delivery_tokens'],
    ['GET', '/v3/nothing'],
    ['GET', '/'],
    ['PATCH', DELIVERY],
  ] as const) {
    const { status, body, response } = await mock.call(method, url, {
      headers: { 'content-type': 'x' },
      body: '{',
    })
    t.equal(status, 400, url)
    t.strictSame(body, {
      error_message:
        'This server requires the name of a world in each URL. Write /w/NAME/v3/... instead of /v3/..., with any NAME.',
      error_code: 400,
    })
    t.equal(response.headers['access-control-allow-origin'], '*')
    t.equal(response.headers['x-mock-profile'], 'compatible')
  }
  t.equal(mock.world.requests.count({ status: 400 }), 6, 'the journal of the default world shows them')
  mock.world.faults.set({ presets: ['outage'] })
  t.equal((await mock.call('GET', DELIVERY)).status, 400, 'no fault rule answers first')
  t.equal((await mock.call('GET', `/w/one${DELIVERY}`)).status, 200)
  t.equal((await mock.call('GET', '/w/one/stacks/delivery_tokens')).status, 200)
  t.equal((await mock.call('GET', `/w/${DELIVERY}`)).status, 400, 'an empty name')
  t.equal((await ask(mock, {})).statusCode, 200, 'the control API still has its default world')
  const asked = { origin: 'https://app.example', 'access-control-request-method': 'GET' }
  t.equal((await ask(mock, asked, DELIVERY, 'OPTIONS')).statusCode, 204, 'a preflight passes')
})
