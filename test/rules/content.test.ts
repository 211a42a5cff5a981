import t, { type Test } from 'tap'
import type { Fixture } from '../../src/index.ts'
import {
  ALIASES,
  API_KEY,
  BRANCHES,
  DELIVERY,
  ENVIRONMENTS,
  MANAGEMENT,
  type Mock,
  start,
} from '../support.ts'

const branch = (...branches: string[]) => ({ module: 'branch', branches, acl: { read: true } })
const environment = (...environments: string[]) => ({
  module: 'environment',
  environments,
  acl: { read: true },
})
const alias = (...names: string[]) => ({ module: 'branch_alias', branch_aliases: names, acl: { read: true } })

type Stack = Fixture['stacks'][number]

/**
 * A stack with two environments, a content type and entries, and a delivery token for production on main.
 *
 * @param changes what the stack has instead
 */
async function startWithContent(t: Test, changes: Partial<Stack> = {}): Promise<Mock> {
  const mock = await start(t)
  const state = withContent(mock.world.state())
  const [stack, ...others] = state.stacks as [Stack, ...Stack[]]
  mock.world.load({ ...state, stacks: [{ ...stack, ...changes }, ...others] })
  return mock
}

function withContent(state: Fixture): Fixture {
  const [stack, ...others] = state.stacks as [Stack, ...Stack[]]
  return {
    ...state,
    stacks: [
      {
        ...stack,
        content_types: [{ uid: 'page', title: 'Page' }],
        entries: [
          {
            content_type: 'page',
            uid: 'blt01',
            fields: { title: 'Home' },
            draft: { title: 'New home', extra: 1 },
          },
          { content_type: 'page', uid: 'blt02', fields: { title: 'Staged' }, environments: ['staging'] },
          { content_type: 'page', uid: 'blt03', fields: { title: 'Idea' }, environments: [] },
          { content_type: 'page', uid: 'blt04', fields: { title: 'Dev' }, branches: ['development'] },
          { content_type: 'page', uid: 'blt01', fields: { title: 'Start' }, locale: 'de-de' },
        ],
        delivery_tokens: [
          {
            name: 'Web',
            token: 'cs_web',
            preview_token: 'cs_preview',
            scope: [environment('production'), branch('main')],
          },
        ],
      },
      ...others,
    ],
  }
}

const ENTRIES = '/v3/content_types/page/entries'

/** Reads without an authtoken. */
const read = (mock: Mock, url: string, headers: Record<string, string>) =>
  mock.call('GET', url, { as: null, headers })
const deliver = (mock: Mock, url: string, headers = {}) =>
  read(mock, url, { access_token: 'cs_web', ...headers })
const preview = (mock: Mock, url: string, headers = {}) =>
  read(mock, url, { preview_token: 'cs_preview', access_token: 'cs_web', live_preview: 'hash', ...headers })

/** The uids and titles of a list of entries. */
const titles = (body: unknown) =>
  (body as { entries: { uid: string; title: string }[] }).entries.map(({ uid, title }) => `${uid} ${title}`)

async function refuses(
  t: Test,
  called: ReturnType<typeof read>,
  status: number,
  body: object,
  reason: string,
): Promise<void> {
  const found = await called
  t.equal(found.status, status, reason)
  t.strictSame(found.body, body)
  t.equal(found.response.headers['x-mock-reason'], reason)
}

const notLoggedIn = (header: string) => ({
  error_message: "You're not allowed in here unless you're logged in.",
  error_code: 105,
  errors: { [header]: ['is not valid.'] },
})
const noSuchObject = (field: string) => ({
  error_message: "The requested object doesn't exist.",
  error_code: 141,
  errors: { [field]: ['is not valid.'] },
})
const branchDenied = (words: string) => ({
  error_message: `Access denied. You have insufficient permissions to perform operation on this ${words}.`,
  error_code: 901,
})
const noBranch = (name: string, kind = 'delivery') =>
  `The ${kind} token's scope names neither the branch '${name}' nor an alias for it.`

