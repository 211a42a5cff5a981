import t from 'tap'
import {
  ALIASES,
  BRANCHES,
  DELIVERY,
  deliveryScope,
  MANAGEMENT,
  managementScope,
  NOW,
  refused,
  start,
} from './support.ts'

const OWNER = 'blt6563a9b067fc1bc9'
const FIRST = '2024-01-01T00:00:00.000Z'
const SECOND = '2024-01-01T00:00:01.000Z'
const MAIN = {
  uid: 'main',
  source: '',
  created_by: OWNER,
  updated_by: OWNER,
  created_at: FIRST,
  updated_at: FIRST,
}
const DEVELOPMENT = { ...MAIN, uid: 'development', source: 'main', created_at: SECOND, updated_at: SECOND }
const FEATURE = { ...MAIN, uid: 'feature_1', source: 'development', created_at: NOW, updated_at: NOW }
const failed = (operation: string, error_code: number, errors: Record<string, string[]>) => ({
  ...refused(operation, errors),
  error_code,
})
const NOT_FOUND = { error_message: 'Branch was not found. Please try again.', error_code: 905 }
const ALIAS_NOT_FOUND = { error_message: 'Branch alias was not found. Please try again.', error_code: 905 }
const DELETED =
  'Your request to delete branch is in progress. Please check organization bulk task queue for more details.'

t.test('makes, reads and lists branches', async (t) => {
  const { call } = start(t)
  const created = await call('POST', BRANCHES, {
    body: { branch: { uid: 'feature_1', source: 'development' } },
  })
  t.equal(created.status, 201)
  t.strictSame(created.body, {
    notice:
      'Your request to create branch is in progress. Please check organization bulk task queue for more details.',
    branch: { ...FEATURE, alias: [] },
  })
  t.strictSame((await call('GET', BRANCHES)).body, {
    branches: [
      { ...FEATURE, deleted_at: false, alias: [] },
      { ...DEVELOPMENT, deleted_at: false, alias: [] },
      { ...MAIN, deleted_at: false, alias: [{ uid: 'deploy' }, { uid: 'release' }] },
    ],
  })
  t.strictSame((await call('GET', `${BRANCHES}/feature_1`)).body, {
    branch: { ...FEATURE, deleted_at: false, alias: [] },
  })
  t.strictSame((await call('GET', `${BRANCHES}?count=true`)).body, { branches: 3 })
  const unknown = await call('GET', `${BRANCHES}/nowhere`)
  t.equal(unknown.status, 422)
  t.strictSame(unknown.body, NOT_FOUND)
})

t.test('refuses what is no branch', async (t) => {
  const { call, world } = start(t)
  const before = world.state()
  const REQUIRED = ['is a required field.']
  const NOT_VALID = ['is not valid.']
  for (const [branch, code, errors] of [
    [undefined, 903, { branch: REQUIRED }],
    [{}, 903, { uid: REQUIRED, source: REQUIRED }],
    [{ uid: null, source: null }, 903, { uid: REQUIRED, source: REQUIRED }],
    [{ uid: 'Feature', source: 'main' }, 903, { uid: NOT_VALID }],
    [{ uid: 'a'.repeat(16), source: 'main' }, 903, { uid: NOT_VALID }],
    [{ uid: 'a-b', source: 'main' }, 903, { uid: NOT_VALID }],
    [{ uid: 'next', source: 'nowhere' }, 903, { source: ["'nowhere' branch was not found."] }],
    [{ uid: 'next', source: 'deploy' }, 903, { source: ["'deploy' branch was not found."] }],
    [{ uid: 'development', source: 'main' }, 910, { uid: ['is not unique.'] }],
    [{ uid: 'deploy', source: 'main' }, 910, { uid: ['is not unique.'] }],
  ] as const) {
    const { status, body } = await call('POST', BRANCHES, { body: { branch } })
    t.equal(status, 422)
    t.strictSame(body, failed('Branch creation', code, errors as never))
  }
  t.strictSame(world.state(), before)
})

t.test('deletes a branch that nothing needs', async (t) => {
  const { call, world } = start(t)
  const deleted = await call('DELETE', `${BRANCHES}/development`)
  t.equal(deleted.status, 200)
  t.strictSame(deleted.body, { notice: DELETED })
  const again = await call('DELETE', `${BRANCHES}/development`)
  t.equal(again.status, 422)
  t.strictSame(again.body, NOT_FOUND)
  const before = world.state()
  for (const query of ['', '?force=true']) {
    const main = await call('DELETE', `${BRANCHES}/main${query}`)
    t.equal(main.status, 422)
    t.strictSame(main.body, failed('Branch deletion', 909, { branch: ["'main' cannot be deleted."] }))
  }
  const wrong = await call('DELETE', `${BRANCHES}/main?force=1`)
  t.strictSame(wrong.body, failed('Branch deletion', 909, { force: ['is not valid.'] }))
  t.strictSame(world.state(), before)
})

