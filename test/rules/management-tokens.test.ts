import t from 'tap'
import {
  MANAGEMENT,
  MANAGEMENT_MODULES,
  type Mock,
  managementScope,
  NOW,
  refused,
  start,
  TOKEN_VALUE,
  UID,
  withIds,
} from '../support.ts'

const CREATION = 'Management Token creation'
const OWNER = 'blt6563a9b067fc1bc9'
const CAP_REACHED = refused(CREATION, {
  token: ['limit reached: a stack can have at most 10 management tokens.'],
})

interface Answer {
  token: Record<string, unknown> & { uid: string; token?: string }
  tokens: Record<string, unknown>[]
}

const post = ({ call }: Mock, token: object = {}) =>
  call('POST', MANAGEMENT, { body: { token: { name: 'Test', scope: managementScope(), ...token } } })

t.test('answers a created token with all its keys, and its value this once', async (t) => {
  const mock = await start(t)
  const { status, body } = await post(mock, {
    description: 'For CI',
    expires_on: '2026-12-10',
    is_email_notification_enabled: true,
  })
  const shown = {
    name: 'Test',
    description: 'For CI',
    scope: managementScope().map(({ module, acl, ...names }) => ({ module, acl, ...names })),
    expires_on: '2026-12-10',
    is_email_notification_enabled: true,
    uid: (body as Answer).token.uid,
    created_by: OWNER,
    updated_by: OWNER,
    created_at: NOW,
    updated_at: NOW,
  }
  t.equal(status, 201)
  const created = {
    notice: 'Management Token created successfully.',
    token: { ...shown, uid: UID, token: TOKEN_VALUE },
  }
  t.strictSame(body, withIds(created, body))
  t.strictSame((await mock.call('GET', `${MANAGEMENT}/${shown.uid}`)).body, { token: shown })
  t.strictSame((await mock.call('GET', MANAGEMENT)).body, { tokens: [shown] })
  mock.clock.set('2026-02-01T00:00:00.000Z')
  const put = await mock.call('PUT', `${MANAGEMENT}/${shown.uid}`, {
    as: 'admin',
    body: { token: { name: 'Renamed' } },
  })
  const { token } = put.body as Answer
  t.equal(put.status, 200)
  t.not(token['updated_by'], OWNER)
  t.strictSame(put.body, {
    notice: 'Management Token updated successfully.',
    token: {
      ...shown,
      name: 'Renamed',
      updated_by: token['updated_by'],
      updated_at: '2026-02-01T00:00:00.000Z',
    },
  })
})

t.test('what a create request leaves out', async (t) => {
  const { body } = await post(await start(t))
  const { description, expires_on, is_email_notification_enabled, rate_limit_enabled } = (body as Answer)
    .token
  t.strictSame(
    [description, expires_on, is_email_notification_enabled, rate_limit_enabled],
    ['', null, false, undefined],
  )
})

t.test('an update changes each field it sends', async (t) => {
  const mock = await start(t)
  const created = ((await post(mock)).body as Answer).token
  const changes = {
    description: 'Changed',
    expires_on: '2027-01-31T08:00:00Z',
    is_email_notification_enabled: true,
    rate_limit_enabled: true,
    scope: [
      { module: '$all', acl: { read: true } },
      { module: 'branch', branches: ['main'], acl: { read: true } },
    ],
  }
  const { body } = await mock.call('PUT', `${MANAGEMENT}/${created.uid}`, { body: { token: changes } })
  const { token: _, ...before } = created
  t.strictSame((body as Answer).token, {
    ...before,
    ...changes,
    scope: [
      { module: '$all', acl: { read: true } },
      { module: 'branch', acl: { read: true }, branches: ['main'] },
    ],
  })
  const cleared = await mock.call('PUT', `${MANAGEMENT}/${created.uid}`, {
    body: { token: { description: null, expires_on: null, rate_limit_enabled: false } },
  })
  const { description, expires_on, rate_limit_enabled } = (cleared.body as Answer).token
  t.strictSame([description, expires_on, rate_limit_enabled], ['', null, false])
})

