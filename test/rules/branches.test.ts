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
} from '../support.ts'

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
const notFound = (name: string, kind = 'Branch') => ({
  error_message: `${kind} was not found. Please try again.`,
  error_code: 905,
  errors: { branches: [`'${name}' was not found.`] },
})
const unconfirmed = (name: string) =>
  failed('Branch deletion', 909, {
    branch: [`Are you sure you want to delete the branch '${name}'? Pass force=true to confirm.`],
  })
const DELETED = 'Your branch deletion is in progress. Please refresh in a while.'

t.test('makes, reads and lists branches', async (t) => {
  const { call } = await start(t)
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
  t.strictSame(unknown.body, notFound('nowhere'))
})

t.test('refuses what is no branch', async (t) => {
  const { call, world } = await start(t)
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
    [{ uid: 'development', source: 'main' }, 910, { branches: ['is not unique.'] }],
    [{ uid: 'deploy', source: 'main' }, 910, { branches: ['is the name of an alias.'] }],
  ] as const) {
    const { status, body } = await call('POST', BRANCHES, { body: { branch } })
    t.equal(status, 422)
    t.strictSame(body, failed('Branch creation', code, errors as never))
  }
  t.strictSame(world.state(), before)
})

t.test('deletes a branch when forced', async (t) => {
  const { call, world } = await start(t)
  const before = world.state()
  const unforced = await call('DELETE', `${BRANCHES}/development`)
  t.equal(unforced.status, 422)
  t.strictSame(unforced.body, unconfirmed('development'))
  t.strictSame((await call('DELETE', `${BRANCHES}/development?force=false`)).body, unconfirmed('development'))
  t.strictSame(world.state(), before)
  const deleted = await call('DELETE', `${BRANCHES}/development?force=True`)
  t.equal(deleted.status, 200)
  t.strictSame(deleted.body, { notice: DELETED })
  const again = await call('DELETE', `${BRANCHES}/development`)
  t.equal(again.status, 422)
  t.strictSame(again.body, notFound('development'))
  const left = world.state()
  for (const query of ['', '?force=true']) {
    const main = await call('DELETE', `${BRANCHES}/main${query}`)
    t.equal(main.status, 422)
    t.strictSame(main.body, failed('Branch deletion', 909, { branch: ["'main' cannot be deleted."] }))
  }
  const wrong = await call('DELETE', `${BRANCHES}/main?force=1`)
  t.strictSame(wrong.body, failed('Branch deletion', 909, { force: ['is not valid.'] }))
  t.strictSame(world.state(), left)
})

t.test('the source of another branch stays', async (t) => {
  const { call, world } = await start(t)
  await call('POST', BRANCHES, { body: { branch: { uid: 'feature_1', source: 'development' } } })
  const before = world.state()
  for (const query of ['', '?force=true']) {
    const { status, body } = await call('DELETE', `${BRANCHES}/development${query}`)
    t.equal(status, 422)
    t.strictSame(
      body,
      failed('Branch deletion', 909, {
        branch: ["'development' is the source of another branch. Delete that first."],
      }),
    )
  }
  t.strictSame(world.state(), before)
  await call('DELETE', `${BRANCHES}/feature_1?force=true`)
  t.equal((await call('DELETE', `${BRANCHES}/development?force=true`)).status, 200)
})

t.test('a deleted branch takes its aliases along, and leaves the scopes', async (t) => {
  const { call, world } = await start(t)
  await call('PUT', `${ALIASES}/next`, { body: { branch_alias: { target_branch: 'development' } } })
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
  t.strictSame((await start(t, { fixture: state })).world.state(), state)
})

t.test('makes, moves, reads and lists aliases', async (t) => {
  const { call } = await start(t)
  const assign = (alias: string, branch: unknown) =>
    call('PUT', `${ALIASES}/${alias}`, { body: { branch_alias: { target_branch: branch } } })
  const made = await assign('live', 'main')
  t.equal(made.status, 200)
  t.strictSame(made.body, {
    notice: 'Branch alias assigned successfully.',
    branch_alias: { ...MAIN, deleted_at: false, alias: 'live' },
  })
  t.strictSame((await assign('live', 'development')).body, {
    notice: 'Branch alias assigned successfully.',
    branch_alias: { ...DEVELOPMENT, deleted_at: false, alias: 'live' },
  })
  t.strictSame((await call('GET', `${ALIASES}/live`)).body, {
    branch_alias: { ...DEVELOPMENT, deleted_at: false, alias: 'live' },
  })
  t.strictSame((await call('GET', `${ALIASES}?include_count=true`)).body, {
    branch_aliases: [
      { ...DEVELOPMENT, deleted_at: false, alias: 'live' },
      { ...MAIN, deleted_at: false, alias: 'release' },
      { ...MAIN, deleted_at: false, alias: 'deploy' },
    ],
    count: 3,
  })
  const unknown = await call('GET', `${ALIASES}/nowhere`)
  t.equal(unknown.status, 422)
  t.strictSame(unknown.body, notFound('nowhere', 'Branch alias'))
})

