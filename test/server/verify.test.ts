import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { run } from '../../src/cli/commands.ts'
import { start } from '../support.ts'
import { type Answer, ENV, proxy, verified, virtualTime } from '../verification.ts'

/** A terminal on which somebody has typed a line. */
function terminalWith(input: string) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  stdin.end(input)
  return stdin
}

const demo = async (t: Test, profile: 'live' | 'documented' = 'live') =>
  (await start(t, { fixture: 'demo', profile })).world

t.test('another stack in the profile live is the same, and stays as it was', async (t) => {
  const mock = await demo(t)
  const before = mock.state()
  const { code, out, plan } = await verified(`${mock.url}/v3/`, { json: false })
  t.equal(code, 0)
  t.equal(
    out,
    `contentstack-tokens-mock 0.1.0, verify against the profile live
96 the same, 0 different, 7 left out

left out, because TOKENS_MOCK_VERIFY_MANAGEMENT_TOKEN is not set:
  management-token
  management-token-as-bearer
  management-token-on-tokens
  management-token-beside-unknown-authtoken

left out, because the refusal is not certain; --risky sends it:
  delivery-token-name-too-long
  management-token-expiry-invalid
  management-token-expiry-past
`,
  )
  t.match(
    plan,
    `verify sends 96 requests to the target, at most 5 a second, which takes about 20 seconds.
They change nothing: each one reads, names nothing that exists, or is refused. Marks say how that is known:
R recorded, A asserted by a vendor, D documented, I inferred, C chosen.

  delivery-tokens                            GET /v3/stacks/delivery_tokens?limit=10  reads
`,
  )
  t.match(plan, /^ {2}delivery-token-name-null +POST \/v3\/stacks\/delivery_tokens {2}refused \(A\)$/m)
  t.strictSame(mock.state(), before)
  const requests = mock.requests.list()
  t.equal(requests.length, 96)
  t.strictSame(
    requests.filter(({ method, status }) => method !== 'GET' && status < 400),
    [],
  )
})

t.test('the profile documented differs where the page does', async (t) => {
  const { code, differences, scenarios } = await verified((await demo(t, 'documented')).url)
  t.equal(code, 3)
  t.strictSame(differences, {
    'delivery-token': [
      { place: '/token', target: 'absent', mock: 'object' },
      { place: '/tokens', target: 'array', mock: 'absent' },
    ],
    'preview-token-deletion-unknown': [
      { place: 'status', target: '401', mock: '422' },
      {
        place: '/error_message',
        target: 'string "You\'re not allowed in here unless you\'re logged in."',
        mock: 'string "Delivery Token Not Found."',
      },
      { place: '/error_code', target: 'number "105"', mock: 'number "141"' },
      { place: '/errors/token', target: 'absent', mock: 'array "is not valid."' },
      { place: '/errors/authorization', target: 'array "is not valid."', mock: 'absent' },
    ],
  })
  t.equal(new Set(scenarios.map(({ id }) => id)).size, scenarios.length)
  for (const { id, request, expects, settles } of scenarios) {
    const isSure = !/[IC]/.test(expects.statusMark + expects.bodyMark)
    if ((settles === undefined) !== isSure) t.fail(`${id} says what it settles`)
    if (!request.startsWith('GET ') && request.includes('{')) t.fail(`${id} names nothing that exists`)
  }
})

type Body = Record<string, Record<string, unknown> & Record<string, unknown>[]> & Record<string, unknown>

const inBody =
  (change: (body: Body) => unknown) =>
  (answer: Answer): Answer => {
    const body = JSON.parse(answer.text) as Body
    change(body)
    return { ...answer, text: JSON.stringify(body) }
  }

const withoutHeader =
  (name: string) =>
  ({ headers, ...answer }: Answer): Answer => ({
    ...answer,
    headers: Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name)),
  })

