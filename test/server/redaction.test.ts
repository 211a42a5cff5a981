import t from 'tap'
import { DELIVERY, deliveryScope, type Mock, start } from '../support.ts'

/** What the journal shows of a request. */
async function shown(mock: Mock, { query = '', body }: { query?: string; body?: unknown }) {
  await mock.call('POST', `${DELIVERY}${query && `?${query}`}`, { ...(body !== undefined && { body }) })
  const [entry] = mock.world.requests.list({}, 1)
  return { query: entry?.query, body: entry?.request_body, left_out: entry?.left_out }
}

const encoded = (value: unknown) => encodeURIComponent(JSON.stringify(value))

t.test('each kind of secret, in a query and in JSON', async (t) => {
  const mock = await start(t)
  for (const key of [
    'authtoken',
    'authorization',
    'access_token',
    'preview_token',
    'management_token',
    'token',
    'password',
    'tfa_token',
    'totp_secret',
    'master_key',
    'oauth_tokens',
    'refresh_token',
    'AuthToken',
    'access-token',
    'accessToken',
  ]) {
    t.strictSame(
      await shown(mock, {
        query: `${key}=hunter2`,
        body: { [key]: 'hunter2', list: [{ [key]: 7 }], none: { [key]: null }, both: { [key]: ['a', 'b'] } },
      }),
      {
        query: `${key}=[redacted]`,
        body: JSON.stringify({
          [key]: '[redacted]',
          list: [{ [key]: '[redacted]' }],
          none: { [key]: null },
          both: { [key]: key === 'token' ? ['[redacted]', '[redacted]'] : '[redacted]' },
        }),
        left_out: {},
      },
    )
  }
})

t.test('queries', async (t) => {
  const mock = await start(t)
  for (const [query, expected] of [
    ['user[password]=hunter2&limit=1', 'user[password]=[redacted]&limit=1'],
    ['user%5Bpassword%5D=hunter2', 'user%5Bpassword%5D=[redacted]'],
    ['authtoken[]=hunter2&authtoken[0]=hunter2', 'authtoken[]=[redacted]&authtoken[0]=[redacted]'],
    ['token[name]=Web&token[token]=hunter2', 'token[name]=Web&token[token]=[redacted]'],
    ['tokens[]=hunter2&password[a]=hunter2', 'tokens[]=[redacted]&password[a]=[redacted]'],
    ['%61uthtoken=hunter2&%2561uthtoken=hunter2', '%61uthtoken=[redacted]&%2561uthtoken=[redacted]'],
    [`query=${encoded({ name: 'x' })}`, `query=${encoded({ name: 'x' })}`],
    [`query=${encoded({ token: 'hunter2' })}`, `query=${encoded({ token: 'T' }).replace('T', '[redacted]')}`],
    [
      `query=${encodeURIComponent(encoded({ token: 'hunter2' }))}`,
      'query=%7B%22token%22%3A%22[redacted]%22%7D',
    ],
    [`${encoded({ token: 'hunter2' })}`, '%7B%22token%22%3A%22[redacted]%22%7D'],
    ['url=https://x/?authtoken=hunter2', 'url=https%3A%2F%2Fx%2F%3Fauthtoken%3D[redacted]'],
    ['x=%ZZauthtoken%3Dhunter2', 'x=%25ZZauthtoken%3D[redacted]'],
    ['password=&flag&a=b=c', 'password=&flag&a=b=c'],
  ] as const) {
    t.strictSame(await shown(mock, { query }), { query: expected, body: null, left_out: {} }, query)
  }
  const broken = 'query=%7B%22token%22%3A%22hunter2&limit=1'
  t.strictSame(await shown(mock, { query: broken }), {
    query: '',
    body: null,
    left_out: { query: broken.length },
  })
})