t.test('a delivery token reads what its environment publishes', async (t) => {
  const mock = await startWithContent(t)
  const { owner, environments = [] } = mock.world.state().stacks[0] as Stack
  const ownerUid = mock.world.state().users.find(({ email }) => email === owner)?.uid
  const production = environments.find(({ name }) => name === 'production')?.uid
  const entry = {
    title: 'Home',
    uid: 'blt01',
    locale: 'en-us',
    _version: 1,
    ACL: {},
    _in_progress: false,
    created_at: '2024-01-01T00:00:00.000Z',
    created_by: ownerUid,
    updated_at: '2024-01-01T00:00:00.000Z',
    updated_by: ownerUid,
    tags: [],
    publish_details: {
      environment: production,
      locale: 'en-us',
      time: '2024-01-01T00:00:00.000Z',
      user: ownerUid,
    },
  }
  for (const prefix of ['/v3', '']) {
    const url = `${prefix}/content_types/page/entries`
    t.strictSame((await deliver(mock, `${url}?environment=production&include_count=true`)).body, {
      entries: [entry],
      count: 1,
    })
    t.strictSame((await deliver(mock, `${url}/blt01?environment=production`)).body, { entry })
  }
  const contentType = {
    created_at: '2024-01-01T00:00:00.000Z',
    updated_at: '2024-01-01T00:00:00.000Z',
    title: 'Page',
    uid: 'page',
    _version: 1,
    inbuilt_class: false,
    schema: [],
    description: '',
    maintain_revisions: true,
    options: { is_page: false, singleton: false, title: 'title', sub_title: [] },
  }
  t.strictSame((await deliver(mock, '/v3/content_types?include_count=true')).body, {
    content_types: [contentType],
    count: 1,
  })
  t.strictSame((await deliver(mock, '/v3/content_types/page')).body, { content_type: contentType })
  t.strictSame((await deliver(mock, '/v3/assets')).body, { assets: [] })
  const { headers } = (await deliver(mock, ENTRIES)).response
  t.equal(headers['access-control-allow-origin'], '*')
  t.notOk('x-ratelimit-remaining' in headers, 'the delivery host has no rate limit')
})

t.test('what a read asks for', async (t) => {
  const mock = await startWithContent(t)
  const asked = async (query: string) => titles((await deliver(mock, `${ENTRIES}?${query}`)).body)
  t.strictSame(await asked('environment=production'), ['blt01 Home'])
  t.strictSame(await asked('locale=de-de'), ['blt01 Start'])
  t.strictSame(await asked('locale=fr-fr'), [])
  t.strictSame(await asked('query={"title":"Home"}'), ['blt01 Home'])
  t.strictSame(await asked('query={"title":"Away"}'), [])
  t.strictSame(await asked('skip=1'), [])
  t.strictSame(await asked('limit=0'), [])
  t.strictSame((await deliver(mock, `${ENTRIES}?limit=x`)).body, {
    error_message: 'Content fetch failed. Please try again.',
    error_code: 141,
    errors: { params: ['has an invalid operation.'] },
  })
  await deliver(mock, `${ENTRIES}?environment=production&include[]=author&asc=title`)
  t.strictSame(mock.world.requests.list()[0]?.unread, { fields: [], parameters: ['include[]', 'asc'] })
})

t.test('a page has at most 100 entries, also where more are asked for', async (t) => {
  const entries = Array.from({ length: 101 }, (_, i) => ({
    content_type: 'page',
    fields: { title: `Page ${i}` },
  }))
  const mock = await startWithContent(t, { entries })
  for (const query of ['limit=101', 'limit=1000', 'skip=0']) {
    const { entries } = (await deliver(mock, `${ENTRIES}?${query}`)).body as { entries: unknown[] }
    t.equal(entries.length, 100, query)
  }
  t.strictSame(titles((await deliver(mock, `${ENTRIES}?skip=100`)).body).length, 1)
})

