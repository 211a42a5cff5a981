import t from 'tap'
import {
  API_KEY,
  DELIVERY,
  deliveryScope,
  ENVIRONMENTS,
  MANAGEMENT,
  type Mock,
  managementScope,
  NOW,
  refused,
  start,
  UID,
  withIds,
} from '../support.ts'

const OWNER = 'blt6563a9b067fc1bc9'
const NOT_FOUND = { error_message: 'Environment was not found. Please try again.', error_code: 248 }
const failed = (operation: string, errors: Record<string, string[]>) => ({
  ...refused(operation, errors),
  error_code: 247,
})
const QA = {
  urls: [{ url: 'https://qa.example.com', locale: 'en-us' }],
  name: 'qa',
  uid: UID as unknown,
  created_by: OWNER,
  updated_by: OWNER,
  created_at: NOW,
  updated_at: NOW,
  ACL: [] as unknown,
  _version: 1,
}
/** As the scope of a delivery token shows it. */
const inScope = (environment: object) => ({ ...environment, app_user_object_uid: 'system', tags: [] })
const create = ({ call }: Mock, environment: object = { name: 'qa', urls: QA.urls }) =>
  call('POST', ENVIRONMENTS, { body: { environment } })

t.test('makes, reads and lists an environment', async (t) => {
  const mock = await start(t)
  const created = await create(mock)
  t.equal(created.status, 201)
  t.strictSame(
    created.body,
    withIds(
      {
        notice: 'Environment created successfully.',
        environment: { ...QA, ACL: {} },
      },
      created.body,
    ),
  )
  const fetched = await mock.call('GET', `${ENVIRONMENTS}/qa`)
  t.equal(fetched.status, 200)
  const qa = (created.body as { environment: { uid: string } }).environment.uid
  t.strictSame(fetched.body, { environment: { ...QA, uid: qa } })
  const { body } = (await mock.call('GET', `${ENVIRONMENTS}?limit=1&include_count=true`)) as {
    body: { environments: unknown[]; count: number }
  }
  t.strictSame(body.environments, [{ ...QA, uid: qa }], 'the newest first')
  t.equal(body.count, mock.world.state().stacks[0]?.environments?.length)
  const bare = await create(mock, { name: 'bare', deploy_content: true, servers: [{ name: 'web' }] })
  t.match(bare.body, {
    environment: { name: 'bare', urls: [], deploy_content: undefined, servers: undefined },
  })
  const partial = await create(mock, { name: 'partial', urls: [{ locale: 'en-us' }, { url: 'x' }, {}] })
  t.match(partial.body, { environment: { urls: [{ locale: 'en-us' }, { url: 'x' }, {}] } })
})

t.test('refuses what is no environment', async (t) => {
  const mock = await start(t)
  const before = mock.world.state()
  const REQUIRED = ['is a required field.']
  const NOT_VALID = ['is not valid.']
  for (const [body, errors] of [
    [{}, { environment: REQUIRED }],
    [{ environment: 'x' }, { environment: REQUIRED }],
    [{ environment: {} }, { name: REQUIRED }],
    [{ environment: { name: '' } }, { name: REQUIRED }],
    [{ environment: { name: null } }, { name: REQUIRED }],
    [{ environment: { name: 7 } }, { name: NOT_VALID }],
    [{ environment: { name: 'production' } }, { name: ['is not unique.'] }],
    [{ environment: { name: 'x', urls: 'x' } }, { urls: NOT_VALID }],
    [{ environment: { name: 'x', urls: [{ url: 1, locale: 'en-us' }] } }, { urls: NOT_VALID }],
    ...['  ', 'a b', 'Qa', 'a\tb', 'é', 'x'.repeat(256), ...'#%^+\\/?*:|"\'<>{}=,'].map(
      (name) => [{ environment: { name } }, { name: NOT_VALID }] as const,
    ),
    [{ environment: { name: 'x', servers: {} } }, { servers: NOT_VALID }],
  ] as const) {
    const answer = await mock.call('POST', ENVIRONMENTS, { body })
    t.equal(answer.status, 422)
    t.strictSame(answer.body, failed('Environment creation', errors as never))
  }
  for (const method of ['GET', 'PUT', 'DELETE']) {
    for (const name of ['nowhere', 'bltc123123ab6c32126']) {
      const answer = await mock.call(method, `${ENVIRONMENTS}/${name}`, { body: { environment: {} } })
      t.equal(answer.status, 422)
      t.strictSame(answer.body, NOT_FOUND)
    }
  }
  const list = await mock.call('GET', `${ENVIRONMENTS}?skip=x`)
  t.strictSame(list.body, failed('Environment fetch', { params: ['has an invalid operation.'] }))
  t.strictSame(mock.world.state(), before)
})

