import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { fixtureSchemaText } from '../../src/fixtures/schema.ts'
import { createTokensMock, type Fixture, FixtureError } from '../../src/index.ts'
import { AUTHTOKENS, DELIVERY, MANAGEMENT, MANAGEMENT_MODULES, start } from '../support.ts'

const FIXTURES = ['at-cap', 'blank-stack', 'demo', 'documentation']

/** Starts a server with content of any kind, and stops it. */
async function check(content: unknown): Promise<void> {
  await using _ = await createTokensMock({ fixtures: content as Fixture })
}

t.test('the published schema is the one in the code', async (t) => {
  const published = readFileSync(new URL('../../fixtures/schema.json', import.meta.url), 'utf8')
  t.equal(published, fixtureSchemaText(), 'npm run schema writes it anew')
})

t.test('an editor completes modules and roles by the published schema', async (t) => {
  const { properties } = JSON.parse(
    readFileSync(new URL('../../fixtures/schema.json', import.meta.url), 'utf8'),
  ) as { properties: { stacks: { items: { properties: Record<string, object> } } } }
  const { delivery_tokens, management_tokens, members } = properties.stacks.items.properties
  const scopeOf = (modules: string[]) => ({
    items: {
      properties: { scope: { items: { properties: { module: { type: 'string', enum: modules } } } } },
    },
  })
  t.match(delivery_tokens, scopeOf(['environment', 'branch', 'branch_alias']))
  t.match(management_tokens, scopeOf([...MANAGEMENT_MODULES, 'branch', 'branch_alias']))
  const roles = ['admin', 'developer', 'content_manager']
  t.match(members, { items: { properties: { role: { enum: roles } } } })
})

t.test('the fixtures that come with the package', async (t) => {
  const folder = new URL('../../fixtures/', import.meta.url)
  t.strictSame(readdirSync(folder).sort(), [...FIXTURES.map((name) => `${name}.json`), 'schema.json'])
  for (const name of FIXTURES) {
    const { $schema } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Fixture
    t.equal($schema, './schema.json')
  }
  const [empty] = (await start(t, { fixture: 'empty' })).world.state().stacks
  t.strictSame([empty?.delivery_tokens, empty?.management_tokens], [[], []])
  const [full] = (await start(t, { fixture: 'at-cap' })).world.state().stacks
  t.equal(full?.management_tokens?.length, 10)
})

t.test('the documentation fixture holds the stack of the page', async (t) => {
  const { call, world } = await start(t, { fixture: 'documentation' })
  const [stack] = world.state().stacks
  t.equal(stack?.api_key, 'blt20962a819b57e233')
  t.strictSame(
    stack?.branches?.map(({ uid, source }) => [uid, source]),
    [
      ['main', ''],
      ['development', 'main'],
    ],
  )
  t.strictSame(
    stack?.branch_aliases?.map(({ alias }) => alias),
    ['deploy', 'release'],
  )
  t.strictSame(
    stack?.environments?.map(({ name }) => name),
    ['production'],
  )
  for (const apiKey of ['blt20962a819b57e233', 'your_stack_api_key']) {
    for (const authtoken of ['Your_Authtoken', 'your_authtoken']) {
      t.equal((await call('GET', DELIVERY, { apiKey, as: null, headers: { authtoken } })).status, 200)
    }
  }
})

t.test('the demo has tokens of every kind, some of which expire this week and some expired', async (t) => {
  const { stacks } = (await start(t, { fixture: 'demo' })).world.state()
  t.equal(stacks.length, 2)
  const delivery = stacks.flatMap((stack) => stack.delivery_tokens ?? [])
  t.ok(delivery.some((token) => token.preview_token) && delivery.some((token) => !token.preview_token))
  const expiries = stacks.flatMap((stack) => stack.management_tokens ?? []).map((token) => token.expires_on)
  t.strictSame(expiries, [
    '2026-04-01T00:00:00.000Z',
    '2026-01-06T00:00:00.000Z',
    '2026-01-03T00:00:00.000Z',
    null,
    '2023-09-30',
    '2026-01-08T00:01:00.000Z',
    '2024-03-31',
  ])
})

t.test('the same file gives the same values at every start', async (t) => {
  t.strictSame(
    (await start(t, { fixture: 'demo' })).world.state(),
    (await start(t, { fixture: 'demo' })).world.state(),
  )
})