/** A change to the response to a scenario, and the differences that it makes: place, target, mock. */
const DOCTORED: Record<string, [(answer: Answer) => Answer, ...[string, string, string][]]> = {
  stack: [
    inBody(({ stack }) => {
      delete stack?.['master_key']
    }),
    ['/stack/master_key', 'absent', 'string'],
  ],
  stacks: [
    inBody(({ stacks }) => {
      delete stacks?.[0]?.['uid']
    }),
    ['/stacks/*/uid', 'string, absent in some', 'string'],
  ],
  'stack-settings': [
    inBody((body) => {
      body['stack_settings'] = [] as never
    }),
    ['/stack_settings', 'array', 'object'],
  ],
  user: [
    inBody(({ user }) => Object.assign(user ?? {}, { active: 'yes' })),
    ['/user/active', 'string', 'boolean'],
  ],
  organization: [
    inBody(({ organization }) => Object.assign(organization ?? {}, { acme: 1, acme_too: 1, is_sso: null })),
    ['/organization/{unknown key}', 'number', 'absent'],
    ['/organization/{unknown key}', 'null', 'absent'],
  ],
  locales: [
    inBody((body) => {
      delete body['count']
    }),
    ['/count', 'absent', 'number'],
  ],
  environments: [
    inBody(({ environments }) =>
      environments?.map((environment) => Object.assign(environment, { tags: [] })),
    ),
    ['/environments/*/tags', 'array', 'absent'],
  ],
  environment: [
    inBody(({ environment }) => Object.assign(environment ?? {}, { _version: null })),
    ['/environment/_version', 'null', 'number'],
  ],
  'environment-by-uid': [
    inBody((body) => Object.assign(body, { error_code: 249 })),
    ['/error_code', 'number "249"', 'number "248"'],
  ],
  'environment-unknown': [(answer) => ({ ...answer, status: 404 }), ['status', '404', '422']],
  'environment-name-taken': [
    inBody((body) => Object.assign(body, { errors: { name: ["'production' already exists in Acme."] } })),
    ['/errors/name', 'array "\'…\' already exists in …"', 'array "is not unique."'],
  ],
  branch: [
    inBody(({ branch }) => Object.assign(branch ?? {}, { source: null })),
    ['/branch/source', 'null', 'string'],
  ],
  'branch-unknown': [
    inBody((body) => {
      delete body['errors']
    }),
    ['/errors', 'absent', 'object'],
  ],
  aliases: [(answer) => ({ ...answer, text: '{' }), ['', 'no JSON', 'object']],
  'api-key-missing': [
    inBody((body) => Object.assign(body, { error_message: 'The stack blt123 of Jane Doe was not found.' })),
    [
      '/error_message',
      'string "The stack … of … was not found."',
      'string "We can\'t find that Stack. Please try again."',
    ],
  ],
  'authtoken-missing': [withoutHeader('x-runtime'), ['header x-runtime', 'absent', 'present']],
  'authtoken-unknown': [(answer) => ({ ...answer, text: '<html>Jane</html>' }), ['', 'no JSON', 'object']],
  'login-without-body': [
    (answer) => ({
      ...answer,
      headers: { ...answer.headers, 'set-cookie': 'a=b', 'x-acme': 'c', date: 'd' },
    }),
    ['header set-cookie', 'present', 'absent'],
    ['header {unknown name}', 'present', 'absent'],
  ],
  'delivery-tokens-only-count': [
    inBody((body) => Object.assign(body, { tokens: '3' })),
    ['/tokens', 'string', 'number'],
  ],
  'preview-token-creation-unknown': [(answer) => ({ ...answer, text: '' }), ['', 'no JSON', 'object']],
  'delivery-token-name-missing': [
    inBody((body) => Object.assign(body, { errors: { 'token.name': ['is a required field.'] } })),
    ['/errors/name', 'absent', 'array "is a required field."'],
    ['/errors/token.name', 'array "is a required field."', 'absent'],
  ],
  'delivery-token-acl-write': [
    inBody((body) => Object.assign(body, { errors: { 'scope.acl': [] } })),
    ['/errors/scope.acl', 'array', 'array "is not valid."'],
  ],
  'management-token-fetch': [
    inBody(({ token }) => Object.assign(token ?? {}, { token: 'cs123', expires_on: 5 })),
    ['/token/expires_on', 'number', 'string'],
    ['/token/token', 'string', 'absent'],
  ],
  // The later creations are left out then.
  'management-token-acl-unknown': [(answer) => ({ ...answer, status: 201 }), ['status', '201', '422']],
  'method-unknown': [withoutHeader('allow'), ['header allow', 'absent', 'present']],
  'body-too-deep': [
    inBody((body) =>
      Object.assign(body, { error_message: 'The request body is nested too deeply. Maximum 50 levels.' }),
    ),
    [
      '/error_message',
      'string "The request body is nested too deeply. Maximum # levels.", with another number',
      'string "The request body is nested too deeply. Maximum # levels."',
    ],
  ],
}