t.test('refuses a token that is unknown, deleted, of the wrong kind or of another stack', async (t) => {
  const mock = await startWithContent(t)
  const state = mock.world.state()
  const other = {
    ...(state.stacks[0] as Stack),
    api_key: 'blt_other',
    uid: 'blt_uid',
    name: 'Other',
  }
  const scope = [environment('production'), branch('main')]
  mock.world.load({
    ...state,
    stacks: [
      ...state.stacks,
      {
        ...other,
        delivery_tokens: [{ name: 'Other', token: 'cs_other', preview_token: 'cs_others', scope }],
        management_tokens: [],
      },
    ],
  })
  const gone = 'The stack has no such delivery token. It may have been deleted.'
  for (const [value, reason] of [
    ['cs_unknown', gone],
    ['cs_preview', 'The header access_token holds a preview token.'],
    ['cs_other', 'The header access_token holds a delivery token of another stack.'],
    ['Your_Authtoken', 'The header access_token holds an authtoken.'],
  ] as const)
    await refuses(t, read(mock, ENTRIES, { access_token: value }), 401, notLoggedIn('access_token'), reason)
  for (const [value, reason] of [
    ['cs_unknown', 'The stack has no such preview token. It may have been deleted.'],
    ['cs_web', 'The header preview_token holds a delivery token.'],
    ['cs_others', 'The header preview_token holds a preview token of another stack.'],
  ] as const) {
    const called = read(mock, ENTRIES, { preview_token: value, live_preview: 'x' })
    await refuses(t, called, 401, notLoggedIn('preview_token'), reason)
    t.notOk('access-control-allow-origin' in (await called).response.headers, 'without CORS')
  }
  const [web] = mock.world.state().stacks[0]?.delivery_tokens ?? []
  t.equal((await deliver(mock, ENTRIES)).status, 200)
  await mock.call('DELETE', `${DELIVERY}/${web?.uid}?force=true`)
  await refuses(t, deliver(mock, ENTRIES), 401, notLoggedIn('access_token'), gone)
  await refuses(
    t,
    preview(mock, ENTRIES),
    401,
    notLoggedIn('preview_token'),
    'The stack has no such preview token. It may have been deleted.',
  )
  await refuses(
    t,
    mock.call('GET', ENTRIES, { as: null, apiKey: 'blt_nobody', headers: { access_token: 'cs_web' } }),
    412,
    {
      error_message: "We can't find that Stack. Please try again.",
      error_code: 109,
      errors: { api_key: ['is not valid.'] },
    },
    "No stack has the api_key 'blt_nobody'.",
  )
})

t.test('an environment outside the scope, unknown, renamed or deleted', async (t) => {
  const mock = await startWithContent(t)
  const outside = "token's scope does not name the environment 'staging'."
  await refuses(
    t,
    deliver(mock, `${ENTRIES}?environment=staging`),
    422,
    noSuchObject('environment'),
    `The delivery ${outside}`,
  )
  await refuses(
    t,
    preview(mock, `${ENTRIES}?environment=staging`),
    403,
    {
      error_message: 'Access denied. You have insufficient permissions to perform this operation.',
      error_code: 162,
    },
    `The preview ${outside}`,
  )
  const unknown = (name: string) =>
    `The stack has no environment '${name}'. It may have been deleted or renamed.`
  for (const call of [deliver, preview])
    await refuses(
      t,
      call(mock, `${ENTRIES}?environment=nowhere`),
      422,
      noSuchObject('environment'),
      unknown('nowhere'),
    )
  await mock.call('PUT', `${ENVIRONMENTS}/production`, { body: { environment: { name: 'live' } } })
  await refuses(
    t,
    deliver(mock, `${ENTRIES}?environment=production`),
    422,
    noSuchObject('environment'),
    unknown('production'),
  )
  t.strictSame(titles((await deliver(mock, `${ENTRIES}?environment=live`)).body), ['blt01 Home'])
  await mock.call('DELETE', `${ENVIRONMENTS}/live`)
  const reason = (kind: string) =>
    `The ${kind} token no longer works: its scope names no environment that exists.`
  await refuses(t, deliver(mock, ENTRIES), 401, notLoggedIn('access_token'), reason('delivery'))
  await refuses(t, preview(mock, ENTRIES), 401, notLoggedIn('preview_token'), reason('preview'))
})

t.test('without an environment, a token reads all of its environments', async (t) => {
  const mock = await startWithContent(t)
  const [web] = mock.world.state().stacks[0]?.delivery_tokens ?? []
  await mock.call('PUT', `${DELIVERY}/${web?.uid}`, {
    body: { token: { scope: [environment('production', 'staging'), branch('main')] } },
  })
  t.strictSame(titles((await deliver(mock, ENTRIES)).body), ['blt02 Staged', 'blt01 Home'])
  t.strictSame(titles((await deliver(mock, `${ENTRIES}?environment=`)).body), ['blt02 Staged', 'blt01 Home'])
  t.strictSame(titles((await deliver(mock, `${ENTRIES}?environment=staging`)).body), [
    'blt02 Staged',
    'blt01 Home',
  ])
  await mock.call('DELETE', `${ENVIRONMENTS}/staging`)
  t.strictSame(titles((await deliver(mock, ENTRIES)).body), ['blt01 Home'])
  t.strictSame(mock.world.state().stacks[0]?.entries?.[1]?.environments, [])
})