t.test('the state is a fixture that gives the same state', async (t) => {
  for (const fixture of FIXTURES) {
    const { call, world } = await start(t, { fixture })
    const apiKey = world.state().stacks[0]?.api_key ?? ''
    const authtoken = world.state().users[0]?.authtokens?.[0] ?? ''
    const scope = [
      { module: 'environment', environments: ['production'], acl: { read: true } },
      { module: 'branch', branches: ['main'], acl: { read: true } },
    ]
    const created = await call('POST', `${DELIVERY}?create_with_preview_token=true`, {
      apiKey,
      as: null,
      headers: { authtoken },
      body: { token: { name: 'Made', scope } },
    })
    t.equal(created.status, 201)
    const state = world.state()
    const copy = await start(t, {
      fixture: JSON.parse(JSON.stringify(state)) as Fixture,
      now: '2026-01-01T00:00:30.000Z',
    })
    t.strictSame(copy.world.state(), state)
    const list = { apiKey, as: null, headers: { authtoken } } as const
    for (const url of [DELIVERY, MANAGEMENT]) {
      t.strictSame((await copy.call('GET', url, list)).body, (await call('GET', url, list)).body)
    }
  }
})

const minimal = (): Fixture => ({
  organization: { name: 'Example' },
  users: [
    {
      email: 'o@example.com',
      password: 'x',
      first_name: 'O',
      last_name: 'O',
      authtokens: [AUTHTOKENS.owner],
    },
  ],
  stacks: [{ name: 'Bare', owner: 'O@example.com' }],
})

t.test('what a fixture leaves out is derived', async (t) => {
  const { world } = await start(t, {
    fixture: {
      ...minimal(),
      stacks: [
        {
          ...(minimal().stacks[0] as Fixture['stacks'][number]),
          environments: [{ name: 'production' }],
          delivery_tokens: [
            {
              name: 'D',
              scope: [{ module: 'environment', environments: ['production'], acl: { read: true } }],
              preview_token: false,
            },
          ],
          management_tokens: [{ name: 'M', scope: [{ module: '$all', acl: { read: true } }] }],
        },
      ],
    },
  })
  const [stack] = world.state().stacks
  const [delivery] = stack?.delivery_tokens ?? []
  const [management] = stack?.management_tokens ?? []
  t.match(stack?.api_key, /^blt[0-9a-f]{16}$/)
  t.match(delivery?.uid, /^blt[0-9a-f]{16}$/)
  t.match(delivery?.token, /^cs[0-9a-f]{24}$/)
  t.match(delivery?.scope[0]?._metadata?.uid, /^cs[0-9a-f]{16}$/)
  t.notOk(delivery && 'preview_token' in delivery)
  t.equal(delivery?.created_at, '2024-01-01T00:00:00.000Z')
  t.equal(delivery?.created_by, world.state().users[0]?.uid)
  t.match(management?.token, /^cs[0-9a-f]{24}$/)
  t.strictSame([management?.expires_on, management?.is_email_notification_enabled], [null, false])
})