const token = async ({ call }: Mock) => {
  const { body } = await call('GET', `${DELIVERY}/blt1111111111111111`)
  return (
    body as { token: { updated_at: string; scope: { environments: { name: string; _version: number }[] }[] } }
  ).token
}

const withToken = async (mock: Mock) => {
  await create(mock)
  const scope = deliveryScope()
  Object.assign(scope[0] as object, { environments: ['qa', 'production'] })
  return mock.call('POST', DELIVERY, { body: { token: { name: 'Web', scope } } })
}

t.test('an edited environment shows at once in the tokens that use it', async (t) => {
  const mock = await start(t)
  const { body } = (await withToken(mock)) as { body: { token: { uid: string } } }
  const { uid } = body.token
  mock.clock.set('2026-01-02T00:00:00.000Z')
  const renamed = await mock.call('PUT', `${ENVIRONMENTS}/qa`, {
    as: 'admin',
    body: { environment: { name: 'preview' } },
  })
  t.equal(renamed.status, 200)
  const changed = {
    ...QA,
    name: 'preview',
    updated_by: mock.world.state().users[1]?.uid,
    updated_at: '2026-01-02T00:00:00.000Z',
    _version: 2,
  }
  t.strictSame(
    renamed.body,
    withIds(
      {
        notice: 'Environment updated successfully.',
        environment: { ...changed, ACL: {} },
      },
      renamed.body,
    ),
  )
  const shown = async () => {
    const answer = await mock.call('GET', `${DELIVERY}/${uid}`)
    return (answer.body as { token: Awaited<ReturnType<typeof token>> }).token
  }
  const { uid: environmentUid } = (renamed.body as { environment: { uid: string } }).environment
  t.strictSame((await shown()).scope[0]?.environments[0], inScope({ ...changed, uid: environmentUid }))
  t.equal((await shown()).updated_at, NOW, 'the token itself did not change')
  const edited = await mock.call('PUT', `${ENVIRONMENTS}/preview`, {
    body: {
      environment: {
        name: 'preview',
        urls: [{ locale: 'de', url: 'x', extra: 1 }],
        servers: [],
        deploy_content: false,
      },
    },
  })
  t.strictSame(
    edited.body,
    withIds(
      {
        notice: 'Environment updated successfully.',
        environment: {
          ...changed,
          ACL: {},
          _version: 3,
          updated_by: OWNER,
          urls: [{ url: 'x', locale: 'de' }],
        },
      },
      edited.body,
    ),
  )
  t.match((await shown()).scope[0]?.environments[0], { servers: [], deploy_content: false, _version: 3 })
  const untouched = await mock.call('PUT', `${ENVIRONMENTS}/preview`, { body: { environment: {} } })
  t.match(untouched.body, { environment: { name: 'preview', urls: [{ url: 'x' }], _version: 4 } })
  t.equal((await mock.call('GET', `${ENVIRONMENTS}/qa`)).status, 422, 'the old name is gone')
  const taken = await mock.call('PUT', `${ENVIRONMENTS}/preview`, {
    body: { environment: { name: 'production' } },
  })
  t.equal(taken.status, 422)
  t.strictSame(taken.body, failed('Environment update', { name: ['is not unique.'] }))
})

t.test('a deleted environment leaves its tokens without it', async (t) => {
  const mock = await start(t)
  const created = (await withToken(mock)) as { body: { token: { uid: string } } }
  const url = `${DELIVERY}/${created.body.token.uid}`
  const environmentsOf = async () => {
    const { body } = await mock.call('GET', url)
    return (body as { token: Awaited<ReturnType<typeof token>> }).token.scope[0]?.environments.map(
      ({ name }) => name,
    )
  }
  const deleted = await mock.call('DELETE', `${ENVIRONMENTS}/qa`)
  t.equal(deleted.status, 200)
  t.strictSame(deleted.body, { notice: 'Environment deleted successfully.' })
  t.strictSame(await environmentsOf(), ['production'])
  await create(mock)
  t.strictSame(await environmentsOf(), ['production'], 'one of the same name is another')
  await mock.call('DELETE', `${ENVIRONMENTS}/production`)
  t.strictSame(await environmentsOf(), [])
  const state = mock.world.state()
  t.strictSame((await start(t, { fixture: state })).world.state(), state)
})