t.test('a branch that an alias or a token needs is deleted by force only', async (t) => {
  const { call, world } = start(t, { randomIds: true })
  await call('PUT', `${ALIASES}/next`, { body: { branch_alias: { target_branch: 'development' } } })
  const aliased = await call('DELETE', `${BRANCHES}/development`)
  t.equal(aliased.status, 422)
  t.strictSame(
    aliased.body,
    failed('Branch deletion', 909, {
      branch: ['an alias points to this branch. Move it first or pass force=true.'],
    }),
  )
  await call('PUT', `${ALIASES}/next`, { body: { branch_alias: { target_branch: 'main' } } })
  const scope = managementScope()
  Object.assign(scope[2] as object, { branch_aliases: ['next', 'deploy'] })
  await call('POST', MANAGEMENT, { body: { token: { name: 'CI', scope } } })
  await call('POST', MANAGEMENT, {
    body: {
      token: { name: 'On main', scope: [{ module: 'branch', branches: ['main'], acl: { read: true } }] },
    },
  })
  await call('POST', DELIVERY, { body: { token: { name: 'Web', scope: deliveryScope() } } })
  await call('POST', DELIVERY, {
    body: {
      token: {
        name: 'Main',
        scope: [deliveryScope()[0], { module: 'branch', branches: ['main'], acl: { read: true } }],
      },
    },
  })
  const before = world.state()
  const needed = await call('DELETE', `${BRANCHES}/development`)
  t.equal(needed.status, 422)
  t.strictSame(
    needed.body,
    failed('Branch deletion', 909, {
      branch: ['a token has this branch in its scope. Change it first or pass force=true.'],
    }),
  )
  t.strictSame(world.state(), before)
  await call('PUT', `${ALIASES}/next`, { body: { branch_alias: { target_branch: 'development' } } })

  t.equal((await call('DELETE', `${BRANCHES}/development?force=true`)).status, 200)
  const lists = async (url: string) =>
    ((await call('GET', url)).body as { tokens: { scope: object[] }[] }).tokens.map(({ scope }) =>
      scope.slice(1),
    )
  t.match(await lists(MANAGEMENT), [[], [{ branches: ['main'] }, { branch_aliases: ['deploy'] }]])
  t.match(await lists(DELIVERY), [
    [{ branches: ['main'] }],
    [{ branches: ['main'] }, { branch_aliases: ['deploy', 'release'] }],
  ])
  t.equal((await call('GET', `${ALIASES}/next`)).status, 422, 'its alias is gone, too')
  const state = world.state()
  t.strictSame(start(t, { fixture: state }).world.state(), state)
})

t.test('makes, moves, reads and lists aliases', async (t) => {
  const { call } = start(t)
  const assign = (alias: string, branch: unknown) =>
    call('PUT', `${ALIASES}/${alias}`, { body: { branch_alias: { target_branch: branch } } })
  const made = await assign('live', 'main')
  t.equal(made.status, 200)
  t.strictSame(made.body, {
    notice: 'Branch alias assigned successfully.',
    branch_alias: { ...MAIN, alias: 'live' },
  })
  t.strictSame((await assign('live', 'development')).body, {
    notice: 'Branch alias assigned successfully.',
    branch_alias: { ...DEVELOPMENT, alias: 'live' },
  })
  t.strictSame((await call('GET', `${ALIASES}/live`)).body, {
    branch_alias: { ...DEVELOPMENT, alias: 'live' },
  })
  t.strictSame((await call('GET', `${ALIASES}?include_count=true`)).body, {
    branch_aliases: [
      { ...DEVELOPMENT, alias: 'live' },
      { ...MAIN, alias: 'release' },
      { ...MAIN, alias: 'deploy' },
    ],
    count: 3,
  })
  const unknown = await call('GET', `${ALIASES}/nowhere`)
  t.equal(unknown.status, 422)
  t.strictSame(unknown.body, ALIAS_NOT_FOUND)
})