t.test('every mistake of a file is told, with its path', async (t) => {
  const problemsOf = (content: unknown) =>
    check(content).then(
      () => [],
      (error: FixtureError) => error.problems,
    )
  t.strictSame(await problemsOf(minimal()), [])
  t.strictSame(await problemsOf({ organization: {}, users: [{ email: 'x' }], stacks: 1, stack: [] }), [
    "$: must NOT have additional properties ('stack').",
    "$.organization: must have required property 'name'.",
    "$.users[0]: must have required property 'password'.",
    "$.users[0]: must have required property 'first_name'.",
    "$.users[0]: must have required property 'last_name'.",
    '$.users[0].email: must match pattern "^[^@\\s]+@[^@\\s]+$".',
    '$.stacks: must be array.',
  ])
  const [user] = minimal().users
  const scope = (environment: string) => [
    { module: 'environment', environments: [environment], acl: { read: true } },
  ]
  t.strictSame(
    await problemsOf({
      ...minimal(),
      organization: {
        name: 'Example',
        owner: 'nobody@example.com',
        admins: ['O@example.com', 'x@example.com', 'o@example.com'],
      },
      users: [
        { ...user, oauth_tokens: ['oauth'] },
        { ...user, email: 'O@EXAMPLE.com', totp_secret: 'JBSWY3DP', oauth_tokens: ['oauth'] },
      ],
      stacks: [
        {
          name: 'One',
          api_key: 'blt1',
          owner: 'nobody@example.com',
          members: [
            { email: 'ghost@example.com', role: 'admin' },
            { email: 'ghost@example.com', role: 'developer' },
            { email: 'o@example.com', role: 'king' },
          ],
          environments: [
            { name: 'a', uid: 'e' },
            { name: 'a', uid: 'e' },
          ],
          branches: [{ uid: 'main' }, { uid: 'main' }],
          branch_aliases: [
            { alias: 'live', branch: 'moon' },
            { alias: 'live', branch: 'main' },
            { alias: 'main', branch: 'main' },
          ],
          delivery_tokens: [
            { name: 'D', uid: 'u', token: 't', scope: scope('b') },
            { name: 'D', uid: 'u', token: 't', scope: [{ module: 'entry', acl: { read: true } }] },
          ],
          management_tokens: [
            {
              name: 'M',
              expires_on: 'soon',
              scope: [{ module: 'branch', branches: ['sun'], acl: { read: true } }],
            },
          ],
          content_types: [
            { uid: 'page', title: 'Page' },
            { uid: 'page', title: 'Page' },
          ],
          entries: [
            { content_type: 'page', uid: 'e1', fields: { uid: 'x' }, draft: { tags: [] } },
            { content_type: 'page', uid: 'e1', locale: 'en-us', fields: {} },
            { content_type: 'post', fields: {}, environments: ['a', 'b'], branches: ['main', 'moon'] },
          ],
        },
        { name: 'Two', api_key: 'blt1', owner: 'o@example.com' },
      ],
    }),
    [
      '$.stacks[0].members[2].role: must be equal to one of the allowed values: admin, developer, content_manager.',
      '$.stacks[0].delivery_tokens[1].scope[0].module: must be equal to one of the allowed values: environment, branch, branch_alias.',
      "$.users[1].email: 'o@example.com' is not unique.",
      '$.users[1].totp_secret: must be base32 of at least 16 bytes.',
      "$.users[1].authtokens[0]: 'Your_Authtoken' is not unique.",
      "$.users[1].oauth_tokens[0]: 'oauth' is not unique.",
      "$.organization.owner: no user has the e-mail 'nobody@example.com'.",
      "$.organization.admins[1]: no user has the e-mail 'x@example.com'.",
      "$.organization.admins[2]: 'o@example.com' is not unique.",
      "$.stacks[1].api_key: 'blt1' is not unique.",
      "$.stacks[0].owner: no user has the e-mail 'nobody@example.com'.",
      "$.stacks[0].members[0].email: no user has the e-mail 'ghost@example.com'.",
      "$.stacks[0].members[1].email: no user has the e-mail 'ghost@example.com'.",
      "$.stacks[0].members[1].email: 'ghost@example.com' is already in the stack.",
      "$.stacks[0].environments[1].name: 'a' is not unique.",
      "$.stacks[0].environments[1].uid: 'e' is not unique.",
      "$.stacks[0].branches[1].uid: 'main' is not unique.",
      "$.stacks[0].branch_aliases[1].alias: 'live' is not unique.",
      "$.stacks[0].branch_aliases[2].alias: 'main' is a branch.",
      "$.stacks[0].branch_aliases[0].branch: there is no branch 'moon'.",
      "$.stacks[0].delivery_tokens[1].name: 'D' is not unique.",
      "$.stacks[0].delivery_tokens[1].uid: 'u' is not unique.",
      "$.stacks[0].delivery_tokens[1].token: 't' is not unique.",
      "$.stacks[0].delivery_tokens[0].scope: 'b' environment(s) not found.",
      '$.stacks[0].management_tokens[0].scope: sun branch(es) not found.',
      '$.stacks[0].management_tokens[0].expires_on: is not valid.',
      "$.stacks[0].content_types[1].uid: 'page' is not unique.",
      "$.stacks[0].entries[1].uid: 'page e1 en-us' is not unique.",
      "$.stacks[0].entries[0].fields: the server itself sets 'uid'.",
      "$.stacks[0].entries[0].draft: the server itself sets 'tags'.",
      "$.stacks[0].entries[2].content_type: there is no content type 'post'.",
      "$.stacks[0].entries[2].environments[1]: there is no environment 'b'.",
      "$.stacks[0].entries[2].branches[1]: there is no branch 'moon'.",
    ],
  )
})