t.test('a management token reads and writes environments as far as its scope goes', async (t) => {
  const mock = await start(t)
  const withScope = async (scope: object[], expiresOn: string | null = null) => {
    const { body } = await mock.call('POST', MANAGEMENT, {
      body: { token: { name: 'CI', scope, expires_on: expiresOn } },
    })
    return (body as { token: { token: string; uid: string } }).token
  }
  const read = (authorization: string, headers: Record<string, string> = {}, apiKey = API_KEY) =>
    mock.call('GET', ENVIRONMENTS, { as: null, headers: { authorization, ...headers }, apiKey })
  const write = (authorization: string, name: string) =>
    mock.call('POST', ENVIRONMENTS, {
      as: null,
      headers: { authorization },
      body: { environment: { name } },
    })
  const branch = (branches: string[]) => ({ module: 'branch', branches, acl: { read: true } })
  const alias = (aliases: string[]) => ({
    module: 'branch_alias',
    branch_aliases: aliases,
    acl: { read: true },
  })
  const environment = (acl: object) => ({ module: 'environment', acl })
  const NOT_PERMITTED = {
    error_message: 'Access denied. You have insufficient permissions to perform this operation.',
    error_code: 161,
  }
  const NOT_LOGGED_IN = {
    error_message: "You're not allowed in here unless you're logged in.",
    error_code: 105,
    errors: { authorization: ['is not valid.'] },
  }

  const reader = await withScope([environment({ read: true }), branch(['main'])])
  const writer = await withScope([environment({ read: false, write: true }), branch(['main'])])
  const all = await withScope([{ module: '$all', acl: { read: true, write: true } }, branch(['development'])])
  const aliased = await withScope([environment({ read: true }), alias(['deploy'])])
  const other = await withScope(managementScope())
  const expiring = await withScope([environment({ read: true }), branch(['main'])], '2026-01-02')

  t.equal((await read(reader.token)).status, 200)
  const refusedWrite = await write(reader.token, 'x')
  t.equal(refusedWrite.status, 401)
  t.strictSame(refusedWrite.body, NOT_PERMITTED)
  t.equal((await read(writer.token)).status, 401)
  t.equal((await read(other.token)).status, 401)
  const made = await write(writer.token, 'by-token')
  t.equal(made.status, 201)
  t.match(made.body, { environment: { created_by: OWNER } })
  t.equal((await write(all.token, 'by-all')).status, 201)
  t.equal(
    (await mock.call('DELETE', `${ENVIRONMENTS}/by-all`, { as: null, headers: { authorization: all.token } }))
      .status,
    200,
  )

  const outside = await read(reader.token, { branch: 'development' })
  t.equal(outside.status, 422)
  t.strictSame(outside.body, {
    error_message:
      "Access denied. You have insufficient permissions to perform operation on this branch 'development'.",
    error_code: 901,
  })
  for (const [given, name, status] of [
    [reader, 'main', 200],
    [reader, 'deploy', 200], // an alias of main
    [aliased, 'deploy', 200],
    [aliased, 'main', 422],
    [aliased, 'release', 422],
    [all, 'main', 422],
    [all, 'development', 200],
    [reader, 'nowhere', 422],
  ] as const) {
    t.equal((await read(given.token, { branch: name })).status, status, name)
  }
  const unknown = await mock.call('GET', ENVIRONMENTS, { headers: { branch: 'nowhere' } })
  t.equal(unknown.status, 422)
  t.strictSame(unknown.body, { error_message: "The Branch 'nowhere' was not found.", error_code: 900 })
  t.equal((await mock.call('GET', ENVIRONMENTS, { headers: { branch: 'deploy' } })).status, 200)

  t.equal((await read(expiring.token)).status, 200)
  mock.clock.set('2026-01-02T00:00:00.000Z')
  const expired = await read(expiring.token)
  t.equal(expired.status, 401)
  t.strictSame(expired.body, NOT_LOGGED_IN)
  await mock.call('DELETE', `${MANAGEMENT}/${reader.uid}`)
  t.strictSame((await read(reader.token)).body, NOT_LOGGED_IN, 'one that was deleted')
  const both = await mock.call('GET', ENVIRONMENTS, {
    as: 'outsider',
    headers: { authorization: all.token },
  })
  t.equal(both.status, 200, 'the management token decides')
  await mock.call('POST', '/v3/stacks', {
    headers: { organization_uid: 'blt1f4a90c7d2e6b835' },
    body: { stack: { name: 'Other' } },
  })
  const elsewhere = mock.world.state().stacks.find(({ name }) => name === 'Other')?.api_key ?? ''
  t.equal((await read(all.token, {}, elsewhere)).status, 401, 'one of another stack')
})

t.test('a stack without branches takes no notice of the branch header', async (t) => {
  const { world } = await start(t)
  const state = world.state()
  const [stack] = state.stacks
  const bare = await start(t, {
    fixture: {
      ...state,
      stacks: [{ ...stack, name: 'Bare', owner: stack?.owner ?? '', branches: [], branch_aliases: [] }],
    },
  })
  t.equal((await bare.call('GET', ENVIRONMENTS, { headers: { branch: 'main' } })).status, 200)
})

