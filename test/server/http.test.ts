import { once } from 'node:events'
import { connect } from 'node:net'
import Database from 'better-sqlite3'
import { pino } from 'pino'
import t from 'tap'
import {
  API_KEY,
  DELIVERY,
  deliveryScope,
  ENVIRONMENTS,
  MANAGEMENT,
  managementScope,
  start,
} from '../support.ts'

const NOT_FOUND = { error_message: 'The requested URL was not found.', error_code: 404 }

t.test('a warm request prepares no statement, and compiles no function for rows', async (t) => {
  const { call } = await start(t)
  const compiled: string[] = []
  const { prepare } = Database.prototype
  const compile = globalThis.Function
  t.teardown(() => {
    Database.prototype.prepare = prepare
    globalThis.Function = compile
  })
  const round = async (name: string) => {
    const create = async (url: string, token: object) =>
      ((await call('POST', url, { body: { token } })).body as { token: { uid: string } }).token.uid
    const delivery = `${DELIVERY}/${await create(DELIVERY, { name, scope: deliveryScope() })}`
    const management = `${MANAGEMENT}/${await create(MANAGEMENT, { name, scope: managementScope() })}`
    const statuses: number[] = []
    for (const [method, url, body] of [
      ['GET', DELIVERY],
      ['GET', delivery],
      ['PUT', delivery, { token: { description: 'x', scope: deliveryScope() } }],
      ['POST', `${delivery}/preview_token`],
      ['DELETE', `${delivery}/preview_token`],
      ['DELETE', delivery],
      ['GET', MANAGEMENT],
      ['GET', management],
      ['PUT', management, { token: { expires_on: null } }],
      ['DELETE', management],
    ] as const)
      statuses.push((await call(method, url, body && { body })).status)
    return statuses
  }
  const cold = await round('first')
  await call('POST', `/w/other${DELIVERY}`, { body: { token: { name: 'x', scope: deliveryScope() } } })
  Database.prototype.prepare = function (this: Database.Database, sql: string) {
    compiled.push(sql)
    return prepare.call(this, sql)
  } as typeof prepare
  globalThis.Function = new Proxy(compile, {
    apply: (target, self, args: string[]) => {
      compiled.push(...args)
      return Reflect.apply(target, self, args)
    },
  })
  t.strictSame(await round('second'), cold)
  t.strictSame(cold, [200, 200, 200, 201, 200, 200, 200, 200, 200, 200])
  t.strictSame(compiled, [])
  await call('POST', `/w/third${DELIVERY}`, { body: { token: { name: 'x', scope: deliveryScope() } } })
  await call('GET', '/w/third/v3/user')
  t.ok(
    compiled.some((text) => text.startsWith('SELECT ')),
    'a new world prepares its own',
  )
  t.ok(
    compiled.some((text) => text.startsWith('return (')),
    'and compiles them',
  )
})

