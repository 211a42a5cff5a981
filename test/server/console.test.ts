import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { createTokensMock } from '../../src/index.ts'
import { API_KEY, DELIVERY, deliveryScope, start } from '../support.ts'

const BROWSER = {
  host: 'localhost',
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
}
const FILES = ['', '/app.js', '/app.css', '/icon.svg'].map((file) => `/_mock/console${file}`)

t.test('the console is a page that loads nothing but its own files', async (t) => {
  const { world } = await start(t)
  const page = await world.inject({ url: '/_mock/console', headers: { host: 'localhost' } })
  t.equal(page.statusCode, 200)
  t.match(page.headers, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  })
  const linked = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url)
  t.strictSame(linked.sort(), FILES.slice(1).sort())
  t.notMatch(page.body, /<style|style=| on\w+=|<script>/)
  const types: unknown[] = []
  for (const url of linked) {
    const { statusCode, headers } = await world.inject({ url, headers: { host: 'localhost' } })
    types.push([statusCode, headers['content-type']])
  }
  t.strictSame(types, [
    [200, 'text/css; charset=utf-8'],
    [200, 'text/javascript; charset=utf-8'],
    [200, 'image/svg+xml'],
  ])
})

t.test('the console takes at most 40 KB, compressed', async (t) => {
  const { world } = await start(t)
  let size = 0
  for (const url of FILES) {
    const plain = await world.inject({ url, headers: { host: 'localhost' } })
    const zipped = await world.inject({ url, headers: { host: 'localhost', 'accept-encoding': 'gzip, br' } })
    t.equal(plain.headers['content-encoding'], undefined)
    t.equal(zipped.headers['content-encoding'], 'gzip')
    t.strictSame(gunzipSync(zipped.rawPayload), plain.rawPayload)
    t.strictSame(zipped.rawPayload, gzipSync(plain.rawPayload))
    size += zipped.rawPayload.length
  }
  t.ok(size <= 40_000, `${size} bytes`)
})

t.test(
  'a browser that asks for / is sent to the console of its world, clients of the API are not',
  async (t) => {
    const { world } = await start(t)
    const get = async (url: string, headers: Record<string, string>) => {
      const { statusCode, headers: sent } = await world.inject({ url, headers })
      return [statusCode, sent.location]
    }
    t.strictSame(await get('/', BROWSER), [302, '/_mock/console'])
    t.strictSame(await get('/?a=b', BROWSER), [302, '/_mock/console'])
    t.strictSame(await get('/w/one', BROWSER), [302, '/w/one/_mock/console'])
    t.strictSame(await get('/w/one/', BROWSER), [302, '/w/one/_mock/console'])
    t.equal((await get('/w/one/_mock/console', BROWSER))[0], 200)
    t.strictSame(world.worlds(), ['default'], 'the page alone creates no world')
    t.equal(world.requests.count(), 0)
    for (const headers of [
      {},
      { accept: '*/*' },
      { accept: 'application/json, text/plain, */*' },
      { ...BROWSER, api_key: API_KEY },
      { ...BROWSER, authtoken: 'Your_Authtoken' },
      { ...BROWSER, authorization: 'your_management_token' },
      { ...BROWSER, access_token: 'cs_any' },
      { ...BROWSER, preview_token: 'cs_any' },
    ])
      t.strictSame(await get('/', { host: 'localhost', ...headers } as Record<string, string>), [
        404,
        undefined,
      ])
    t.strictSame(await get('/user', BROWSER), [401, undefined])
    const post = await world.inject({ method: 'POST', url: '/', headers: BROWSER })
    t.equal(post.statusCode, 404)
    t.equal(world.requests.count(), 10)
  },
)

t.test('the guard of the control API holds for the console', async (t) => {
  const { world } = await start(t)
  for (const headers of [{ host: 'evil.example' }, { host: 'localhost', origin: 'http://evil.example' }])
    for (const url of [...FILES, '/_mock/console/home'])
      t.equal((await world.inject({ url, headers })).statusCode, 403, url)
})

t.test('the journal and the fault rules leave out what the console sends', async (t) => {
  const { world, call } = await start(t)
  const headers = { 'x-mock-console': '1' }
  world.faults.set({ rules: [{ status: 503, times: 1 }] })
  t.equal((await call('GET', DELIVERY, { headers })).status, 200)
  const created = await call('POST', DELIVERY, {
    headers,
    body: { token: { name: 'Web', scope: deliveryScope() } },
  })
  t.equal(created.status, 201)
  t.equal(world.requests.count(), 0)
  t.equal((await call('GET', DELIVERY)).status, 503)
  t.equal((await call('GET', DELIVERY)).status, 200)
  t.strictSame(
    world.requests.list().map(({ status }) => status),
    [200, 503],
  )
})

t.test('without the console, its address is unknown', async (t) => {
  const mock = await createTokensMock({ console: false })
  t.teardown(() => mock.close())
  for (const url of [...FILES, '/_mock/console/home', '/'])
    t.equal((await mock.inject({ url, headers: BROWSER })).statusCode, 404, url)
})
