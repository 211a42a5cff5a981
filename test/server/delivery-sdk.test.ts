import { createRequire } from 'node:module'
import contentstack from '@contentstack/delivery-sdk'
import t from 'tap'
import { createTokensMock } from '../../src/index.ts'
import { connect } from '../official-client.ts'
import { API_KEY } from '../support.ts'

// The vendor's clients of the delivery and preview APIs, as npm installs them, over a real port and in a world. Over HTTPS,
// under the service's own names: test/delivery-clients.mjs.

// Of its types, the part that is used.
interface Classic {
  config: { version: string }
  setHost(host: string): void
  setProtocol(protocol: string): void
  setPort(port: number): void
  livePreviewQuery(query: object): void
  ContentType(uid: string): {
    Query(): { toJSON(): { find(): Promise<{ title: string }[][]> } }
    Entry(uid: string): { toJSON(): { fetch(): Promise<{ title: string }> } }
  }
}
const classic = createRequire(import.meta.url)('contentstack') as { Stack(options: object): Classic }

const WELCOME = 'blta1f0c2d4e6b80001'
const TOKENS = 'blta1f0c2d4e6b80002'
const IDEA = 'blta1f0c2d4e6b80003'
const scope = [
  { module: 'environment', environments: ['production'], acl: { read: true } },
  { module: 'branch', branches: ['main'], acl: { read: true } },
]
const options = { apiKey: API_KEY, environment: 'production' }
interface Titled {
  title: string
}

/** The status and code of what a client throws. */
const failure = async (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('The call did not fail.')
    },
    ({ status, error_code }) => [status, error_code],
  )

t.test('the delivery client reads with a token that was just made, until it is deleted', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'documentation', profile: 'live' })
  const { url } = mock.world('one')
  const stack = connect(url)
  const made = await stack.deliveryToken().create({ token: { name: 'Client', scope } })
  const reader = (more = {}) =>
    contentstack
      .stack({ ...options, deliveryToken: made.token, endpoint: `${url}/v3`, ...more })
      .contentType('article')
  const found = (await reader().entry().includeCount().find<Titled>()) as { entries: Titled[]; count: number }
  t.strictSame([found.count, ...found.entries.map(({ title }) => title)], [2, 'Tokens', 'Welcome'])
  t.equal((await reader().entry(WELCOME).fetch<Titled>()).title, 'Welcome')
  t.equal((await reader({ branch: 'deploy' }).entry(WELCOME).fetch<Titled>()).title, 'Welcome')
  t.strictSame((await reader().entry().locale('de-de').find<Titled>()).entries, [])
  t.equal((await reader().fetch<Titled>()).title, 'Article')
  for (const [read, status, code] of [
    [() => reader().entry(IDEA).fetch(), 422, 141],
    [() => reader({ branch: 'development' }).entry().find(), 422, 901],
    [() => reader({ environment: 'staging' }).entry().find(), 422, 141],
    [() => reader({ apiKey: 'bltnone' }).entry().find(), 412, 109],
  ] as const)
    t.strictSame(await failure(read()), [status, code])
  await stack.deliveryToken(made.uid).delete()
  // It retries a 401 four times, and then reports no status: the reason stands in the journal.
  t.strictSame(await failure(reader().entry().find()), [0, 'UNKNOWN_ERROR'])
  t.match(mock.world('one').requests.list()[0], {
    status: 401,
    reason: 'The stack has no such delivery token. It may have been deleted.',
  })
})

t.test('the classic client reads and previews', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'documentation', profile: 'live' })
  const { url } = mock.world('two')
  const { host, hostname, port } = new URL(url)
  const stack = connect(url)
  const made = await stack.deliveryToken().create({ token: { name: 'Client', scope } })
  const { preview_token: previewToken } = await stack.deliveryToken(made.uid).previewToken().create()
  const reader = (more = {}) => {
    const made = classic.Stack({
      api_key: API_KEY,
      environment: 'production',
      fetchOptions: { retryLimit: 0 },
      ...more,
    })
    made.setProtocol('http')
    made.setHost(hostname)
    made.setPort(Number(port))
    made.config.version = 'w/two/v3'
    return made
  }
  const delivered = reader({ delivery_token: made.token })
  const [entries = []] = await delivered.ContentType('article').Query().toJSON().find()
  t.strictSame(
    entries.map(({ title }) => title),
    ['Tokens', 'Welcome'],
  )
  const previewed = reader({
    delivery_token: made.token,
    live_preview: { enable: true, preview_token: previewToken, host },
  })
  previewed.livePreviewQuery({ live_preview: 'hash', content_type_uid: 'article', entry_uid: TOKENS })
  const draft = await previewed.ContentType('article').Entry(TOKENS).toJSON().fetch()
  t.equal(draft.title, 'Tokens, explained')
  await stack.deliveryToken(made.uid).delete()
  t.strictSame(await failure(delivered.ContentType('article').Query().toJSON().find()), [401, 105])
})