t.test('branches and aliases', async (t) => {
  const mock = await startWithContent(t)
  const on = (name: string) => deliver(mock, ENTRIES, { branch: name })
  t.strictSame(titles((await on('main')).body), ['blt01 Home'])
  t.strictSame(titles((await on('deploy')).body), ['blt01 Home'], 'an alias of a branch in the scope')
  for (const name of ['development', 'nowhere'])
    await refuses(t, on(name), 422, branchDenied(`branch '${name}'`), noBranch(name))
  await refuses(
    t,
    preview(mock, ENTRIES, { branch: 'development' }),
    422,
    branchDenied("branch 'development'"),
    noBranch('development', 'preview'),
  )
  const [web] = mock.world.state().stacks[0]?.delivery_tokens ?? []
  await mock.call('PUT', `${DELIVERY}/${web?.uid}`, {
    body: { token: { scope: [environment('production'), alias('deploy')] } },
  })
  await refuses(t, deliver(mock, ENTRIES), 422, branchDenied("branch 'main'"), noBranch('main'))
  await refuses(
    t,
    on('release'),
    422,
    branchDenied('branch alias'),
    "The delivery token's scope names neither the alias 'release' nor its branch 'main'.",
  )
  t.strictSame(titles((await on('deploy')).body), ['blt01 Home'])
  await mock.call('PUT', `${ALIASES}/deploy`, { body: { branch_alias: { target_branch: 'development' } } })
  t.strictSame(titles((await on('deploy')).body), ['blt04 Dev', 'blt01 Home'], 'the alias was moved')
  await mock.call('DELETE', `${ALIASES}/deploy?force=true`)
  await refuses(t, on('deploy'), 422, branchDenied("branch 'deploy'"), noBranch('deploy'))
})

t.test('a new branch has the content of its source, until it is deleted', async (t) => {
  const mock = await startWithContent(t)
  await mock.call('POST', BRANCHES, { body: { branch: { uid: 'next', source: 'development' } } })
  const entries = () => mock.world.state().stacks[0]?.entries?.[3]?.branches
  t.strictSame(entries(), ['development', 'next'])
  const onNext = () => mock.call('GET', ENTRIES, { headers: { branch: 'next' } })
  t.strictSame(titles((await onNext()).body)[0], 'blt04 Dev')
  await mock.call('DELETE', `${BRANCHES}/next?force=true`)
  t.strictSame(entries(), ['development'])
})

t.test('a stack without branches needs none', async (t) => {
  const mock = await startWithContent(t, {
    branches: [],
    branch_aliases: [],
    management_tokens: [],
    entries: [{ content_type: 'page', uid: 'blt01', fields: { title: 'Home' } }],
    delivery_tokens: [{ name: 'Web', token: 'cs_web', scope: [environment('production')] }],
  })
  t.strictSame(titles((await deliver(mock, ENTRIES, { branch: 'any' })).body), ['blt01 Home'])
  await refuses(
    t,
    deliver(mock, `${ENTRIES}/blt09`),
    422,
    noSuchObject('uid'),
    "The content type 'page' has no entry 'blt09' in the locale 'en-us' that is published in the environment.",
  )
})

t.test('a stack whose branches lack main', async (t) => {
  const mock = await startWithContent(t, {
    branches: [{ uid: 'development' }],
    branch_aliases: [],
    delivery_tokens: [],
    management_tokens: [],
    entries: [],
  })
  const { status, body } = await mock.call('GET', ENTRIES)
  t.equal(status, 422)
  t.strictSame(body, { error_message: "The Branch 'main' was not found.", error_code: 900 })
})

t.test('a scope without read access opens nothing', async (t) => {
  const mock = await startWithContent(t)
  const scope = [{ ...environment('production'), acl: { read: false } }, branch('main')]
  const { body } = await mock.call('POST', DELIVERY, { body: { token: { name: 'Shut', scope } } })
  const { token } = (body as { token: { token: string } }).token
  await refuses(
    t,
    read(mock, ENTRIES, { access_token: token }),
    401,
    notLoggedIn('access_token'),
    'The delivery token no longer works: its scope names no environment that exists.',
  )
})

