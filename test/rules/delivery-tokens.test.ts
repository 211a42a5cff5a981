import t from 'tap'
import type { Profile } from '../../src/index.ts'
import {
  DELIVERY,
  deliveryScope,
  METADATA_UID,
  type Mock,
  NOW,
  refused,
  start,
  TOKEN_VALUE,
  UID,
  withIds,
} from '../support.ts'

const CREATION = 'Delivery Token creation'
const UPDATE = 'Delivery Token update'
const NOT_FOUND = {
  error_message: 'Delivery Token Not Found.',
  error_code: 141,
  errors: { token: ['is not valid.'] },
}
// Both of the `empty` fixture.
const OWNER = 'blt6563a9b067fc1bc9'
const PRODUCTION = 'blt56315e2be149a0aa'

interface Token {
  uid: string
  name: string
  description: string
  scope: Record<string, unknown>[]
  token: string
  preview_token?: string
  created_by: string
  updated_by: string
  created_at: string
  updated_at: string
}
interface Answer {
  notice: string
  token: Token
  tokens: Token[]
  count?: number
}

const create = async ({ call }: Mock, name = 'Test', query = '') => {
  const { body } = await call('POST', `${DELIVERY}${query}`, {
    body: { token: { name, scope: deliveryScope() } },
  })
  return (body as Answer).token
}

/** Changes one entry of the scope. */
const scopeWith = (index: number, change: Record<string, unknown>) =>
  deliveryScope().map((entry, i) => (i === index ? { ...entry, ...change } : entry))

t.test('answers a created token with all its keys', async (t) => {
  const mock = await start(t)
  const { status, body } = await mock.call('POST', DELIVERY, {
    body: { token: { name: 'Test', description: 'This is a demo token.', scope: deliveryScope() } },
  })
  t.equal(status, 201)
  t.strictSame(
    body,
    withIds(
      {
        notice: 'Delivery Token created successfully.',
        token: {
          name: 'Test',
          description: 'This is a demo token.',
          scope: [
            {
              environments: [
                {
                  urls: [{ url: 'https://www.example.com', locale: 'en-us' }],
                  name: 'production',
                  app_user_object_uid: 'system',
                  uid: PRODUCTION,
                  created_by: OWNER,
                  updated_by: OWNER,
                  created_at: '2024-01-01T00:00:00.000Z',
                  updated_at: '2024-01-01T00:00:00.000Z',
                  ACL: [],
                  _version: 1,
                  tags: [],
                },
              ],
              module: 'environment',
              acl: { read: true },
              _metadata: { uid: METADATA_UID },
            },
            {
              module: 'branch',
              acl: { read: true },
              branches: ['main', 'development'],
              _metadata: { uid: METADATA_UID },
            },
            {
              module: 'branch_alias',
              acl: { read: true },
              branch_aliases: ['deploy', 'release'],
              _metadata: { uid: METADATA_UID },
            },
          ],
          uid: UID,
          created_by: OWNER,
          updated_by: OWNER,
          created_at: NOW,
          updated_at: NOW,
          token: TOKEN_VALUE,
          type: 'delivery',
        },
      },
      body,
    ),
  )
})