const refusals: [what: string, token: object, errors: Record<string, string[]>][] = [
  ['a null name', { name: null }, { name: ['is a required field.'] }],
  ['a name that is too long', { name: 'x'.repeat(256) }, { name: ['is too long. Maximum 255 characters.'] }],
  ['an empty scope', { scope: [] }, { scope: ['is a required field.'] }],
  [
    'no branch or alias',
    { scope: managementScope().slice(0, 1) },
    { 'scope.branch_or_alias': ['is a required field.'] },
  ],
  [
    'an acl with another key',
    { scope: [{ module: 'entry', acl: { read: true, publish: true } }, ...managementScope()] },
    { 'scope.acl': ['is not valid.'] },
  ],
  [
    'an empty acl',
    { scope: [{ module: 'entry', acl: {} }, ...managementScope()] },
    { 'scope.acl': ['is not valid.'] },
  ],
  ...[
    'soon',
    '',
    '2026-13-01',
    '2026-02-30',
    '2026-1-1',
    '2026-01-01T25:00:00Z',
    'x2026-01-01',
    '2026-01-01T00:00x',
  ].map((date): [string, object, Record<string, string[]>] => [
    `expires_on '${date}'`,
    { expires_on: date },
    { expires_on: ['is not valid.'] },
  ]),
  ['an expires_on that is a number', { expires_on: 20261210 }, { expires_on: ['is not valid.'] }],
  [
    'is_email_notification_enabled "true"',
    { is_email_notification_enabled: 'true' },
    { is_email_notification_enabled: ['is not valid.'] },
  ],
  [
    'a null is_email_notification_enabled',
    { is_email_notification_enabled: null },
    { is_email_notification_enabled: ['is not valid.'] },
  ],
  ...['taxonomy', 'delivery_token', 'audit_log', 'publish_queue', 'stack', '__proto__'].map(
    (module): [string, object, Record<string, string[]>] => [
      `the module ${module}`,
      { scope: [...managementScope(), { module, acl: { read: true } }] },
      { 'scope.module': [`'${module}' is not valid.`] },
    ],
  ),
]

for (const [what, token, errors] of refusals) {
  t.test(`refuses ${what}, and changes nothing`, async (t) => {
    const mock = await start(t)
    const { uid } = ((await post(mock)).body as Answer).token
    const before = mock.world.state()
    const posted = await post(mock, token)
    t.equal(posted.status, 422)
    t.strictSame(posted.body, refused(CREATION, errors))
    const put = await mock.call('PUT', `${MANAGEMENT}/${uid}`, { body: { token } })
    t.equal(put.status, 422)
    t.strictSame(put.body, refused('Management Token update', errors))
    t.strictSame(mock.world.state(), before)
  })
}

t.test('takes every module of the content API', async (t) => {
  const scope = MANAGEMENT_MODULES.map((module) => ({ module, acl: { read: true, write: 'false' } }))
  const { status, body } = await post(await start(t), { scope: [...scope, ...managementScope().slice(1)] })
  t.equal(status, 201)
  const [first] = (body as Answer).token['scope'] as object[]
  t.strictSame(first, { module: 'content_type', acl: { read: true, write: false } })
})

t.test('keeps no lists of names but those of branches and aliases', async (t) => {
  const lists = { environments: ['nope'], branches: ['nope'], branch_aliases: ['nope'] }
  const entries = ['environment', 'entry'].map((module) => ({ module, acl: { read: true } }))
  const { status, body } = await post(await start(t), {
    scope: [...entries.map((entry) => ({ ...entry, ...lists })), ...managementScope().slice(1)],
  })
  t.equal(status, 201)
  t.strictSame(((body as Answer).token['scope'] as object[]).slice(0, 2), entries)
})

t.test('takes an expiry in the past, and a name that is taken', async (t) => {
  const mock = await start(t)
  t.equal((await post(mock, { expires_on: '2020-12-10' })).status, 201)
  t.equal((await post(mock, { expires_on: '2020-12-10' })).status, 201)
})

t.test('an unknown uid is not found', async (t) => {
  const { call } = await start(t)
  for (const [method, body] of [['GET'], ['PUT', { token: { name: 'x' } }], ['DELETE']] as const) {
    const answer = await call(method, `${MANAGEMENT}/bltffffffffffffffff`, { body })
    t.equal(answer.status, 422)
    t.strictSame(answer.body, {
      error_message: 'Management Token Not Found.',
      error_code: 141,
      errors: { token: ['is not valid.'] },
    })
  }
})

t.test('refuses list parameters in the same words as for delivery tokens', async (t) => {
  const { status, body } = await (await start(t)).call('GET', `${MANAGEMENT}?skip=-1`)
  t.equal(status, 422)
  t.strictSame(body, refused('Management Token fetch', { params: ['has an invalid operation.'] }))
})

t.test('the eleventh token is refused, until one is deleted', async (t) => {
  const mock = await start(t, { fixture: 'at-cap' })
  const refusal = await post(mock)
  t.equal(refusal.status, 422)
  t.strictSame(refusal.body, CAP_REACHED)
  const [first] = ((await mock.call('GET', MANAGEMENT)).body as Answer).tokens
  await mock.call('DELETE', `${MANAGEMENT}/${first?.['uid']}`)
  t.equal((await post(mock)).status, 201)
  t.equal((await post(mock)).status, 422)
})

t.test('the cap is a setting', async (t) => {
  const mock = await start(t, { managementTokenCap: 1 })
  t.equal((await post(mock)).status, 201)
  t.strictSame(
    (await post(mock)).body,
    refused(CREATION, { token: ['limit reached: a stack can have at most 1 management tokens.'] }),
  )
})