t.test('bodies', async (t) => {
  const mock = await start(t)
  for (const [body, expected] of [
    ['{"auth\\u0074oken":"hunter2"}', '{"authtoken":"[redacted]"}'],
    ['{"password":"a","password":"hunter2"}', '{"password":"[redacted]"}'],
    ['{"password":"hunter2","password":{}}', '{"password":"[redacted]"}'],
    ['{"authorization":{"value":"hunter2"}}', '{"authorization":"[redacted]"}'],
    ['{"token":{"name":"Web","token":"hunter2"}}', '{"token":{"name":"Web","token":"[redacted]"}}'],
    [
      '{"tokens":[{"token":"hunter2"},"hunter2"],"count":2}',
      '{"tokens":[{"token":"[redacted]"},"[redacted]"],"count":2}',
    ],
    ['{"tokens":5,"errors":{"authtoken":["hunter2"]}}', '{"tokens":5,"errors":{"authtoken":"[redacted]"}}'],
    ['{"x":"{\\"token\\":\\"hunter2\\"}"}', '{"x":"{\\"token\\":\\"[redacted]\\"}"}'],
    ['{"x":"{\\"token\\":\\"hunter2 and"}', '{"x":"{\\"token\\":[redacted]"}'],
    ['{"authtoken=hunter2":1}', '{"authtoken=[redacted]":1}'],
    ['\ufeff{"password":"hunter2"}', '{"password":"[redacted]"}'],
    [
      'user[password]=hunter2&user[email]=o%40example.com',
      'user[password]=[redacted]&user[email]=o%40example.com',
    ],
    ['7', '7'],
  ] as const) {
    t.strictSame(await shown(mock, { body }), { query: '', body: expected, left_out: {} }, body)
  }
})

t.test('of a body that cannot be parsed only the length is kept', async (t) => {
  const mock = await start(t)
  for (const body of [
    '{"password":"hunter2"',
    '--x\r\ncontent-disposition: form-data; name="password"\r\n\r\nhunter2\r\n--x--\r\n',
    'hunter2',
    'authtoken=hunter2&{"',
    `${'['.repeat(101)}"hunter2"${']'.repeat(101)}`,
  ]) {
    t.strictSame(
      await shown(mock, { body }),
      { query: '', body: null, left_out: { request_body: body.length } },
      body,
    )
  }
})

t.test('answers: the envelope stays, the value goes, and messages by field stay', async (t) => {
  const mock = await start(t)
  const created = await mock.call('POST', `${DELIVERY}?create_with_preview_token=true`, {
    body: { token: { name: 'Web', scope: deliveryScope() } },
  })
  const { token, ...rest } = created.body as { token: Record<string, unknown> }
  const redacted = { ...token, token: '[redacted]', preview_token: '[redacted]' }
  t.strictSame(JSON.parse(mock.world.requests.list({}, 1)[0]?.response_body ?? ''), {
    ...rest,
    token: redacted,
  })
  await mock.call('GET', `${DELIVERY}?include_count=true`)
  t.strictSame(JSON.parse(mock.world.requests.list({}, 1)[0]?.response_body ?? ''), {
    tokens: [redacted],
    count: 1,
  })
  await mock.call('GET', DELIVERY, { as: null })
  t.strictSame(JSON.parse(mock.world.requests.list({}, 1)[0]?.response_body ?? ''), {
    error_message: "You're not allowed in here unless you're logged in.",
    error_code: 105,
    errors: { authtoken: ['is not valid.'] },
  })
})

t.test('paths, reasons and the names of what nothing read', async (t) => {
  const mock = await start(t)
  await mock.call('GET', '/v3/login;authtoken=hunter2')
  const [path] = mock.world.requests.list({}, 1)
  t.equal(path?.path, '/v3/login;authtoken=[redacted]')
  t.match(path?.reason, /^There is no call GET \/v3\/login;authtoken=\[redacted\]$/)
  await mock.call('POST', `${DELIVERY}?${encoded({ authtoken: 'hunter2' })}=1#password=hunter2`, {
    body: { token: {}, 'password=hunter2': 1 },
  })
  t.strictSame(mock.world.requests.list({}, 1)[0]?.unread, {
    fields: ['password=[redacted]'],
    parameters: ['{"authtoken":"[redacted]"}'],
  })
  t.notMatch(JSON.stringify(mock.world.requests.list()), /hunter2/)
})