t.test('an update keeps servers and deploy_content, which only scopes show', async (t) => {
  const mock = await start(t)
  await create(mock, { name: 'qa', urls: QA.urls, deploy_content: true, servers: [{ name: 'web' }] })
  const { body } = (await withToken(mock)) as { body: { token: { uid: string } } }
  const shown = async () =>
    (
      (await mock.call('GET', `${DELIVERY}/${body.token.uid}`)).body as {
        token: { scope: { environments: object[] }[] }
      }
    ).token.scope[0]?.environments[0]
  const kept = { urls: QA.urls, deploy_content: true, servers: [{ name: 'web' }] }
  t.match(await shown(), { ...kept, _version: 1 })
  for (const [environment, version] of [
    [{}, 2],
    [{ name: 'qa' }, 3],
    [{ servers: [{ name: 'web' }] }, 4],
    [{ deploy_content: true }, 5],
  ] as const) {
    await mock.call('PUT', `${ENVIRONMENTS}/qa`, { body: { environment } })
    t.match(await shown(), { ...kept, _version: version })
  }
})

t.test('what a management token changes counts as changed by the user who created it', async (t) => {
  const mock = await start(t)
  const admin = mock.world.state().users.find(({ email }) => email === 'admin@example.com')?.uid
  const scope = [
    { module: '$all', acl: { read: true, write: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ]
  const { body } = await mock.call('POST', MANAGEMENT, {
    as: 'admin',
    body: { token: { name: 'CI', scope } },
  })
  const { token } = (body as { token: { token: string } }).token
  const asToken = { as: null, headers: { authorization: token } }
  const created = await mock.call('POST', ENVIRONMENTS, { ...asToken, body: { environment: { name: 'qa' } } })
  t.match(created.body, { environment: { created_by: admin, updated_by: admin } })
  const updated = await mock.call('PUT', `${ENVIRONMENTS}/production`, {
    ...asToken,
    body: { environment: {} },
  })
  t.match(updated.body, { environment: { created_by: OWNER, updated_by: admin } })
})

t.test('the environments of a stack weigh at most 2 MiB together', async (t) => {
  const mock = await start(t)
  const { call, world } = mock
  const weight = (mebibytes: number) => [{ url: 'x'.repeat(mebibytes * 2 ** 20) }]
  const create = (name: string, mebibytes: number) =>
    call('POST', ENVIRONMENTS, { body: { environment: { name, urls: weight(mebibytes) } } })
  t.equal((await create('one', 0.9)).status, 201)
  t.equal((await create('two', 0.9)).status, 201)
  const before = world.state()
  const message = ['is too large together with the others of the stack. Maximum 2 MiB.']
  const tooLarge = (operation: string) => ({
    error_message: `${operation} failed. Please try again.`,
    error_code: 247,
    errors: { environment: message },
  })
  const created = await create('three', 0.5)
  t.equal(created.status, 422)
  t.strictSame(created.body, tooLarge('Environment creation'))
  const updated = await call('PUT', `${ENVIRONMENTS}/production`, {
    body: { environment: { urls: weight(0.5) } },
  })
  t.equal(updated.status, 422)
  t.strictSame(updated.body, tooLarge('Environment update'))
  t.strictSame(world.state(), before)
})

t.test('the environments in a scope weigh at most 4 MiB together', async (t) => {
  const mock = await start(t)
  const { call, world } = mock
  const large = { urls: [{ url: 'x'.repeat(0.9 * 2 ** 20) }] }
  const [environment, ...rest] = deliveryScope()
  const scope = (times: number) => [...Array.from({ length: times }, () => environment), ...rest]
  const create = (name: string, times: number) =>
    call('POST', DELIVERY, { body: { token: { name, scope: scope(times) } } })
  t.equal((await create('Many', 10)).status, 201, 'as often as it likes, while it is small')
  const before = world.state()
  const tooLarge = {
    error_message: 'The scope of the token is too large. Please try again.',
    error_code: 141,
    errors: { scope: ['names environments that are too large together.'] },
  }
  const updated = await call('PUT', `${ENVIRONMENTS}/production`, { body: { environment: large } })
  t.equal(updated.status, 422)
  t.strictSame(updated.body, tooLarge, 'the token that shows it would grow')
  t.strictSame(world.state(), before)
  await call('POST', ENVIRONMENTS, { body: { environment: { name: 'large', ...large } } })
  const named = Array.from({ length: 5 }, () => ({ ...environment, environments: ['large'] }))
  const created = await call('POST', DELIVERY, {
    body: { token: { name: 'Large', scope: [...named, ...rest] } },
  })
  t.equal(created.status, 422)
  t.strictSame(created.body, tooLarge)
  t.equal(
    created.response.headers['x-mock-reason'],
    'The environments in the scope are larger than 4 MiB in total.',
  )
  const fits = await call('POST', DELIVERY, {
    body: { token: { name: 'Large', scope: [...named.slice(1), ...rest] } },
  })
  t.equal(fits.status, 201)
})