t.test('refuses what is no alias', async (t) => {
  const { call, world } = start(t)
  const before = world.state()
  const REQUIRED = ['is a required field.']
  for (const [alias, body, errors] of [
    ['live', {}, { branch_alias: REQUIRED }],
    ['live', { branch_alias: {} }, { target_branch: REQUIRED }],
    ['live', { branch_alias: { target_branch: '' } }, { target_branch: REQUIRED }],
    ['live', { branch_alias: { target_branch: null } }, { target_branch: REQUIRED }],
    ['live', { branch_alias: { target_branch: 5 } }, { target_branch: ['is not valid.'] }],
    ['live', { branch_alias: { target_branch: 'x' } }, { target_branch: ["'x' branch was not found."] }],
    ['LIVE', { branch_alias: { target_branch: 'main' } }, { uid: ['is not valid.'] }],
    ['development', { branch_alias: { target_branch: 'main' } }, { uid: ["'development' is a branch."] }],
  ] as const) {
    const answer = await call('PUT', `${ALIASES}/${alias}`, { body })
    t.equal(answer.status, 422)
    t.strictSame(answer.body, failed('Branch alias assignment', 903, errors as never))
  }
  t.strictSame(world.state(), before)
})

t.test('an alias that a token needs is deleted by force only', async (t) => {
  const { call } = start(t, { randomIds: true })
  await call('POST', DELIVERY, { body: { token: { name: 'Web', scope: deliveryScope() } } })
  const needed = await call('DELETE', `${ALIASES}/deploy`)
  t.equal(needed.status, 422)
  t.strictSame(
    needed.body,
    failed('Branch alias deletion', 909, {
      branch_alias: ['a token has this alias in its scope. Change it first or pass force=true.'],
    }),
  )
  const deleted = await call('DELETE', `${ALIASES}/deploy?force=true`)
  t.equal(deleted.status, 200)
  t.strictSame(deleted.body, { notice: 'Branch alias deleted successfully.' })
  t.match((await call('GET', DELIVERY)).body, {
    tokens: [{ scope: [{}, {}, { branch_aliases: ['release'] }] }],
  })
  const gone = await call('DELETE', `${ALIASES}/deploy`)
  t.equal(gone.status, 422)
  t.strictSame(gone.body, ALIAS_NOT_FOUND)
})

t.test('a management token works on the branches and aliases of its scope', async (t) => {
  const { call } = start(t, { randomIds: true })
  const withScope = async (scope: object[]) => {
    const { body } = await call('POST', MANAGEMENT, { body: { token: { name: 'CI', scope } } })
    const { token } = (body as { token: { token: string } }).token
    return async (method: string, url: string, input?: object) =>
      (await call(method, url, { as: null, headers: { authorization: token }, body: input })).status
  }
  const onMain = await withScope([{ module: 'branch', branches: ['main'], acl: { read: true, write: true } }])
  t.equal(await onMain('GET', BRANCHES), 200)
  t.equal(await onMain('GET', `${BRANCHES}/main`), 200)
  t.equal(await onMain('GET', `${BRANCHES}/development`), 422)
  t.equal(await onMain('POST', BRANCHES, { branch: { uid: 'a', source: 'development' } }), 422)
  t.equal(await onMain('POST', BRANCHES, { branch: { uid: 'a', source: 'main' } }), 201)
  t.equal(await onMain('DELETE', `${BRANCHES}/a`), 422, 'the new one is not in its scope')
  t.equal(await onMain('GET', ALIASES), 403)

  const onDeploy = await withScope([
    { module: 'branch_alias', branch_aliases: ['deploy'], acl: { read: true } },
  ])
  t.equal(await onDeploy('GET', ALIASES), 200)
  t.equal(await onDeploy('GET', `${ALIASES}/deploy`), 200)
  t.equal(await onDeploy('GET', `${ALIASES}/release`), 422)
  t.equal(await onDeploy('DELETE', `${ALIASES}/deploy`), 403)
  t.equal(await onDeploy('GET', BRANCHES), 403)

  const onAll = await withScope([
    { module: '$all', acl: { read: true, write: true } },
    { module: 'branch', branches: ['development'], acl: { read: true } },
  ])
  t.equal(await onAll('PUT', `${ALIASES}/next`, { branch_alias: { target_branch: 'main' } }), 422)
  t.equal(await onAll('PUT', `${ALIASES}/next`, { branch_alias: { target_branch: 'development' } }), 200)
  t.equal(await onAll('DELETE', `${ALIASES}/next`), 200)
  t.equal(
    await onAll('PUT', `${ALIASES}/deploy`, { branch_alias: { target_branch: 'development' } }),
    422,
    'not its own',
  )
  const unread = await withScope([
    { module: '$all', acl: { read: true } },
    { module: 'branch', branches: ['main'], acl: { read: false } },
  ])
  t.equal(await unread('GET', `${BRANCHES}/main`), 422, 'an entry that may not be read')
})