t.test('every answer carries the headers of the service', async (t) => {
  const { call, world } = await start(t, { fixture: 'documentation' })
  for (const [url, status] of [
    [DELIVERY, 200],
    [`${DELIVERY}/none`, 422],
    ['/v3/nothing', 404],
  ] as const) {
    const { response } = await call('GET', url)
    const { headers } = response
    t.equal(response.statusCode, status)
    t.equal(headers['content-type'], 'application/json')
    t.match(headers['x-request-id'], /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    t.match(headers['x-runtime'], /^\d+ms$/)
    t.equal(headers['x-contentstack-organization'], 'blt1f4a90c7d2e6b835')
    t.equal(headers['x-ratelimit-limit'], '10')
    t.equal(headers['x-mock-profile'], 'compatible')
    t.match(headers['x-ratelimit-remaining'], /^\d$/)
  }
  t.equal(
    (
      await world.inject({
        method: 'HEAD',
        url: DELIVERY,
        headers: { api_key: API_KEY, authtoken: 'Your_Authtoken' },
      })
    ).body,
    '',
  )
})

t.test('where nothing is limited, the rest never runs down', async (t) => {
  const { call } = await start(t)
  const limits = async (method: string, url: string, apiKey?: string) => {
    const { headers } = (await call(method, url, apiKey === undefined ? {} : { apiKey })).response
    return [headers['x-ratelimit-limit'], headers['x-ratelimit-remaining']]
  }
  for (let i = 0; i < 12; i++) t.strictSame(await limits('GET', DELIVERY), ['10', '9'])
  t.strictSame(await limits('GET', '/v3/stacks'), ['10', '9'])
  t.strictSame(await limits('GET', '/v3/user'), ['10', '9'])
  for (const [method, url, apiKey] of [
    ['GET', '/v3/organizations'],
    ['GET', '/v3/organizations/x'],
    ['POST', '/v3/user-session'],
    ['DELETE', '/user-session'],
    ['GET', '/v3/stacks?limit=1', ''],
  ] as const)
    t.strictSame(await limits(method, url, apiKey), [undefined, undefined], `${method} ${url}`)
})

t.test('any origin may call, with any header that it asks for', async (t) => {
  const { world } = await start(t)
  const asked = 'api_key,authtoken,authorization,content-type,branch,organization_uid,x-user-agent'
  const preflight = await world.inject({
    method: 'OPTIONS',
    url: '/stacks/delivery_tokens/x',
    headers: {
      origin: 'https://app.example',
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': asked,
    },
  })
  t.equal(preflight.statusCode, 204)
  t.equal(preflight.body, '')
  t.equal(preflight.headers['access-control-allow-origin'], '*')
  t.equal(preflight.headers['access-control-allow-headers'], asked)
  t.match(preflight.headers['access-control-allow-methods'], 'DELETE')
  const refused = await world.inject({ url: DELIVERY, headers: { origin: 'https://app.example' } })
  t.equal(refused.statusCode, 412)
  t.equal(refused.headers['access-control-allow-origin'], '*')
  t.equal(
    refused.headers['access-control-expose-headers'],
    'x-request-id, x-runtime, x-contentstack-organization, x-ratelimit-limit, x-ratelimit-remaining, x-mock-reason, x-mock-profile',
  )
})

t.test('an unknown route', async (t) => {
  const { call } = await start(t)
  for (const url of [
    '/',
    '/v3',
    '/v3/',
    '/v3/stacks/x',
    '/stacks/delivery_tokens/a/b',
    '/v3/content_types/x/y',
    '/v4/stacks/delivery_tokens',
    '//',
    '/v3/_mock/health',
    '/_mock/nothing',
    '/v3/*',
  ]) {
    const { status, body } = await call('GET', url)
    t.equal(status, 404, url)
    t.strictSame(body, NOT_FOUND)
  }
})

t.test('a method that a known path does not serve', async (t) => {
  const { call } = await start(t)
  for (const [method, url, allow] of [
    ['PATCH', DELIVERY, 'GET, HEAD, POST'],
    ['DELETE', '/stacks/management_tokens/', 'GET, HEAD, POST'],
    ['POST', `${DELIVERY}/x?force=true`, 'GET, HEAD, PUT, DELETE'],
    ['GET', `${DELIVERY}/x/preview_token`, 'POST, DELETE'],
  ] as const) {
    const { status, body, response } = await call(method, url, { as: null, body: {} })
    t.equal(status, 405, `${method} ${url}`)
    t.strictSame(body, { error_message: 'The method is not allowed for the requested URL.', error_code: 405 })
    t.same(String(response.headers.allow).split(', ').sort(), allow.split(', ').sort())
  }
})

t.test('a body that is not JSON', async (t) => {
  const { call } = await start(t)
  for (const body of ['{', 'token', '{"token":}', '{} {}']) {
    const answer = await call('POST', DELIVERY, { body })
    t.equal(answer.status, 400)
    t.strictSame(answer.body, { error_message: 'The request body is not valid JSON.', error_code: 400 })
  }
})

t.test('a body in another encoding', async (t) => {
  const { call } = await start(t)
  const text = '{"token":{"name":"Zoë"}}'
  const utf16 = Buffer.from(text, 'utf16le')
  for (const [body, contentType] of [
    [Buffer.from(text, 'latin1')],
    [utf16],
    [Buffer.from(utf16).swap16()],
    [Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    [Buffer.from(text), 'application/json; charset=ISO-8859-1'],
    [Buffer.from(text), 'application/json;charset="utf-16"'],
  ] as const) {
    const answer = await call('POST', DELIVERY, {
      body,
      headers: { 'content-type': contentType ?? 'application/json' },
    })
    t.equal(answer.status, 400)
    t.strictSame(answer.body, { error_message: 'The request body is not valid UTF-8.', error_code: 400 })
  }
  for (const charset of ['utf-8', 'UTF-8', 'utf8', '"utf-8"']) {
    const { status } = await call('POST', DELIVERY, {
      body: Buffer.from(JSON.stringify({ token: { name: charset, scope: deliveryScope() } })),
      headers: { 'content-type': `application/json; charset=${charset}` },
    })
    t.equal(status, 201, charset)
  }
})

t.test('an unknown route or method is told before the body is looked at', async (t) => {
  const { call } = await start(t)
  const large = 'x'.repeat(1_200_000)
  for (const body of ['{', large, Buffer.from([0xff])]) {
    for (const contentType of ['application/json', 'multipart/form-data; boundary=x', 'text/plain']) {
      const headers = { 'content-type': contentType }
      const unknown = await call('POST', '/v3/releases', { body, headers })
      t.equal(unknown.status, 404)
      t.strictSame(unknown.body, NOT_FOUND)
      for (const [method, url] of [
        ['POST', '/v3/assets'],
        ['PATCH', DELIVERY],
      ] as const) {
        const other = await call(method, url, { body, headers })
        t.equal(other.status, 405, `${method} ${url}`)
        t.strictSame(other.body, {
          error_message: 'The method is not allowed for the requested URL.',
          error_code: 405,
        })
      }
    }
  }
  const reason = async (method: string, url: string) =>
    (await call(method, url)).response.headers['x-mock-reason']
  for (const url of [
    '/v3/content_types/x/entries/y/versions',
    '/v3/bulk/publish',
    '/v3/releases',
    '/assets/x',
    '/v3/taxonomies/x',
  ])
    t.equal(
      await reason('GET', url),
      'Of content, only reads of content types and entries are served here. A fault rule with after_permit and a body can stub this call.',
      url,
    )
  t.equal(await reason('PATCH', DELIVERY), 'This URL accepts only GET, HEAD, POST.')
  t.match(await reason('GET', '/v3/nothing?name=x'), /^There is no call GET \/v3\/nothing\. Nearest: /)
  t.equal(
    await reason('DELETE', '/v3/assets'),
    'This URL accepts only GET, HEAD. Of content, only reads of content types and entries are served here. A fault rule with after_permit and a body can stub this call.',
  )
})

t.test('a body that is too large is told before the credential', async (t) => {
  const { call } = await start(t)
  const { status } = await call('POST', DELIVERY, { as: null, apiKey: 'x', body: 'x'.repeat(1_200_000) })
  t.equal(status, 413)
})

t.test('a body of another content type', async (t) => {
  const { call } = await start(t)
  for (const [method, url] of [
    ['POST', DELIVERY],
    ['PUT', `${DELIVERY}/x`],
  ] as const) {
    for (const contentType of ['text/plain', 'application/x-www-form-urlencoded', 'nonsense']) {
      const answer = await call(method, url, { body: 'token=x', headers: { 'content-type': contentType } })
      t.equal(answer.status, 400, contentType)
      t.strictSame(answer.body, { error_message: "Please set a valid 'Content-Type' header" })
    }
  }
})

t.test('a body without a content type', async (t) => {
  const { world } = await start(t)
  const headers = { api_key: API_KEY, authtoken: 'Your_Authtoken' }
  const response = await world.inject({ method: 'POST', url: DELIVERY, headers, payload: Buffer.from('{}') })
  t.equal(response.statusCode, 400)
  t.strictSame(response.json(), { error_message: "Please set a valid 'Content-Type' header" })
})

t.test('takes JSON with a charset, and no body with any content type', async (t) => {
  const { call } = await start(t)
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  t.equal(
    (await call('POST', DELIVERY, { headers, body: { token: { name: 'Test', scope: deliveryScope() } } }))
      .status,
    201,
  )
  for (const contentType of ['application/json', 'text/plain', 'nonsense']) {
    t.equal((await call('GET', DELIVERY, { headers: { 'content-type': contentType } })).status, 200)
    t.equal((await call('DELETE', `${DELIVERY}/x`, { headers: { 'content-type': contentType } })).status, 422)
  }
})

t.test('takes a chunked body that is empty', async (t) => {
  const { call } = await start(t)
  for (const contentType of ['application/json', 'text/plain', 'nonsense']) {
    const headers = { 'content-type': contentType, 'transfer-encoding': 'chunked' }
    t.equal((await call('DELETE', `${DELIVERY}/x`, { headers })).status, 422, contentType)
  }
})

t.test('a body over 1 MiB', async (t) => {
  const { call } = await start(t)
  const { status, body } = await call('POST', DELIVERY, {
    body: { token: { name: 'x'.repeat(1024 * 1024) } },
  })
  t.equal(status, 413)
  t.strictSame(body, { error_message: 'The request body is too large. Maximum 1 MiB.', error_code: 413 })
})

t.test('hostile bodies are refused or kept as data', async (t) => {
  const { call } = await start(t)
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  const scope = JSON.stringify(deliveryScope())
  for (const [body, status] of [
    [`{"token":{"name":"a","scope":${deep}}}`, 400],
    [`{"token":{"name":"b","scope":[{"module":${deep}}]}}`, 400],
    [`{"token":{"name":"c","scope":${scope},"_metadata":${deep}}}`, 400],
    [`{"token":{"name":"d","scope":${scope},"__proto__":{"name":"x"},"constructor":{"prototype":{}}}}`, 201],
    [`{"__proto__":{"token":{"name":"e","scope":${scope}}}}`, 422],
    [`{"token":{"name":"\\u0000\\ud800","scope":${scope}}}`, 201],
  ] as const) {
    t.equal((await call('POST', DELIVERY, { body })).status, status, body.slice(0, 60))
  }
})

t.test('a body is nested at most 100 levels deep', async (t) => {
  const { call } = await start(t)
  const create = (levels: number) =>
    call('POST', ENVIRONMENTS, {
      body: `{"environment":{"name":"${levels}","servers":${'['.repeat(levels)}${']'.repeat(levels)}}}`,
    })
  t.equal((await create(98)).status, 201)
  const { status, body } = await create(99)
  t.equal(status, 400)
  t.strictSame(body, {
    error_message: 'The request body is nested too deeply. Maximum 100 levels.',
    error_code: 400,
  })
})

t.test('half a surrogate pair is kept as the character that stands for what cannot be shown', async (t) => {
  const { call } = await start(t)
  const body = `{"token":{"name":"\\ud800","description":"\\udfff","scope":${JSON.stringify(deliveryScope())}}}`
  const created = (await call('POST', DELIVERY, { body })).body as {
    token: { name: string; description: string }
  }
  t.strictSame([created.token.name, created.token.description], ['\ufffd', '\ufffd'])
})

t.test('a scope with a great many mistakes is refused at once', async (t) => {
  const { call } = await start(t)
  const names = Array.from({ length: 60_000 }, (_, i) => `e${i}`)
  const scope = [{ module: 'environment', environments: names, acl: { read: true } }]
  const { body } = await call('POST', DELIVERY, { body: { token: { name: 'Test', scope } } })
  t.equal((body as { errors: Record<string, string[]> }).errors['scope.environment']?.length, 60_000)
})

t.test('a URL that cannot be decoded', async (t) => {
  const { call } = await start(t)
  const { status, body } = await call('GET', `${DELIVERY}/%zz`)
  t.equal(status, 400)
  t.strictSame(body, { error_message: 'The request could not be understood.', error_code: 400 })
})

t.test('what is not HTTP, or has headers without end, is answered in the envelope', async (t) => {
  const { world } = await start(t)
  const port = Number(new URL(world.url).port)
  const send = async (text: string) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.write(text)
    await once(socket, 'close')
    return answer.split('\r\n')
  }
  const broken = await send('nonsense\r\n\r\n')
  t.equal(broken[0], 'HTTP/1.1 400 Bad Request')
  t.equal(broken.at(-1), '{"error_message":"The request could not be understood.","error_code":400}')
  const absolute = await send(
    'GET http://mock/v3/nothing HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n',
  )
  t.match(absolute.at(-1), '{"error_message":"The requested URL was not found.","error_code":404}')
  const served = await send(
    'GET http://mock/stacks/delivery_tokens HTTP/1.1\r\nexpect: wonders\r\nconnection: close\r\n\r\n',
  )
  t.equal(served[0], 'HTTP/1.1 412 Precondition Failed')
  const star = await send('GET * HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n')
  t.match(star.at(-1), '{"error_message":"The requested URL was not found.","error_code":404}')
  const long = await send(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)
  t.equal(long[0], 'HTTP/1.1 431 Request Header Fields Too Large')
  t.equal(long.at(-1), '{"error_message":"The request headers are too large.","error_code":431}')

  // One that is cut off is only closed.
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\n')
  socket.resetAndDestroy()
  t.equal((await send('nonsense\r\n\r\n'))[0], 'HTTP/1.1 400 Bad Request')
})

t.test('a defect answers 500 without its details', async (t) => {
  const database = `${t.testdir()}/tokens.db`
  await (await start(t, { database })).world.close()
  const file = new Database(database)
  file.exec("UPDATE stacks SET settings = 'secret detail'")
  file.close()
  const { call } = await start(t, { database })
  const { status, body } = await call('GET', '/v3/stacks')
  t.equal(status, 500)
  t.strictSame(body, {
    error_message: 'The server met an unexpected condition. Its log says more.',
    error_code: 500,
  })
})

t.test('the control API', async (t) => {
  const { world } = await start(t)
  const get = (url: string, headers: Record<string, string> = {}) =>
    world.inject({ url, headers: { host: '127.0.0.1:4747', ...headers } })
  t.strictSame((await get('/_mock/health')).json(), { status: 'ok', version: '0.1.0' })
  t.strictSame((await get('/_mock/state')).json(), world.state())
  t.equal((await get('/_mock/health')).headers['access-control-allow-origin'], undefined)

  for (const host of [
    'localhost:4747',
    '[::1]:4747',
    '10.1.2.3',
    'tokens-mock:4747',
    'api.localhost',
    'host.docker.internal',
  ]) {
    t.equal((await get('/_mock/clock', { host })).statusCode, 200, host)
  }
  t.equal((await get('/_mock/clock', { origin: 'http://127.0.0.1:4747' })).statusCode, 200)
  t.equal((await get('/_mock/health', { host: 'evil.example' })).statusCode, 200, 'no secret')
  for (const headers of [
    { host: 'evil.example' },
    { host: '[::1].evil.example' },
    { host: 'x:1.evil.example' },
    { origin: 'https://evil.example' },
    { origin: 'http://127.0.0.1:3000' },
    { origin: 'null' },
  ] as Record<string, string>[]) {
    const [what, value] = Object.entries(headers)[0] as [string, string]
    for (const url of ['/_mock/clock', '/_mock/state']) {
      const response = await get(url, headers)
      t.equal(response.statusCode, 403, value)
      t.strictSame(response.json(), {
        error_message:
          what === 'host'
            ? `The control API refuses the Host '${value}'. Call it by an IP address or a name without a dot, or allow the name with --control-host.`
            : `The control API refuses the Origin '${value}'. Call it from the same origin, or allow this one with --control-origin.`,
        error_code: 403,
      })
    }
  }
})

t.test('the log shows neither the query nor the user of a URL', async (t) => {
  const lines: string[] = []
  const logger = pino({ base: null }, { write: (line) => lines.push(line) })
  const { world } = await start(t, { logger })
  for (const target of [
    'http://user:csecret@localhost/v3/user?authtoken=csecret',
    'ftp://user:csecret@localhost/v3/user#authtoken=csecret',
    'http://user:csecret@localhost?authtoken=csecret',
    '/w/one/v3/user?authtoken=csecret',
    '/v3/user%3Fauthtoken=csecret',
  ]) {
    const socket = connect(Number(new URL(world.url).port), '127.0.0.1')
    socket.end(`GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
    socket.resume()
    await once(socket, 'close')
  }
  const logged = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request')
  t.strictSame(
    logged.map(({ url, status }) => [url, status]),
    [
      ['/v3/user', 401],
      ['/v3/user', 401],
      ['', 404],
      ['/w/one/v3/user', 401],
      ['/v3/user?authtoken=[redacted]', 404],
    ],
  )
  t.notMatch(lines.join(''), 'csecret')
  t.notMatch(JSON.stringify(world.requests.list()), 'csecret')
})

t.test('a preflight makes no world', async (t) => {
  const mock = await start(t)
  const { status, response } = await mock.call('OPTIONS', '/w/new/v3/stacks/delivery_tokens', {
    as: null,
    headers: { origin: 'http://localhost:5173', 'access-control-request-method': 'POST' },
  })
  t.equal(status, 204)
  t.equal(response.headers['access-control-allow-origin'], '*')
  t.strictSame(mock.world.worlds(), ['default'])
})