t.test('mistakes of shape and of sense are told together', async (t) => {
  const [stack] = minimal().stacks
  const broken = {
    ...minimal(),
    stacks: [
      { ...stack, extra: 1, owner: 'nobody@example.com', delivery_tokens: [{ name: 'D' }, { name: 'D' }] },
      2,
    ],
  }
  await t.rejects(check(broken), {
    message: [
      'The fixture given cannot be loaded:',
      "  $.stacks[0]: must NOT have additional properties ('extra').",
      "  $.stacks[0].delivery_tokens[0]: must have required property 'scope'.",
      "  $.stacks[0].delivery_tokens[1]: must have required property 'scope'.",
      '  $.stacks[1]: must be object.',
      "  $.stacks[0].owner: no user has the e-mail 'nobody@example.com'.",
      "  $.stacks[0].delivery_tokens[1].name: 'D' is not unique.",
    ].join('\n'),
  })
  for (const content of [[], {}, 'x']) await t.rejects(check(content), FixtureError)
  for (const content of [null, 1]) await t.rejects(check(content), TypeError)
})

t.test('a hundred mistakes are told, and the rest is counted', async (t) => {
  const { world } = await start(t)
  const load = async (content: unknown) => {
    const response = await world.inject({
      method: 'PUT',
      url: '/_mock/state',
      headers: { host: 'localhost', 'content-type': 'application/json' },
      payload: typeof content === 'string' ? content : JSON.stringify(content),
    })
    t.equal(response.statusCode, 422)
    return response.json()
  }
  const refused = (problem: (i: number) => string, rest: string) => ({
    error_message: 'The fixture cannot be loaded.',
    error_code: 422,
    errors: { fixture: [...Array.from({ length: 100 }, (_, i) => problem(i)), rest] },
  })
  const notObject = (i: number) => `$.users[${i}]: must be object.`
  const { organization, users } = minimal()
  t.strictSame(
    await load({ organization, users: Array(2000).fill(0), stacks: [] }),
    refused(notObject, '... and 1900 more.'),
  )
  t.strictSame(
    await load(`{"organization":{"name":"x"},"stacks":[],"users":[${'0,'.repeat(5 * 2 ** 20)}0]}`),
    refused(notObject, '... and more.'),
  )
  const stack = { name: 'S', owner: 'nobody@example.com' }
  t.strictSame(
    await load({ organization, users, stacks: Array(150).fill(stack) }),
    refused((i) => `$.stacks[${i}].owner: no user has the e-mail 'nobody@example.com'.`, '... and 50 more.'),
  )
  const long = 'x'.repeat(1000)
  t.strictSame(await load({ organization, users, stacks: [], [long]: 1 }), {
    error_message: 'The fixture cannot be loaded.',
    error_code: 422,
    errors: { fixture: [`$: must NOT have additional properties ('${'x'.repeat(459)}...`] },
  })
  t.strictSame(
    await load({
      organization,
      users,
      stacks: [{ ...stack, owner: 'o@example.com', delivery_tokens: [{ name: 'D', scope: [] }] }],
    }),
    {
      error_message: 'The fixture cannot be loaded.',
      error_code: 422,
      errors: { fixture: ['$.stacks[0].delivery_tokens[0].scope: must NOT have fewer than 1 items.'] },
    },
  )
})

t.test('the check of a fixture is linear', async (t) => {
  const many = <T>(count: number, of: (i: number) => T) => Array.from({ length: count }, (_, i) => of(i))
  const name = (i: number) => i.toString(36)
  const before = performance.now()
  const large = {
    organization: { name: 'Example', owner: 'nobody@example.com' },
    users: many(20_000, (i) => ({
      email: `${i}@example.com`,
      password: 'x',
      first_name: 'O',
      last_name: 'O',
    })),
    stacks: many(20_000, (i) => ({
      name: 'S',
      owner: '0@example.com',
      ...(i === 0 && {
        branches: many(20_000, (b) => ({ uid: `b${name(b)}` })),
        branch_aliases: many(20_000, (a) => ({ alias: `a${name(a)}`, branch: 'b0' })),
      }),
    })),
  }
  await t.rejects(check(large), {
    message:
      "The fixture given cannot be loaded:\n  $.organization.owner: no user has the e-mail 'nobody@example.com'.",
  })
  t.ok(performance.now() - before < 10_000, 'where the square took minutes')
})

t.test('a fixture is nested at most 103 levels deep', async (t) => {
  const content = { ...minimal(), organization: JSON.parse('['.repeat(103) + ']'.repeat(103)) }
  await t.rejects(check(content), {
    message: 'The fixture given cannot be loaded:\n  $: is nested more than 103 levels deep.',
  })
})