t.test('unknown content', async (t) => {
  const mock = await startWithContent(t)
  const noType = {
    error_message: "The Content Type 'none' was not found. Please try again.",
    error_code: 118,
    errors: { uid: ['is not valid.'] },
  }
  for (const path of ['none', 'none/entries', 'none/entries/blt01'])
    await refuses(
      t,
      deliver(mock, `/v3/content_types/${path}`),
      422,
      noType,
      "The stack has no content type 'none'.",
    )
  const noEntry = (uid: string, end: string) =>
    `The content type 'page' has no entry '${uid}' in the locale 'en-us' and the branch 'main'${end}`
  const unpublished = ' that is published in the environment.'
  for (const uid of ['none', 'blt02', 'blt03', 'blt04'])
    await refuses(t, deliver(mock, `${ENTRIES}/${uid}`), 422, noSuchObject('uid'), noEntry(uid, unpublished))
  await refuses(t, preview(mock, `${ENTRIES}/blt04`), 422, noSuchObject('uid'), noEntry('blt04', '.'))
})

t.test('the preview host shows drafts over what is published', async (t) => {
  const mock = await startWithContent(t)
  t.strictSame(titles((await preview(mock, `${ENTRIES}?environment=production`)).body), [
    'blt03 Idea',
    'blt02 Staged',
    'blt01 New home',
  ])
  const draft = (await preview(mock, '/content_types/page/entries/blt01')).body as { entry: object }
  t.match(draft.entry, { title: 'New home', extra: 1, publish_details: { locale: 'en-us' } })
  const idea = (await preview(mock, `${ENTRIES}/blt03`)).body as { entry: object }
  t.notOk('publish_details' in idea.entry, 'it is not published')
  t.strictSame(titles((await preview(mock, `${ENTRIES}?query={"title":"Home"}`)).body), [])
})

t.test('the preview host needs a hash or a timestamp', async (t) => {
  const mock = await startWithContent(t)
  const asked = (query: string, headers = {}) =>
    read(mock, `${ENTRIES}${query}`, { preview_token: 'cs_preview', ...headers })
  for (const query of ['', '?live_preview='])
    await refuses(
      t,
      asked(query),
      400,
      { error_message: 'Please provide live preview hash in request', error_code: 382 },
      'Send the header or the parameter live_preview. Any value will do.',
    )
  t.equal((await asked('?live_preview=any')).status, 200)
  t.equal((await asked('?preview_timestamp=2026-01-01T00:00:00.000Z')).status, 200)
  t.equal((await asked('', { preview_timestamp: '2026-01-01T00:00:00.000Z' })).status, 200)
})

t.test('without such a token, the management API reads the latest versions', async (t) => {
  const mock = await startWithContent(t)
  const asUser = async (query = '') =>
    titles((await mock.call('GET', `${ENTRIES}${query}`, { as: 'content_manager' })).body)
  t.strictSame(await asUser(), ['blt03 Idea', 'blt02 Staged', 'blt01 New home'])
  t.strictSame(await asUser('?environment=production'), ['blt01 Home'])
  await refuses(
    t,
    mock.call('GET', `${ENTRIES}?environment=nowhere`),
    422,
    noSuchObject('environment'),
    "The stack has no environment 'nowhere'. It may have been deleted or renamed.",
  )
  await refuses(
    t,
    mock.call('GET', ENTRIES, { headers: { branch: 'nowhere' } }),
    422,
    { error_message: "The Branch 'nowhere' was not found.", error_code: 900 },
    "The header branch names 'nowhere', which is neither a branch nor an alias of the stack.",
  )
  const { entry } = (await mock.call('GET', `${ENTRIES}/blt01`)).body as { entry: object }
  t.notOk('publish_details' in entry)
  const outsider = await mock.call('GET', ENTRIES, { as: 'outsider' })
  t.equal(outsider.status, 412)
  await refuses(t, read(mock, ENTRIES, {}), 401, notLoggedIn('authtoken'), 'The header authtoken is missing.')
})

t.test('a management token reads by its modules, in its branches, until it expires', async (t) => {
  const mock = await startWithContent(t)
  const made = async (...scope: object[]) => {
    const { body } = await mock.call('POST', MANAGEMENT, {
      body: { token: { name: 'M', scope, expires_on: '2026-02-01' } },
    })
    return (body as { token: { token: string } }).token.token
  }
  const module = (name: string) => ({ module: name, acl: { read: true } })
  const types = await made(module('content_type'), branch('main'))
  const entries = await made(module('entry'), branch('development'))
  const by = (authorization: string, url: string, headers = {}) =>
    read(mock, url, { authorization, ...headers })
  t.equal((await by(types, '/v3/content_types?limit=1')).status, 200)
  const denied = {
    error_message: 'Access denied. You have insufficient permissions to perform this operation.',
    error_code: 161,
  }
  await refuses(
    t,
    by(types, ENTRIES),
    401,
    denied,
    "The management token's scope does not let it read the module entry.",
  )
  await refuses(
    t,
    by(entries, '/v3/content_types/page'),
    401,
    denied,
    "The management token's scope does not let it read the module content_type.",
  )
  await refuses(t, by(entries, ENTRIES), 422, branchDenied("branch 'main'"), noBranch('main', 'management'))
  t.strictSame(titles((await by(entries, ENTRIES, { branch: 'development' })).body)[0], 'blt04 Dev')
  mock.clock.set('2026-02-01T00:00:00.000Z')
  await refuses(
    t,
    by(types, '/v3/content_types'),
    401,
    notLoggedIn('authorization'),
    'The management token expired on 2026-02-01.',
  )
})