// Marks of live-service knowledge stand with the failures in src/rules/errors.ts.
const refusals: [what: string, token: unknown, errors: Record<string, string[]>][] = [
  ['a null name', { name: null }, { name: ['is a required field.'] }],
  ['no name', { name: undefined }, { name: ['is a required field.'] }],
  ['an empty name', { name: '' }, { name: ['is a required field.'] }],
  ['a name that is a number', { name: 123 }, { name: ['is not valid.'] }],
  ['a name of 256 characters', { name: 'x'.repeat(256) }, { name: ['is too long. Maximum 255 characters.'] }],
  ['a description that is a number', { description: 1 }, { description: ['is not valid.'] }],
  ['a null scope', { scope: null }, { scope: ['is a required field.'] }],
  ['no scope', { scope: undefined }, { scope: ['is a required field.'] }],
  ['an empty scope', { scope: [] }, { scope: ['is a required field.'] }],
  ['a scope that is no array', { scope: 'all' }, { scope: ['is not valid.'] }],
  [
    'a scope entry that is no object',
    { scope: [...deliveryScope(), 'main', null] },
    { scope: ['is not valid.'] },
  ],
  [
    'neither branches nor aliases',
    { scope: deliveryScope().slice(0, 1) },
    { 'scope.branch_or_alias': ['is a required field.'] },
  ],
  [
    'null branches',
    { scope: [deliveryScope()[0], { module: 'branch', branches: null, acl: { read: true } }] },
    { 'scope.branch_or_alias': ['is a required field.'] },
  ],
  [
    'no environment entry',
    { scope: deliveryScope().slice(1) },
    { 'scope.environment': ['is a required field.'] },
  ],
  [
    'null environments',
    { scope: scopeWith(0, { environments: null }) },
    { 'scope.environment': ['is a required field.'] },
  ],
  [
    'empty environments',
    { scope: scopeWith(0, { environments: [] }) },
    { 'scope.environment': ['is a required field.'] },
  ],
  [
    'environments as the objects of an answer',
    { scope: scopeWith(0, { environments: [{ name: 'production' }] }) },
    { 'scope.environment': ['is not valid. Send environment names.'] },
  ],
  [
    'an unknown environment',
    { scope: scopeWith(0, { environments: ['production', 'moon'] }) },
    { 'scope.environment': ["'moon' environment(s) not found."] },
  ],
  [
    'an unknown branch',
    { scope: scopeWith(1, { branches: ['main', 'moon'] }) },
    { 'scope.branch': ['moon branch(es) not found.'] },
  ],
  [
    'two unknown branches',
    { scope: scopeWith(1, { branches: ['moon', 'sun'] }) },
    { 'scope.branch': ['moon, sun branch(es) not found.'] },
  ],
  [
    '* as a branch',
    { scope: scopeWith(1, { branches: ['*'] }) },
    { 'scope.branch': ['* branch(es) not found.'] },
  ],
  [
    'branches that are no list of names',
    { scope: scopeWith(1, { branches: 'main' }) },
    { 'scope.branch': ['is not valid.'] },
  ],
  [
    'an unknown alias',
    { scope: scopeWith(2, { branch_aliases: ['moon'] }) },
    { 'scope.branch_alias': ['moon branch alias(es) not found.'] },
  ],
  [
    'an unknown module',
    { scope: [...deliveryScope(), { module: 'entry', acl: { read: true } }] },
    { 'scope.module': ["'entry' is not valid."] },
  ],
  [
    'two modules of a management token',
    { scope: [...deliveryScope(), { module: 'entry', acl: {} }, { module: 'asset', acl: {} }] },
    { 'scope.module': ["'entry' is not valid.", "'asset' is not valid."] },
  ],
  [
    'no module',
    { scope: [...deliveryScope(), { acl: { read: true } }] },
    { 'scope.module': ['is not valid.'] },
  ],
  ['no acl', { scope: scopeWith(0, { acl: undefined }) }, { 'scope.acl': ['is not valid.'] }],
  ['an acl that is a text', { scope: scopeWith(0, { acl: 'read' }) }, { 'scope.acl': ['is not valid.'] }],
  ['an acl that is a list', { scope: scopeWith(0, { acl: ['read'] }) }, { 'scope.acl': ['is not valid.'] }],
  ['an acl without read', { scope: scopeWith(0, { acl: {} }) }, { 'scope.acl': ['is not valid.'] }],
  [
    'an acl with write',
    { scope: scopeWith(0, { acl: { read: true, write: true } }) },
    { 'scope.acl': ['is not valid.'] },
  ],
  [
    'an acl with another key',
    { scope: scopeWith(0, { acl: { read: true, publish: true } }) },
    { 'scope.acl': ['is not valid.'] },
  ],
  [
    'an acl value that is no boolean',
    { scope: scopeWith(0, { acl: { read: 'yes' } }) },
    { 'scope.acl': ['is not valid.'] },
  ],
  ['a name that is taken', { name: 'Taken' }, { name: ['is not unique.'] }],
  [
    'two mistakes, both named',
    { name: 'Taken', scope: scopeWith(0, { environments: ['moon'] }) },
    { 'scope.environment': ["'moon' environment(s) not found."], name: ['is not unique.'] },
  ],
]