t.test('the state can be loaded again, however deep a request could nest what it kept', async (t) => {
  const { call, world } = await start(t)
  const arrays = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  const settings = `{"stack_settings":{"x":${arrays(98)}}}`
  t.equal((await call('POST', '/v3/stacks/settings', { body: settings })).status, 201)
  const environment = `{"environment":{"name":"deep","servers":${arrays(98)}}}`
  t.equal((await call('POST', '/v3/environments', { body: environment })).status, 201)
  const state = world.state()
  t.equal((await call('PUT', '/_mock/state', { body: state })).status, 200)
  t.strictSame(world.state(), state)
  const deeper = `{"stacks":${arrays(103)}}`
  t.strictSame((await call('PUT', '/_mock/state', { body: deeper })).body, {
    error_message: 'The request body is nested too deeply. Maximum 103 levels.',
    error_code: 400,
  })
})

t.test('what is derived counts as if it were written', async (t) => {
  const [derived] = (await start(t, { fixture: minimal() })).world.state().stacks
  const [stack] = minimal().stacks
  await t.rejects(check({ ...minimal(), stacks: [stack, { ...stack, api_key: derived?.api_key }] }), {
    message: `The fixture given cannot be loaded:\n  $.stacks[1].api_key: '${derived?.api_key}' is not unique.`,
  })
})

t.test('expires_on takes durations of ISO 8601, and no others', async (t) => {
  const withExpiry = (expiresOn: string): Fixture => ({
    ...minimal(),
    stacks: [
      {
        name: 'Bare',
        owner: 'o@example.com',
        management_tokens: [
          { name: 'M', scope: [{ module: '$all', acl: { read: true } }], expires_on: expiresOn },
        ],
      },
    ],
  })
  for (const [duration, expected] of [
    ['P5D', '2026-01-06T00:00:00.000Z'],
    ['P1Y2M1W', '2027-03-08T00:00:00.000Z'],
    ['P10Y11M10W12DT10H11M12.5S', '2037-02-21T10:11:12.500Z'],
    ['PT1.5S', '2026-01-01T00:00:01.500Z'],
  ] as const) {
    const [stack] = (await start(t, { fixture: withExpiry(duration) })).world.state().stacks
    t.equal(stack?.management_tokens?.[0]?.expires_on, expected)
  }
  for (const wrong of ['-P5D', 'P5D junk', 'P', 'PT', 'P5', 'P9000Y', 'P999999999Y']) {
    await t.rejects(check(withExpiry(wrong)), FixtureError, wrong)
  }
})

t.test('what a header cannot carry is refused', async (t) => {
  const content = { ...minimal(), organization: { uid: '€', name: 'Example' } }
  await t.rejects(check(content), {
    message: /\$\.organization\.uid: must match pattern/,
  })
})

t.test('a file as an editor on Windows may write it', async (t) => {
  const file = join(t.testdir(), 'windows.json')
  const text = readFileSync(new URL('../../fixtures/blank-stack.json', import.meta.url), 'utf8')
  writeFileSync(file, `\uFEFF${text.replaceAll('\n', '\r\n')}`)
  await using mock = await createTokensMock({ fixtures: file })
  t.equal(mock.state().stacks[0]?.api_key, 'blt20962a819b57e233')
})

t.test('a file that is not there, or is not JSON', async (t) => {
  const file = join(t.testdir(), 'broken.json')
  writeFileSync(file, '{"organization":')
  await t.rejects(check(file), {
    message: /broken\.json cannot be loaded:\n {2}\$: Unexpected end of JSON input\.$/,
  })
  await t.rejects(check('nothing'), { message: /\$: is neither a file nor one of / })
})

t.test('a program starts its own, with a fixture of its own', async (t) => {
  await using mock = await createTokensMock({
    fixtures: minimal(),
    clock: { now: () => 0 },
    random: (size) => new Uint8Array(size),
  })
  const { stacks } = mock.state()
  const response = await fetch(`${mock.url}${DELIVERY}`, {
    headers: { api_key: stacks[0]?.api_key ?? '', authtoken: AUTHTOKENS.owner },
  })
  t.strictSame(await response.json(), { tokens: [] })
  await t.rejects(createTokensMock({ fixtures: { ...minimal(), users: [] } }), FixtureError)
  await t.rejects(createTokensMock({ port: Number(new URL(mock.url).port) }), { code: 'EADDRINUSE' })
})