t.test('refuses what is no alias', async (t) => {
  const { call, world } = await start(t)
  const before = world.state()
  const REQUIRED = ['is a required field.']
  for (const [alias, body, errors] of [
    ['live', {}, { branch_alias: REQUIRED }],
    ['live', { branch_alias: {} }, { target_branch: REQUIRED }],
    ['live', { branch_alias: { target_branch: '' } }, { target_branch: REQUIRED }],
    ['live', { branch_alias: { target_branch: null } }, { target_branch: REQUIRED }],
    ['live', { branch_alias: { target_branch: 5 } }, { target_branch: ['is not valid.'] }],
    ['LIVE', { branch_alias: { target_branch: 'main' } }, { alias: ['is not valid.'] }],
    ['a'.repeat(16), { branch_alias: { target_branch: 'main' } }, { alias: ['is not valid.'] }],
    ['development', { branch_alias: { target_branch: 'main' } }, { alias: ["'development' is a branch."] }],
  ] as const) {
    const answer = await call('PUT', `${ALIASES}/${alias}`, { body })
    t.equal(answer.status, 422)
    t.strictSame(answer.body, failed('Branch alias assignment', 903, errors as never))
  }
  const nowhere = await call('PUT', `${ALIASES}/live`, { body: { branch_alias: { target_branch: 'x' } } })
  t.equal(nowhere.status, 422)
  t.strictSame(nowhere.body, notFound('x'))
  t.strictSame(world.state(), before)
})

t.test('deletes an alias when forced, also from the scopes', async (t) => {
  const { call } = await start(t)
  await call('POST', DELIVERY, { body: { token: { name: 'Web', scope: deliveryScope() } } })
  const needed = await call('DELETE', `${ALIASES}/deploy`)
  t.equal(needed.status, 422)
  t.strictSame(
    needed.body,
    failed('Branch alias deletion', 909, {
      branch_alias: [
        "Are you sure you want to delete the branch alias 'deploy'? Pass force=true to confirm.",
      ],
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
  t.strictSame(gone.body, notFound('deploy', 'Branch alias'))
})

t.test('a management token reads the branches and assigns the aliases of its scope', async (t) => {
  const { call, world } = await start(t)
  const withScope = async (scope: object[]) => {
    const { body } = await call('POST', MANAGEMENT, { body: { token: { name: 'CI', scope } } })
    const { token } = (body as { token: { token: string } }).token
    return (method: string, url: string, input?: object) =>
      call(method, url, { as: null, headers: { authorization: token }, body: input })
  }
  const onMain = await withScope([{ module: 'branch', branches: ['main'], acl: { read: true, write: true } }])
  const onDeploy = await withScope([
    { module: 'branch_alias', branch_aliases: ['deploy'], acl: { read: true } },
  ])
  const onAll = await withScope([
    { module: '$all', acl: { read: true, write: true } },
    { module: 'branch', branches: ['development'], acl: { read: true } },
  ])
  const unread = await withScope([
    { module: '$all', acl: { read: true } },
    { module: 'branch', branches: ['main'], acl: { read: false } },
  ])
  const denied = {
    error_message: 'Access denied. You have insufficient permissions to perform this operation.',
    error_code: 161,
  }
  const outside = (name: string) => ({
    error_message: `Access denied. You have insufficient permissions to perform operation on this branch '${name}'.`,
    error_code: 901,
  })
  const notLoggedIn = {
    error_message: "You're not allowed in here unless you're logged in.",
    error_code: 105,
    errors: { authtoken: ['is not valid.'] },
  }
  const before = world.state()
  const alias = (target: string) => ({ branch_alias: { target_branch: target } })
  for (const [token, method, url, status, expected, input] of [
    [onMain, 'GET', `${BRANCHES}/development`, 422, outside('development')],
    [onMain, 'GET', ALIASES, 401, denied],
    [onDeploy, 'GET', BRANCHES, 401, denied],
    [onDeploy, 'GET', `${ALIASES}/release`, 422, outside('release')],
    [onDeploy, 'PUT', `${ALIASES}/deploy`, 401, denied, alias('main')],
    [onAll, 'PUT', `${ALIASES}/next`, 422, outside('main'), alias('main')],
    [onAll, 'PUT', `${ALIASES}/deploy`, 422, outside('deploy'), alias('development')],
    [unread, 'GET', `${BRANCHES}/main`, 422, outside('main')],
    [onAll, 'POST', BRANCHES, 401, notLoggedIn, { branch: { uid: 'a', source: 'development' } }],
    [onAll, 'DELETE', `${BRANCHES}/development?force=true`, 401, notLoggedIn],
    [onDeploy, 'DELETE', `${ALIASES}/deploy?force=true`, 401, notLoggedIn],
  ] as const) {
    const answer = await token(method, url, input)
    t.equal(answer.status, status, `${method} ${url}`)
    t.strictSame(answer.body, expected)
  }
  t.strictSame(world.state(), before)
  t.equal((await onMain('GET', BRANCHES)).status, 200)
  t.equal((await onMain('GET', `${BRANCHES}/main`)).status, 200)
  t.equal((await onDeploy('GET', ALIASES)).status, 200)
  t.equal((await onDeploy('GET', `${ALIASES}/deploy`)).status, 200)
  t.equal((await onAll('PUT', `${ALIASES}/next`, alias('development'))).status, 200)
})