for (const [what, token, errors] of refusals) {
  t.test(`refuses ${what}, and changes nothing`, async (t) => {
    const mock = await start(t)
    await create(mock, 'Taken')
    const own = await create(mock, 'Own')
    const before = mock.world.state()
    const posted = await mock.call('POST', DELIVERY, {
      body: { token: { name: 'New', scope: deliveryScope(), ...(token as object) } },
    })
    t.equal(posted.status, 422)
    t.strictSame(posted.body, refused(CREATION, errors))
    // An update may leave a field out.
    if (!Object.values(token as object).includes(undefined) || what === 'no acl') {
      const put = await mock.call('PUT', `${DELIVERY}/${own.uid}`, { body: { token } })
      t.equal(put.status, 422)
      t.strictSame(put.body, refused(UPDATE, errors))
    }
    t.strictSame(mock.world.state(), before)
  })
}

for (const [what, body] of [
  ['a body without token', {}],
  ['a token that is no object', { token: 'x' }],
  ['a token that is a list', { token: [] }],
  ['a null token', { token: null }],
  ['a body that is a list', []],
  ['no body', undefined],
] as const) {
  t.test(`refuses ${what}`, async (t) => {
    const { call } = await start(t)
    const { status, body: answer } = await call('POST', DELIVERY, { body })
    t.equal(status, 422)
    t.strictSame(answer, refused(CREATION, { token: ['is a required field.'] }))
  })
}

for (const name of [
  '  blanks  ',
  'tab\tand\nnewline',
  '<script>alert(1)</script>',
  'Ünïcödé 🚀',
  'x'.repeat(255),
]) {
  t.test(`keeps the name ${JSON.stringify(name.slice(0, 30))} as sent`, async (t) => {
    const mock = await start(t)
    const { uid } = await create(mock, name)
    const { body } = await mock.call('GET', `${DELIVERY}/${uid}`)
    t.equal((body as Answer).token.name, name)
  })
}

t.test('takes the acl values "true" and "false", and answers booleans', async (t) => {
  const { call } = await start(t)
  const { status, body } = await call('POST', DELIVERY, {
    body: { token: { name: 'Test', scope: scopeWith(0, { acl: { read: 'true' } }) } },
  })
  t.equal(status, 201)
  t.strictSame((body as Answer).token.scope[0]?.['acl'], { read: true })
})

t.test('takes empty aliases beside branches, several environments and a null description', async (t) => {
  const { call } = await start(t)
  const scope = scopeWith(2, { branch_aliases: [] })
  Object.assign(scope[0] ?? {}, { environments: ['production', 'staging'] })
  const { status, body } = await call('POST', DELIVERY, {
    body: { token: { name: 'Test', description: null, scope } },
  })
  const { token } = body as Answer
  t.equal(status, 201)
  t.equal(token.description, '')
  t.strictSame(token.scope[2]?.['branch_aliases'], [])
  const [entry = {}] = token.scope
  const names = (entry['environments'] as { name: string }[]).map(({ name }) => name)
  t.strictSame(names, ['production', 'staging'])
})

t.test('an update changes what it sends and keeps the rest', async (t) => {
  const mock = await start(t)
  const created = await create(mock)
  mock.clock.set('2026-02-01T00:00:00.000Z')
  const { status, body } = await mock.call('PUT', `${DELIVERY}/${created.uid}`, {
    as: 'developer',
    body: { token: { description: 'Changed' } },
  })
  const { token } = body as Answer
  t.equal(status, 200)
  t.not(token.updated_by, OWNER)
  t.strictSame(token, {
    ...created,
    description: 'Changed',
    updated_by: token.updated_by,
    updated_at: '2026-02-01T00:00:00.000Z',
  })
})