t.test('live: an expiry before today is refused, today is not', async (t) => {
  const PAST = { expires_on: ['must not be in the past.'] }
  for (const [expiresOn, refusedHere] of [
    ['2025-12-31', true],
    ['2025-12-31T23:59:59.999Z', true],
    ['2026-01-01T00:30+01:00', true],
    ['2026-01-01T00:30+0100', true],
    ['2026-01-01', false],
    ['2026-01-01T00:00Z', false],
    ['2026-01-02', false],
    [null, false],
  ] as const) {
    const mock = await start(t, { profile: 'live', now: '2026-01-01T12:00:00.000Z' })
    const kept = ((await post(mock)).body as Answer).token.uid
    const created = await post(mock, { expires_on: expiresOn })
    t.equal(created.status, refusedHere ? 422 : 201, String(expiresOn))
    const put = await mock.call('PUT', `${MANAGEMENT}/${kept}`, {
      body: { token: { expires_on: expiresOn } },
    })
    t.equal(put.status, refusedHere ? 422 : 200)
    if (!refusedHere) continue
    t.strictSame(created.body, refused(CREATION, PAST))
    t.strictSame(put.body, refused('Management Token update', PAST))
  }
  const mock = await start(t, { profile: 'live' })
  const { uid } = ((await post(mock, { expires_on: '2026-01-01' })).body as Answer).token
  mock.clock.set('2026-06-01T00:00:00.000Z')
  const renamed = await mock.call('PUT', `${MANAGEMENT}/${uid}`, { body: { token: { name: 'Renamed' } } })
  t.equal(renamed.status, 200, 'an update that does not name it')
  for (const profile of ['compatible', 'documented'] as const)
    t.equal((await post(await start(t, { profile }), { expires_on: '2020-12-10' })).status, 201, profile)
})

t.test('an acl may be write-only, and a list that was not sent is not invented', async (t) => {
  const mock = await start(t)
  const scope = [
    { module: 'entry', acl: { write: true } },
    { module: 'branch', acl: { read: true }, branches: ['main'] },
    { module: 'branch', acl: { read: true } },
    { module: 'branch_alias', acl: { read: true } },
  ]
  const { status, body } = await post(mock, { scope })
  t.equal(status, 201)
  t.strictSame((body as Answer).token['scope'], scope)
})

t.test('the scope is checked before the cap', async (t) => {
  const mock = await start(t, { managementTokenCap: 0 })
  const { body } = await post(mock, { scope: [{ module: 'stack', acl: { read: true } }] })
  t.strictSame(body, refused(CREATION, { 'scope.module': ["'stack' is not valid."] }))
})

t.test('names given twice in a scope count once', async (t) => {
  const branch = { module: 'branch', acl: { read: true }, branches: ['main', 'main', 'development'] }
  const alias = { module: 'branch_alias', acl: { read: true }, branch_aliases: ['deploy', 'deploy'] }
  const { body } = await post(await start(t), { scope: [branch, alias] })
  t.strictSame((body as Answer).token['scope'], [
    { ...branch, branches: ['main', 'development'] },
    { ...alias, branch_aliases: ['deploy'] },
  ])
})

t.test('what a scope lacks is told once its entries are right', async (t) => {
  const { body } = await post(await start(t), { scope: [{ module: 'stack', acl: { read: true } }] })
  t.strictSame(body, refused(CREATION, { 'scope.module': ["'stack' is not valid."] }))
})

t.test('an update keeps each field that it leaves out', async (t) => {
  const mock = await start(t)
  const { body } = await post(mock, {
    description: 'For CI',
    expires_on: '2026-12-10',
    is_email_notification_enabled: true,
    rate_limit_enabled: true,
  })
  const { token: _value, ...created } = (body as Answer).token
  for (const token of [
    {},
    { name: 'Test' },
    { is_email_notification_enabled: true },
    { rate_limit_enabled: true },
  ]) {
    const put = await mock.call('PUT', `${MANAGEMENT}/${created.uid}`, { body: { token } })
    t.strictSame(put.body, { notice: 'Management Token updated successfully.', token: created })
  }
  const cleared = await mock.call('PUT', `${MANAGEMENT}/${created.uid}`, {
    body: {
      token: {
        description: null,
        expires_on: null,
        is_email_notification_enabled: false,
        rate_limit_enabled: false,
      },
    },
  })
  t.strictSame((cleared.body as Answer).token, {
    ...created,
    description: '',
    expires_on: null,
    is_email_notification_enabled: false,
    rate_limit_enabled: false,
  })
})

t.test('half a surrogate pair is kept as U+FFFD', async (t) => {
  const mock = await start(t)
  const body = `{"token":{"name":"a\\ud800","description":"\\udfffb","scope":${JSON.stringify(managementScope())}}}`
  const created = await mock.call('POST', MANAGEMENT, { body })
  t.equal(created.status, 201)
  t.match(created.body, { token: { name: 'a\ufffd', description: '\ufffdb' } })
  t.match((await mock.call('GET', MANAGEMENT)).body, {
    tokens: [{ name: 'a\ufffd', description: '\ufffdb' }],
  })
})