t.test("on one of the service's hosts, only that host's credential counts", async (t) => {
  const mock = await startWithContent(t)
  const all = {
    authtoken: 'Your_Authtoken',
    access_token: 'cs_web',
    preview_token: 'cs_preview',
    live_preview: 'x',
  }
  const at = async (host: string, headers: Record<string, string> = all) => {
    const { status, body } = await read(mock, `${ENTRIES}/blt01`, { host, ...headers })
    return status === 200
      ? Object.keys((body as { entry: object }).entry).length
      : Object.keys((body as { errors: object }).errors)
  }
  const [managementKeys, deliveryKeys, previewKeys] = [12, 12, 13]
  for (const [host, keys, header] of [
    ['api.contentstack.io', managementKeys, 'authtoken'],
    ['eu-api.contentstack.com', managementKeys, 'authtoken'],
    ['cdn.contentstack.io', deliveryKeys, 'access_token'],
    ['CDN.contentstack.io:443', deliveryKeys, 'access_token'],
    ['azure-na-cdn.contentstack.com', deliveryKeys, 'access_token'],
    ['rest-preview.contentstack.com', previewKeys, 'preview_token'],
    ['gcp-eu-rest-preview.contentstack.com', previewKeys, 'preview_token'],
    ['cdn.contentstack.io.example.com', previewKeys, undefined],
  ] as const) {
    t.equal(await at(host), keys, host)
    if (header === undefined) continue
    t.strictSame(await at(host, {}), [header], `${host} without a credential`)
    const { [header]: _missing, ...others } = all
    t.strictSame(await at(host, others), [header], `${host} with the others`)
  }
})

t.test('a fault rule stubs what is not served, behind the same access check', async (t) => {
  const mock = await startWithContent(t)
  mock.world.faults.set({
    rules: [{ match: { path: '/stacks/sync' }, after_permit: true, status: 200, body: { items: [] } }],
  })
  t.strictSame((await deliver(mock, '/v3/stacks/sync?init=true')).body, { items: [] })
  t.strictSame((await read(mock, '/v3/stacks/sync', { access_token: 'none' })).status, 401)
  t.strictSame((await preview(mock, '/stacks/sync')).body, { items: [] })
  t.equal((await mock.call('GET', '/v3/stacks/sync')).status, 200)
})

t.test('a token that was just made reads at once, in its own world', async (t) => {
  const mock = await startWithContent(t)
  const world = mock.world.world('other')
  world.load(mock.world.state())
  const scope = [environment('production'), branch('main')]
  const { body } = await mock.call('POST', `/w/other${DELIVERY}?create_with_preview_token=true`, {
    body: { token: { name: 'New', scope } },
  })
  const { token } = body as { token: { token: string; uid: string; preview_token: string } }
  const reads = async (prefix: string) =>
    (await read(mock, `${prefix}${ENTRIES}`, { access_token: token.token })).status
  t.equal(await reads('/w/other'), 200)
  t.equal(await reads(''), 401)
  await mock.call('DELETE', `/w/other${DELIVERY}/${token.uid}/preview_token`)
  const previewed = await read(mock, `/w/other${ENTRIES}`, {
    preview_token: token.preview_token,
    live_preview: 'x',
  })
  t.equal(previewed.status, 401)
})

t.test('the journal names the credential of a read', async (t) => {
  const mock = await startWithContent(t)
  await deliver(mock, ENTRIES)
  await preview(mock, ENTRIES)
  await read(mock, ENTRIES, {})
  t.strictSame(
    mock.world.requests.list().map(({ credential }) => credential),
    ['none', 'preview_token', 'access_token'],
  )
})