t.test('an update of the scope gives its entries new uids', async (t) => {
  const mock = await start(t)
  const created = await create(mock)
  const { body } = await mock.call('PUT', `${DELIVERY}/${created.uid}`, {
    body: { token: { name: 'Renamed', description: null, scope: deliveryScope().slice(0, 2) } },
  })
  const { token } = body as Answer
  const expected = {
    ...created,
    name: 'Renamed',
    scope: created.scope.slice(0, 2).map((entry) => ({ ...entry, _metadata: { uid: METADATA_UID } })),
  }
  t.strictSame(token, withIds(expected, token))
  const metadataUids = [...created.scope, ...token.scope].map(
    ({ _metadata }) => (_metadata as { uid: string }).uid,
  )
  t.equal(new Set(metadataUids).size, 5, 'none again')
})

t.test('an update may send the own name', async (t) => {
  const mock = await start(t)
  const { uid } = await create(mock)
  t.equal((await mock.call('PUT', `${DELIVERY}/${uid}`, { body: { token: { name: 'Test' } } })).status, 200)
})

t.test('an unknown uid is not found', async (t) => {
  const { call } = await start(t)
  for (const [method, body] of [['GET'], ['PUT', { token: { name: 'x' } }], ['DELETE']] as const) {
    const answer = await call(method, `${DELIVERY}/bltffffffffffffffff`, { body })
    t.equal(answer.status, 422)
    t.strictSame(answer.body, NOT_FOUND)
  }
  t.equal((await call('GET', `${DELIVERY}/${'x'.repeat(5000)}`)).status, 422)
})

t.test('a deleted token is gone', async (t) => {
  const mock = await start(t)
  const { uid } = await create(mock)
  t.equal((await mock.call('DELETE', `${DELIVERY}/${uid}`)).status, 200)
  t.strictSame((await mock.call('GET', `${DELIVERY}/${uid}`)).body, NOT_FOUND)
  t.strictSame((await mock.call('GET', DELIVERY)).body, { tokens: [] })
})

t.test('create_with_preview_token', async (t) => {
  const mock = await start(t)
  for (const flag of ['true', 'True', 'TRUE'])
    t.match(
      (await create(mock, flag, `?create_with_preview_token=${flag}`)).preview_token,
      /^cs[0-9a-f]{24}$/,
    )
  t.notOk('preview_token' in (await create(mock, 'Empty', '?create_with_preview_token=')))
  t.notOk('preview_token' in (await create(mock, 'Without', '?create_with_preview_token=false')))
  const { body } = await mock.call('POST', DELIVERY, {
    body: {
      create_with_preview_token: true,
      token: { name: 'Body', scope: deliveryScope(), create_with_preview_token: true },
    },
  })
  t.notOk('preview_token' in (body as Answer).token, 'counts in the query only')
})

for (const [url, method, operation, field] of [
  [`${DELIVERY}?create_with_preview_token=1`, 'POST', CREATION, 'create_with_preview_token'],
  [`${DELIVERY}/blt3333333333333333?force=yes`, 'DELETE', 'Delivery Token deletion', 'force'],
  [`${DELIVERY}/blt3333333333333333?force=true&force=true`, 'DELETE', 'Delivery Token deletion', 'force'],
  [`${DELIVERY}?include_count=1`, 'GET', 'Delivery Token fetch', 'include_count'],
  [`${DELIVERY}?count=yes`, 'GET', 'Delivery Token fetch', 'count'],
] as const) {
  t.test(`refuses ${method} ${url}`, async (t) => {
    const { call } = await start(t)
    const body = method === 'POST' ? { token: { name: 'Test', scope: deliveryScope() } } : undefined
    const answer = await call(method, url, { body })
    t.equal(answer.status, 422)
    t.strictSame(answer.body, refused(operation, { [field]: ['is not valid.'] }))
  })
}