/** Responses that say nothing about the emulation, but about the user's role or the scope of the management token. */
const FORBIDDEN: Record<string, (answer: Answer) => Answer> = {
  'management-tokens-negative-skip': () => ({ status: 403, headers: {}, text: '{"error_code":316}' }),
  'delivery-token-unknown': () => ({ status: 401, headers: {}, text: '{"error_code": 161}' }),
}

t.test('each doctored response is found, and nothing else', async (t) => {
  const mock = await demo(t)
  const ids: string[] = []
  const { url } = await proxy(t, mock, (answer, index) => {
    const id = ids[index] as string
    const change = FORBIDDEN[id] ?? DOCTORED[id]?.[0]
    return change ? change(answer) : answer
  })
  // The plan has the scenarios in the order of the requests. Without an answer, nothing is sent.
  const { plan } = await verified(mock.url, { stdin: terminalWith('') })
  ids.push(...[...plan.matchAll(/^ {2}(?!alias )(\S+)/gm)].map(([, id]) => id as string))
  const { code, differences, leftOut } = await verified(url)
  t.equal(code, 3)
  t.strictSame(
    leftOut.get('the credentials do not permit the call')?.map(({ id }) => id),
    ['delivery-token-unknown', 'management-tokens-negative-skip'],
  )
  t.strictSame(
    leftOut.get('the target showed no alias')?.map(({ id }) => id),
    ['alias'],
  )
  t.strictSame(
    leftOut.get('the target accepted an earlier write')?.map(({ id }) => id),
    ['management-token-branch-missing', 'management-token-expiry-and-module'],
  )
  t.strictSame(
    differences,
    Object.fromEntries(
      Object.entries(DOCTORED).map(([id, [, ...rows]]) => [
        id,
        rows.map(([place, target, mock]) => ({ place, target, mock })),
      ]),
    ),
  )
})

const CANARY = 'canary.name@canary.example/blt1a2b3c4d'
const CANARY_NUMBER = 8_675_309

/** Replaces every value by a canary, and adds a canary to the keys, or replaces them all. */
function withCanaries(value: unknown, areKeysReplaced: boolean): unknown {
  if (Array.isArray(value)) return value.map((inner) => withCanaries(inner, areKeysReplaced))
  if (typeof value === 'number') return CANARY_NUMBER
  if (typeof value === 'string') return `'${CANARY}' is not valid for "delivery" ${CANARY} ${CANARY_NUMBER}.`
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner], i) => [
    areKeysReplaced ? `${CANARY}${i}` : key,
    withCanaries(inner, areKeysReplaced),
  ])
  return Object.fromEntries([...entries, [CANARY, CANARY], ['canary_name', [{ [CANARY]: CANARY }]]])
}

t.test('no value, name or key of the target gets into the output', async (t) => {
  const mock = await demo(t)
  for (const areKeysReplaced of [false, true]) {
    const { url, seen } = await proxy(t, mock, ({ status, headers, text }) => ({
      status,
      headers: {
        ...Object.fromEntries(Object.keys(headers).map((name) => [name, CANARY])),
        'x-canary': CANARY,
        connection: 'keep-alive',
      },
      text: JSON.stringify(withCanaries(JSON.parse(text), areKeysReplaced)),
    }))
    const json = !areKeysReplaced
    const env = { ...ENV, TOKENS_MOCK_VERIFY_MANAGEMENT_TOKEN: 'canary_management_token' }
    const { code, out, plan, scenarios } = await verified(`${url}/canary`, { json, env })
    t.equal(code, 3)
    t.notMatch(out + plan, /canary|example|blt1a2b3c4d|8675309|127\.0\.0\.1|maya|blt4f8a/i)
    t.ok(seen.some((line) => line.startsWith('GET /canary/v3/')))
    if (areKeysReplaced) {
      t.match(out, /^ {2}\/\{unknown key\} +target: array; mock: absent$/m)
      continue
    }
    t.ok(
      seen.some((line) => line.includes('%40canary')),
      'a canary was found as a uid',
    )
    const said = scenarios.flatMap(({ differences }) => differences)
    t.ok(said.some(({ target }) => target === `string ${JSON.stringify('\'…\' is not valid for "…" … #.')}`))
    t.strictSame(
      [...new Set(said.map(({ mock }) => mock).filter((words) => words.includes('…')))].sort(),
      [
        'array "\'…\' branch was not found."',
        'array "\'…\' environment(s) not found."',
        'array "\'…\' is not valid."',
        'array "\'…\' was not found."',
        'array "… branch alias(es) not found."',
        'array "… branch(es) not found."',
        'string "Please set a valid \'…\' header"',
        'string "The Branch \'…\' was not found."',
      ],
      'the words of this project are known, but for what they quote',
    )
  }
})