t.test('content is in the state, and survives copies of it', async (t) => {
  const mock = await startWithContent(t)
  const state = mock.world.state()
  t.match(state.stacks[0]?.entries?.[0], {
    fields: { title: 'Home' },
    draft: { title: 'New home', extra: 1 },
  })
  t.strictSame(state.stacks[0]?.entries?.[1]?.environments, ['staging'])
  mock.world.snapshot('a')
  await mock.call('DELETE', `${ENVIRONMENTS}/staging`)
  mock.world.restore('a')
  t.strictSame(mock.world.state(), state)
  mock.world.load(state)
  t.strictSame(mock.world.state(), state)
  await mock.call('DELETE', '/v3/stacks')
  t.strictSame(
    mock.world.state().stacks.filter(({ api_key }) => api_key === API_KEY),
    [],
  )
})

t.test('introspection says what a token is, what it may read, and what it did', async (t) => {
  const mock = await startWithContent(t)
  const [web] = mock.world.state().stacks[0]?.delivery_tokens ?? []
  await deliver(mock, ENTRIES)
  await deliver(mock, `${ENTRIES}?environment=nowhere`)
  const { body: made } = await mock.call('POST', MANAGEMENT, {
    body: {
      token: {
        name: 'M',
        expires_on: '2026-01-02',
        scope: [{ module: 'entry', acl: { read: true, write: true } }, branch('main'), alias('deploy')],
      },
    },
  })
  const { token: management } = made as { token: { uid: string; token: string } }
  const common = {
    uid: web?.uid,
    name: 'Web',
    stack: API_KEY,
    scope: 'environment:production branch:main',
    iat: 1704067200,
  }
  const delivery = {
    active: true,
    token_type: 'delivery',
    ...common,
    uses: 2,
    last_used_at: '2026-01-01T00:00:00.000Z',
  }
  const previewing = { active: true, token_type: 'preview', ...common, uses: 0, last_used_at: null }
  const managing = {
    active: true,
    token_type: 'management',
    uid: management.uid,
    name: 'M',
    stack: API_KEY,
    scope: 'entry:read entry:write branch:main branch_alias:deploy',
    exp: 1767312000,
    iat: 1767225600,
    uses: 0,
    last_used_at: null,
  }
  const introspect = async (token: string) => {
    const { body } = await mock.call('POST', '/_mock/tokens/introspect', { body: { token }, as: null })
    t.strictSame(mock.world.tokens.introspect(token), body)
    return body
  }
  t.strictSame((await mock.call('GET', '/_mock/tokens', { as: null })).body, {
    tokens: [managing, delivery, previewing],
  })
  t.strictSame(mock.world.tokens.list(), [managing, delivery, previewing])
  const access = (kind: string) => ({
    environments: [
      { name: 'production', allowed: true },
      {
        name: 'staging',
        allowed: false,
        reason: `The ${kind} token's scope does not name the environment 'staging'.`,
      },
    ],
    branches: [
      { uid: 'main', kind: 'branch', allowed: true },
      { uid: 'development', kind: 'branch', allowed: false, reason: noBranch('development', kind) },
      { uid: 'deploy', kind: 'branch_alias', allowed: true },
      { uid: 'release', kind: 'branch_alias', allowed: true },
    ],
  })
  t.strictSame(await introspect('cs_web'), { ...delivery, ...access('delivery') })
  t.strictSame(await introspect('cs_preview'), { ...previewing, ...access('preview') })
  t.strictSame(await introspect(management.token), {
    ...managing,
    ...access('management'),
    environments: [
      { name: 'production', allowed: true },
      { name: 'staging', allowed: true },
    ],
  })
  mock.clock.set('2026-01-02T00:00:00.000Z')
  await mock.call('DELETE', `${ENVIRONMENTS}/production`)
  const reason = async (token: string) => {
    const { active, reason } = (await introspect(token)) as { active: boolean; reason: string }
    t.equal(active, false)
    return reason
  }
  t.equal(await reason(management.token), 'The management token expired on 2026-01-02.')
  const { branches } = (await introspect(management.token)) as { branches: object[] }
  t.strictSame(branches[0], {
    uid: 'main',
    kind: 'branch',
    allowed: false,
    reason: 'The management token expired on 2026-01-02.',
  })
  t.equal(
    await reason('cs_web'),
    'The delivery token no longer works: its scope names no environment that exists.',
  )
  t.equal(await reason('Your_Authtoken'), "This is a user's authtoken, not a token of a stack.")
  const state = mock.world.state()
  const users = state.users.map((user, i) => ({ ...user, oauth_tokens: [`oauth_${i}`] }))
  mock.world.load({ ...state, users })
  t.equal(await reason('oauth_0'), "This is a user's OAuth access token, not a token of a stack.")
  t.strictSame(await introspect('cs_unknown'), {
    active: false,
    reason: 'No stack of this world has such a token. It may have been deleted.',
  })
})