t.test('profiles: deleting a token that has a preview token', async (t) => {
  const outcomes: Record<Profile, number> = { compatible: 422, documented: 422, live: 200 }
  for (const [profile, expected] of Object.entries(outcomes)) {
    const mock = await start(t, { profile: profile as Profile })
    const { uid } = await create(mock, 'Test', '?create_with_preview_token=true')
    const { status, body } = await mock.call('DELETE', `${DELIVERY}/${uid}`)
    t.equal(status, expected, profile)
    if (status !== 422) continue
    t.strictSame(
      body,
      refused('Delivery Token deletion', {
        preview_token: ['is linked to this delivery token. Delete it first or pass force=true.'],
      }),
    )
    t.equal((await mock.call('DELETE', `${DELIVERY}/${uid}?force=false`)).status, 422)
    t.equal((await mock.call('DELETE', `${DELIVERY}/${uid}?force=true`)).status, 200)
  }
})

t.test('profiles: the shapes where the page and the service disagree', async (t) => {
  const shapes = {
    documented: {
      get: ['tokens'],
      put: ['notice:', 'tokens'],
      delete: { 'notice:': 'Delivery Token deleted successfully.' },
    },
    live: {
      get: ['token'],
      put: ['notice', 'token'],
      delete: { notice: 'Delivery Token deleted successfully.' },
    },
    compatible: {
      get: ['token', 'tokens'],
      put: ['notice', 'notice:', 'token', 'tokens'],
      delete: {
        notice: 'Delivery Token deleted successfully.',
        'notice:': 'Delivery Token deleted successfully.',
      },
    },
  }
  for (const [profile, expected] of Object.entries(shapes)) {
    const { call } = await start(t, { fixture: 'documentation', profile: profile as Profile })
    const url = `${DELIVERY}/bltdce123123d321f3`
    const got = (await call('GET', url)).body as Answer
    t.strictSame(Object.keys(got), expected.get)
    if (got.token && got.tokens) t.strictSame(got.tokens, [got.token])
    const put = (await call('PUT', url, { body: { token: {} } })).body as Record<string, unknown>
    t.strictSame(Object.keys(put), expected.put)
    if ('notice' in put) t.equal(put['notice'], 'Delivery Token updated successfully.')
    if ('notice:' in put) t.equal(put['notice:'], 'Delivery token updated successfully')
    t.strictSame((await call('DELETE', url)).body, expected.delete)
  }
})

t.test('lists', async (t) => {
  const mock = await start(t)
  for (let i = 1; i <= 105; i++) {
    mock.clock.set(new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString())
    await create(mock, `Token ${i}`)
  }
  // One more in the same millisecond as the last.
  await create(mock, 'Token 106')
  const names = async (query: string) => {
    const { status, body } = await mock.call('GET', `${DELIVERY}${query}`)
    t.equal(status, 200, query)
    return (body as Answer).tokens.map(({ name }) => Number(name.slice(6)))
  }
  const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i)

  t.strictSame(await names(''), down(106, 7), 'newest first, 100 where no limit is given')
  t.strictSame(await names('?limit=3'), [106, 105, 104])
  t.strictSame(await names('?limit=0'), [])
  t.strictSame(await names('?limit=2&skip=104'), [2, 1])
  t.strictSame(await names('?limit=-5'), down(106, 7), 'a negative limit reads as the default')
  t.strictSame(await names('?limit=10000'), down(106, 1))
  t.strictSame(await names('?limit=99999999999999999999'), down(106, 1))
  t.strictSame(await names('?asc=created_at&limit=2'), [1, 2])
  t.strictSame(await names('?desc=name&limit=2'), [99, 98], 'as texts')
  t.strictSame(await names('?asc=nothing&limit=1'), [106])
  t.strictSame(await names(`?query=${encodeURIComponent('{"name":"Token 7","type":"delivery"}')}`), [7])
  t.strictSame(await names(`?query=${encodeURIComponent('{"preview_token":null}')}&limit=1`), [106])
  t.strictSame(await names(`?query=${encodeURIComponent('{"name":"nobody"}')}`), [])

  const { body } = await mock.call('GET', `${DELIVERY}?include_count=true&limit=1`)
  t.equal((body as Answer).count, 106)
  t.strictSame(Object.keys(body as Answer), ['tokens', 'count'])
  t.strictSame((await mock.call('GET', `${DELIVERY}?count=true`)).body, { tokens: 106 })
  const filtered = `?count=true&query=${encodeURIComponent('{"name":"Token 7"}')}`
  t.strictSame((await mock.call('GET', `${DELIVERY}${filtered}`)).body, { tokens: 1 })
})