t.test('a response that is deeply nested, has control characters, or never ends', async (t) => {
  const mock = await demo(t)
  const escapes = '\\u001b[2J\\u0007\\u009b'
  const texts = [
    `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    `{"error_message":"the ${escapes} token","${escapes}":1}`,
  ]
  const { url } = await proxy(t, mock, (answer, index) => ({ ...answer, text: texts[index] ?? answer.text }))
  const { code, out, differences } = await verified(url)
  t.equal(code, 3)
  t.match(differences, {
    'delivery-tokens': [{ place: '', target: 'no JSON', mock: 'object' }],
    stack: [
      { place: '/stack', target: 'absent', mock: 'object' },
      { place: '/error_message', target: 'string "the … token"', mock: 'absent' },
      { place: '/{unknown key}', target: 'number', mock: 'absent' },
    ],
  })
  t.notMatch(out, /(?!\n)\p{Cc}/u)
  const { url: endless } = await proxy(t, mock, (answer) => ({ ...answer, text: ' '.repeat(5 * 2 ** 20) }))
  t.equal((await verified(endless)).code, 'The target sends more than 4 MiB in one response. Check --target.')
  const { url: bare } = await proxy(t, mock, (answer, index) =>
    index === 1 ? { ...answer, status: 204, text: '' } : answer,
  )
  t.match((await verified(bare)).differences, { stack: [{ place: 'status', target: '204' }] })
})

t.test('at most five requests a second, and 429 is honored', async (t) => {
  const mock = await demo(t)
  const waits: Record<number, string> = { 2: '3', 3: '', 5: '9999', 7: 'soon' }
  const time = virtualTime()
  const times: number[] = []
  const end = new AbortController()
  const { url } = await proxy(t, mock, (answer, index) => {
    times.push(time.now())
    if (index === 9) end.abort()
    const wait = waits[index]
    return wait === undefined
      ? answer
      : { status: 429, headers: wait ? { 'retry-after': wait } : {}, text: '' }
  })
  await verified(url, { time, stop: end.signal })
  t.strictSame(times, [0, 200, 400, 3400, 4400, 4600, 64_600, 64_800, 65_800, 66_000])
  const { url: busy, seen } = await proxy(t, mock, (answer) => ({ ...answer, status: 429 }))
  t.equal((await verified(busy)).code, 'The target keeps responding with 429. Try again later.')
  t.equal(seen.length, 6)
})

t.test('a redirect is not followed', async (t) => {
  const elsewhere = await proxy(t, undefined, (answer) => answer)
  const { url, seen } = await proxy(t, undefined, (answer) => ({
    ...answer,
    status: 302,
    headers: { location: `${elsewhere.url}/v3/stacks/delivery_tokens` },
  }))
  t.equal(
    (await verified(url)).code,
    'The target refuses the first request with 302. Check --target, TOKENS_MOCK_VERIFY_API_KEY and TOKENS_MOCK_VERIFY_AUTHTOKEN.',
  )
  t.strictSame([seen.length, elsewhere.seen], [1, []])
})

t.test('a target that does not respond', async (t) => {
  const server = createServer((request) => request.socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  t.equal((await verified(`http://127.0.0.1:${port}`)).code, 'The target cannot be reached: UND_ERR_SOCKET.')
  // No browser and no fetch calls this port.
  t.equal((await verified('http://127.0.0.1:9')).code, 'The target cannot be reached: TypeError.')
})

t.test('asks on a terminal before it sends anything', async (t) => {
  for (const input of ['n\n', '\n', 'yet\n', '']) {
    const { code, plan } = await verified('http://127.0.0.1:9', { stdin: terminalWith(input) })
    t.equal(code, 2)
    t.match(plan, /\nSend these requests\? \(y\/N\) Nothing was sent\.\n$/)
  }
  const { url, seen } = await proxy(t, undefined, (answer) => ({ ...answer, status: 500 }))
  const refused = /^The target refuses the first request with 500\./
  t.match((await verified(url, { stdin: terminalWith('y\n') })).code, refused)
  t.match((await verified(url, { stdin: terminalWith(''), yes: true })).code, refused)
  t.equal(seen.length, 2)
})

t.test('stops when it is told to', async (t) => {
  const mock = await demo(t)
  const stop = new AbortController()
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  const asked = verified(mock.url, { stdin, stop: stop.signal })
  stop.abort()
  t.equal((await asked).code, 2)
  t.equal((await verified(mock.url, { stop: stop.signal })).code, 'Stopped before the end.')
  const sleeping = new AbortController()
  const time = virtualTime()
  const sleep = async () => {
    sleeping.abort()
    throw new Error('aborted')
  }
  const given = { stop: sleeping.signal, time: { ...time, pace: { now: () => 0, sleep } } }
  t.equal((await verified(mock.url, given)).code, 'Stopped before the end.')
  const waiting = new AbortController()
  const { url } = await proxy(t, mock, (answer) => {
    waiting.abort()
    return answer
  })
  t.equal((await verified(url, { stop: waiting.signal })).code, 'Stopped before the end.')
})

t.test('the command line', async (t) => {
  const mock = await demo(t)
  const execute = async (args: string[], env: NodeJS.ProcessEnv = ENV) => {
    const stdout = new PassThrough({ encoding: 'utf8' })
    const stderr = new PassThrough({ encoding: 'utf8' })
    const streams = { stdin: new PassThrough(), stdout, stderr, env, exit: () => {} }
    const code = await run(args, streams, new AbortController().signal)
    return [code, String(stdout.read() ?? ''), String(stderr.read() ?? '')]
  }
  const target = ['verify', '--target', mock.url]
  const cases: [string[], string, NodeJS.ProcessEnv?][] = [
    [['verify'], 'verify needs --target URL. See --help.'],
    [['verify', 'x'], "verify takes no arguments: 'x'. See --help."],
    [[...target, '--port', '1'], 'verify does not take --port. See --help.'],
    [['--yes'], '--yes is a flag of verify. See --help.'],
    [['verify', '--target', 'api'], '--target is not a URL. See --help.'],
    [
      ['verify', '--target', 'https://a:b@example.com'],
      '--target takes a URL without credentials, query or fragment. See --help.',
    ],
    [
      ['verify', '--target', 'http://example.com'],
      '--target needs https, except on this machine, because the requests carry credentials. See --help.',
    ],
    [
      [...target, '--risky', 'stack'],
      "--risky: 'stack' is not valid. Expected: delivery-token-name-too-long, management-token-expiry-invalid, management-token-expiry-past. See --help.",
    ],
    [
      target,
      'Unknown variable TOKENS_MOCK_VERIFY_APIKEY. Did you mean TOKENS_MOCK_VERIFY_API_KEY? See --help.',
      { TOKENS_MOCK_VERIFY_APIKEY: 'x' },
    ],
    [
      target,
      'Set TOKENS_MOCK_VERIFY_API_KEY to a value that a header can carry. Credentials are read from the environment only.',
      {},
    ],
    [
      target,
      'Set TOKENS_MOCK_VERIFY_MANAGEMENT_TOKEN to a value that a header can carry. Credentials are read from the environment only.',
      { ...ENV, TOKENS_MOCK_VERIFY_MANAGEMENT_TOKEN: 'secret\n' },
    ],
  ]
  for (const [args, message, env] of cases) t.strictSame(await execute(args, env), [2, '', `${message}\n`])
  const [code, out, plan] = await execute(target, { ...ENV, TOKENS_MOCK_VERIFY_AUTHTOKEN: 'wrong' })
  t.strictSame([code, out], [2, ''])
  t.match(plan, 'The target refuses the first request with 401.')
  t.strictSame(mock.requests.count(), 1)
  const { port } = new URL(mock.url)
  t.strictSame(
    await execute(['healthcheck', '--port', port]),
    [0, '', ''],
    'the server ignores the credentials',
  )
})