t.test('the uses of a token start again with a state', async (t) => {
  const mock = await startWithContent(t)
  const uses = () => mock.world.tokens.list().map(({ uses }) => uses)
  await deliver(mock, ENTRIES)
  await preview(mock, ENTRIES)
  t.strictSame(uses(), [1, 1])
  mock.world.load(mock.world.state())
  t.strictSame(uses(), [0, 0])
  const { body } = await mock.call('POST', DELIVERY, {
    body: { token: { name: 'Alone', scope: [environment('production'), branch('main')] } },
  })
  t.match(body, { token: { type: 'delivery' } })
  t.strictSame(uses(), [0, 0, 0], 'a token without a preview token is one')
})

t.test('the uses of the thousand tokens that were used last are kept', async (t) => {
  const scope = [environment('production'), branch('main')]
  const tokens = Array.from({ length: 1001 }, (_, i) => ({ name: `Token ${i}`, token: `cs_${i}`, scope }))
  const mock = await startWithContent(t, { delivery_tokens: tokens })
  const url = '/v3/content_types'
  for (const token of ['cs_0', 'cs_0', ...tokens.slice(1).map(({ token }) => token)])
    await read(mock, url, { access_token: token })
  const uses = () => new Map(mock.world.tokens.list().map(({ name, uses }) => [name, uses]))
  t.strictSame([uses().get('Token 0'), uses().get('Token 1'), uses().get('Token 1000')], [0, 1, 1])
  await read(mock, url, { access_token: 'cs_1' })
  await read(mock, url, { access_token: 'cs_0' })
  t.strictSame([uses().get('Token 0'), uses().get('Token 1'), uses().get('Token 2')], [1, 2, 0])
})

t.test('a thousand environments and tokens do not slow down reads and lists', async (t) => {
  const names = Array.from({ length: 1200 }, (_, i) => `e${i}`)
  const [early, late] = [names.slice(0, 600), names.slice(600)]
  const mock = await start(t, {
    fixture: {
      organization: { name: 'Large' },
      users: [{ email: 'a@example.com', password: 'p', first_name: 'A', last_name: 'B' }],
      stacks: [
        {
          api_key: API_KEY,
          name: 'Large',
          owner: 'a@example.com',
          environments: names.map((name) => ({ name })),
          delivery_tokens: names.map((name, i) => ({
            name,
            token: `cs_${name}`,
            scope: [environment(...(i === 0 ? early : ['e0']))],
          })),
          content_types: [{ uid: 'page', title: 'Page' }],
          entries: Array.from({ length: 100 }, (_, i) => ({
            content_type: 'page',
            fields: { title: `Page ${i}` },
            environments: i === 0 ? names.toReversed() : late,
          })),
        },
      ],
    },
  })
  const before = performance.now()
  const { body } = await mock.call('GET', '/v3/content_types/page/entries', {
    headers: { access_token: 'cs_e0' },
    as: null,
  })
  t.equal(mock.world.tokens.list().length, 1200)
  const { environments } = mock.world.tokens.introspect('cs_e0') as { environments: { allowed: boolean }[] }
  t.equal(environments.filter(({ allowed }) => allowed).length, 600)
  // A look at each pair of environments would take half a minute.
  t.ok(performance.now() - before < 5000)
  // Of the environments that publish the entry, the first one in the scope.
  const first = mock.world.state().stacks[0]?.environments?.[0]
  t.match(body, {
    entries: [{ title: 'Page 0', publish_details: { environment: first?.uid } }],
  })
})

t.test('a parameter that content does not have has no effect, whatever it holds', async (t) => {
  const { world, call } = await startWithContent(t)
  const token = world.state().stacks[0]?.delivery_tokens?.[0]?.token ?? ''
  for (const url of ['/v3/content_types', '/v3/content_types/page/entries']) {
    const read = (query: string) =>
      call('GET', `${url}?${query}`, { headers: { access_token: token }, as: null })
    const { status, body } = await read('')
    t.equal(status, 200)
    for (const query of [
      'count=true',
      'count=true&count=true',
      'asc=%22',
      'desc=title&desc=title',
      'asc=title',
    ])
      t.match(await read(query), { status, body }, query)
  }
})