for (const query of [
  'skip=-1',
  'skip=x',
  'limit=ten',
  'limit=',
  'limit=1&limit=2',
  'query=x',
  'query=[]',
  'query=null',
  'query={"name":{"$in":["x"]}}',
  'query={"$or":1}',
  'query={"a\\"b":1}',
  `query={${Array.from({ length: 21 }, (_, i) => `"f${i}":1`).join(',')}}`,
  'asc=a"b',
]) {
  t.test(`refuses the list parameters ${query.slice(0, 40)}`, async (t) => {
    const { call } = await start(t)
    const { status, body } = await call('GET', `${DELIVERY}?${query.replaceAll('"', '%22')}`)
    t.equal(status, 422)
    t.strictSame(body, refused('Delivery Token fetch', { params: ['has an invalid operation.'] }))
  })
}

t.test('a list that was not sent is not invented', async (t) => {
  const mock = await start(t)
  const acl = { read: true }
  const scope = [
    { module: 'environment', acl, environments: ['production'] },
    { module: 'environment', acl },
    { module: 'branch', acl, branches: ['main'] },
    { module: 'branch', acl },
    { module: 'branch_alias', acl },
    { module: 'branch_alias', acl, branch_aliases: [] },
  ]
  const { status, body } = await mock.call('POST', DELIVERY, { body: { token: { name: 'Test', scope } } })
  t.equal(status, 201)
  const shown = (body as Answer).token.scope.map(({ _metadata, environments, ...entry }) => ({
    ...entry,
    ...(environments !== undefined && { environments: ['production'] }),
  }))
  t.strictSame(shown, scope)
})

t.test('the cap on delivery tokens, where there is one', async (t) => {
  const mock = await start(t, { deliveryTokenCap: 2 })
  await create(mock, 'One')
  const { uid } = await create(mock, 'Two')
  const post = () =>
    mock.call('POST', DELIVERY, { body: { token: { name: 'Three', scope: deliveryScope() } } })
  const { status, body } = await post()
  t.equal(status, 422)
  t.strictSame(
    body,
    refused(CREATION, { token: ['limit reached: a stack can have at most 2 delivery tokens.'] }),
  )
  await mock.call('DELETE', `${DELIVERY}/${uid}`)
  t.equal((await post()).status, 201)
})

t.test('include_preview_token is known, and without effect', async (t) => {
  const mock = await start(t)
  const { uid, preview_token: preview } = await create(mock, 'With', '?create_with_preview_token=true')
  for (const flag of ['true', 'false', 'False', '']) {
    const { body } = await mock.call('GET', `${DELIVERY}/${uid}?include_preview_token=${flag}`)
    t.equal((body as Answer).token.preview_token, preview)
  }
  t.strictSame(mock.world.requests.list({}, 1)[0]?.unread, { fields: [], parameters: [] })
  const wrong = await mock.call('GET', `${DELIVERY}/${uid}?include_preview_token=1`)
  t.strictSame(wrong.body, refused('Delivery Token fetch', { include_preview_token: ['is not valid.'] }))
})

t.test('an alias entry that names no alias may come before the branch', async (t) => {
  const { call } = await start(t)
  const [environment, branch] = deliveryScope()
  const scope = [{ module: 'branch_alias', acl: { read: true } }, branch, environment]
  const { status, body } = await call('POST', DELIVERY, { body: { token: { name: 'Test', scope } } })
  t.equal(status, 201)
  t.strictSame(
    (body as Answer).token.scope.map(({ _metadata, environments, ...entry }) => entry),
    [
      { module: 'branch_alias', acl: { read: true } },
      { module: 'branch', branches: ['main', 'development'], acl: { read: true } },
      { module: 'environment', acl: { read: true } },
    ],
  )
})

t.test('names given twice in a scope count once', async (t) => {
  const mock = await start(t)
  const twice = deliveryScope().map(({ module, acl, ...lists }) => ({
    module,
    acl,
    ...Object.fromEntries(Object.entries(lists).map(([list, names]) => [list, [...names, ...names]])),
  }))
  const { status, body } = await mock.call('POST', DELIVERY, {
    body: { token: { name: 'Test', scope: twice } },
  })
  t.equal(status, 201)
  t.match((body as Answer).token.scope, [
    { environments: [{ name: 'production' }] },
    { branches: ['main', 'development'] },
    { branch_aliases: ['deploy', 'release'] },
  ])
  const [environment, branch, alias] = (body as Answer).token.scope as Record<string, unknown[]>[]
  t.strictSame(
    [environment?.['environments']?.length, branch?.['branches']?.length, alias?.['branch_aliases']?.length],
    [1, 2, 2],
  )
})

t.test('what a scope lacks is told once its entries are right', async (t) => {
  const mock = await start(t)
  const acl = { read: true }
  const scope = [{ module: 'entry', acl }]
  const { body } = await mock.call('POST', DELIVERY, { body: { token: { name: 'Test', scope } } })
  t.strictSame(body, refused(CREATION, { 'scope.module': ["'entry' is not valid."] }))
})

t.test('a null description clears, an absent one stays', async (t) => {
  const mock = await start(t)
  const { uid } = await create(mock)
  const put = async (token: object) =>
    ((await mock.call('PUT', `${DELIVERY}/${uid}`, { body: { token } })).body as Answer).token.description
  t.equal(await put({ description: 'Some' }), 'Some')
  t.equal(await put({ name: 'Renamed' }), 'Some')
  t.equal(await put({ description: null }), '')
})

t.test('lists: by created_at, then by the order of creation; asc beats desc', async (t) => {
  const mock = await start(t)
  const state = mock.world.state()
  const [stack] = state.stacks
  const token = (name: string, created_at: string) => ({ name, created_at, scope: deliveryScope() })
  mock.world.load({
    ...state,
    stacks: [
      {
        ...stack,
        name: 'x',
        owner: stack?.owner ?? '',
        delivery_tokens: [
          token('b', '2025-01-03T00:00:00.000Z'),
          token('d', '2025-01-01T00:00:00.000Z'),
          token('a', '2025-01-02T00:00:00.000Z'),
          token('c', '2025-01-02T00:00:00.000Z'),
        ],
      },
    ],
  })
  const names = async (query: string) =>
    ((await mock.call('GET', `${DELIVERY}${query}`)).body as Answer).tokens.map(({ name }) => name).join('')
  t.equal(await names(''), 'bcad')
  t.equal(await names('?asc=name'), 'abcd')
  t.equal(await names('?desc=name'), 'dcba')
  t.equal(await names('?asc=name&desc=name'), 'abcd')
  t.equal(await names('?asc=created_at'), 'dcab')
})

t.test('a wrong flag is named, unless another parameter is wrong, too', async (t) => {
  const { call } = await start(t)
  const list = async (query: string) => (await call('GET', `${DELIVERY}?${query}`)).body
  const fetch = 'Delivery Token fetch'
  t.strictSame(await list('include_count=1&limit=5'), refused(fetch, { include_count: ['is not valid.'] }))
  t.strictSame(
    await list('include_count=1&count=yes'),
    refused(fetch, { include_count: ['is not valid.'], count: ['is not valid.'] }),
  )
  t.strictSame(
    await list('include_count=1&skip=-1'),
    refused(fetch, { params: ['has an invalid operation.'] }),
  )
})

t.test('the scope is checked before the cap', async (t) => {
  const { call } = await start(t, { deliveryTokenCap: 0 })
  const scope = deliveryScope().slice(0, 1)
  const { body } = await call('POST', DELIVERY, { body: { token: { name: 'Test', scope } } })
  t.strictSame(body, refused(CREATION, { 'scope.branch_or_alias': ['is a required field.'] }))
})
