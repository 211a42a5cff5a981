import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { run } from '../../src/cli/commands.ts'
import type { Fixture } from '../../src/index.ts'
import {
  ALIASES,
  API_KEY,
  BRANCHES,
  DELIVERY,
  ENVIRONMENTS,
  MANAGEMENT,
  type Mock,
  pageSamples,
  start,
} from '../support.ts'

const LISTS = { delivery: DELIVERY, management: MANAGEMENT, environments: ENVIRONMENTS, branches: BRANCHES }

/** Writes responses to files, and imports them. */
async function importAll(t: Test, responses: Record<string, unknown>, flags: string[] = []) {
  const folder = t.testdir(
    Object.fromEntries(
      Object.entries(responses).map(([name, response]) => [
        `${name}.json`,
        typeof response === 'string' ? response : JSON.stringify(response),
      ]),
    ),
  )
  const files = Object.keys(responses).map((name) => join(folder, `${name}.json`))
  const [stdout, stderr] = [new PassThrough({ encoding: 'utf8' }), new PassThrough({ encoding: 'utf8' })]
  const code = await run(
    ['import', ...files, ...flags],
    { stdin: new PassThrough(), stdout, stderr, env: {}, exit: () => {} },
    AbortSignal.abort(),
  )
  return {
    code,
    stdout: String(stdout.read() ?? ''),
    stderr: String(stderr.read() ?? '').replaceAll(`${folder}/`, ''),
  }
}

const imported = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as Fixture

/** The responses to a program that saves a stack. */
async function responsesOf({ call }: Mock, urls: Record<string, string>) {
  const responses: Record<string, unknown> = {}
  for (const [name, url] of Object.entries(urls)) responses[name] = (await call('GET', url)).body
  return responses
}

t.test('with --keep-values, a server with the fixture gives the same responses', async (t) => {
  const urls = { ...LISTS, stack: '/v3/stacks' }
  const responses = await responsesOf(await start(t, { fixture: 'documentation', profile: 'live' }), urls)
  const result = await importAll(t, responses, ['--keep-values'])
  t.strictSame([result.code, result.stderr], [0, ''])
  const again = await start(t, { fixture: imported(result), profile: 'live' })
  t.strictSame(await responsesOf(again, { ...urls, aliases: ALIASES }), {
    ...responses,
    ...(await responsesOf(await start(t, { fixture: 'documentation', profile: 'live' }), {
      aliases: ALIASES,
    })),
  })
})

t.test('without it, secrets are replaced by values that are written down', async (t) => {
  const responses = {
    delivery: {
      tokens: [
        {
          name: 'Web',
          uid: 'blt1',
          scope: [
            {
              environments: [
                {
                  name: 'production',
                  uid: 'blt2',
                  urls: [{ url: 'https://www.example.com', locale: 'en-us', extra: 1 }],
                  deploy_content: true,
                  servers: [{ password: 'csecret' }],
                },
              ],
              module: 'environment',
              acl: { read: true },
            },
          ],
          token: 'csecret',
          preview_token: 'csecret2',
          type: 'delivery',
        },
      ],
    },
    management: {
      token: {
        name: 'CI',
        uid: 'blt3',
        scope: [{ module: '$all', acl: { read: 'true', write: 'false' } }],
        expires_on: '2030-01-01',
        token: 'csecret3',
      },
    },
    stack: {
      stack: {
        api_key: 'blt4',
        uid: 'blt5',
        name: 'Shop',
        description: null,
        org_uid: 'blt6',
        owner_uid: 'blt7',
        master_locale: 'de-de',
        master_key: 'csecret4',
        settings: { discrete_variables: { access_token: 'csecret5' } },
      },
    },
  }
  const result = await importAll(t, responses)
  t.strictSame([result.code, result.stderr], [0, ''])
  t.notMatch(result.stdout, 'csecret')
  const { organization, users, stacks } = imported(result)
  t.strictSame(organization, { uid: 'blt6', name: 'Example' })
  t.strictSame(
    users.map(({ email, uid }) => [email, uid]),
    [
      ['owner@example.com', 'blt7'],
      ['admin@example.com', undefined],
      ['developer@example.com', undefined],
      ['content.manager@example.com', undefined],
      ['outsider@example.com', undefined],
      ['two.factor@example.com', undefined],
    ],
  )
  t.strictSame(stacks, [
    {
      api_key: 'blt4',
      uid: 'blt5',
      name: 'Shop',
      master_locale: 'de-de',
      owner: 'owner@example.com',
      members: [
        { email: 'admin@example.com', role: 'admin' },
        { email: 'developer@example.com', role: 'developer' },
        { email: 'content.manager@example.com', role: 'content_manager' },
      ],
      environments: [
        {
          name: 'production',
          uid: 'blt2',
          deploy_content: true,
          urls: [{ locale: 'en-us', url: 'https://www.example.com' }],
        },
      ],
      branches: [],
      branch_aliases: [],
      delivery_tokens: [
        {
          name: 'Web',
          uid: 'blt1',
          scope: [
            { module: 'environment', acl: { read: true }, environments: ['production'], _metadata: null },
          ],
          token: 'cs13a35522b0df4b838ffa91c5',
          preview_token: 'cs4608fed33f38107efc2f4ad0',
        },
      ],
      management_tokens: [
        {
          name: 'CI',
          uid: 'blt3',
          expires_on: '2030-01-01',
          scope: [{ module: '$all', acl: { read: true, write: false } }],
          token: 'cs4cfbede15cfd5e35d4d8ad9e',
        },
      ],
    },
  ])
  const kept = (await importAll(t, responses, ['--keep-values'])).stdout
  for (const secret of ['csecret', 'csecret2', 'csecret3', 'csecret4', 'csecret5'])
    t.match(kept, `"${secret}"`)
})

t.test("the page's own samples, of which no other response is at hand", async (t) => {
  const result = await importAll(t, {
    delivery: pageSamples['Get all delivery tokens'],
    single: pageSamples['Get a single delivery token'],
    management: pageSamples['Get all management tokens'],
  })
  t.equal(result.code, 0)
  t.strictSame(result.stderr.split('\n'), [
    "Added the branch 'main', which no response lists.",
    "Added the branch 'development', which no response lists.",
    "Added the alias 'deploy' of 'main', since no response says which branch it points to.",
    "Added the alias 'release' of 'main', since no response says which branch it points to.",
    '',
  ])
  const [stack] = imported(result).stacks
  t.strictSame(
    [stack?.name, stack?.api_key, stack?.delivery_tokens?.map(({ uid }) => uid)],
    ['Imported', API_KEY, ['bltdce123123d321f3']],
  )
  const mock = await start(t, { fixture: imported(result) })
  const { body } = await mock.call('GET', DELIVERY)
  const { tokens } = pageSamples['Get all delivery tokens'] as { tokens: { scope: object[] }[] }
  t.strictSame(
    (body as typeof pageSamples)['tokens'],
    tokens.map((token) => ({ ...token, token: stack?.delivery_tokens?.[0]?.token })),
  )
})

t.test('aliases from a list, pages of a list, and modules that are not known', async (t) => {
  const token = (uid: string, module: string) => ({
    uid,
    name: uid,
    expires_on: null,
    scope: [
      { module, acl: { read: true } },
      { module: 'branch', acl: { read: true }, branches: ['main'] },
    ],
  })
  const result = await importAll(t, {
    first: { tokens: [token('blt3', 'entry'), token('blt2', 'taxonomy')] },
    second: { tokens: [token('blt2', 'taxonomy'), token('blt1', 'asset')] },
    aliases: { branch_aliases: [{ uid: 'main', alias: 'deploy', source: '' }] },
    branches: {
      branches: [
        { uid: 'dev', source: 'main', alias: [{ uid: 'next' }] },
        { uid: 'main', source: '' },
      ],
    },
    none: { environments: [] },
  })
  t.strictSame(
    [result.code, result.stderr],
    [0, "Left out of the scope of 'blt2': the module 'taxonomy', which is not known here.\n"],
  )
  const [stack] = imported(result).stacks
  t.strictSame(
    stack?.management_tokens?.map(({ uid, scope }) => [uid, scope[0]?.module]),
    [
      ['blt1', 'asset'],
      ['blt2', 'branch'],
      ['blt3', 'entry'],
    ],
  )
  t.strictSame(stack?.branches, [
    { uid: 'main', source: '' },
    { uid: 'dev', source: 'main' },
  ])
  t.strictSame(stack?.branch_aliases, [
    { alias: 'next', branch: 'dev' },
    { alias: 'deploy', branch: 'main' },
  ])
})

const KEYS =
  'tokens, token, environments, environment, branches, branch, branch_aliases, branch_alias, stacks, stack'

for (const [what, responses, message] of [
  ['JSON of another kind', { a: [] }, `Cannot import a.json: it has none of the keys ${KEYS} of a response.`],
  ['a count', { a: { tokens: 3 } }, `Cannot import a.json: it has none of the keys ${KEYS} of a response.`],
  [
    'a failure',
    { a: { error_message: 'Denied.', error_code: 316 } },
    `Cannot import a.json: it has none of the keys ${KEYS} of a response. It is the failure 'Denied.'`,
  ],
  ['what is not JSON', { a: '' }, 'Cannot import a.json: Unexpected end of JSON input.'],
  [
    'two stacks',
    { a: { stacks: [{ api_key: 'blt1' }, { api_key: 'blt2' }] } },
    'The responses are about 2 stacks. Import those of one stack at a time.',
  ],
  [
    'what is no token',
    { a: { tokens: [{ uid: 'blt1', scope: 5 }] } },
    [
      'The fixture made from a.json cannot be loaded:',
      "  $.stacks[0].delivery_tokens[0]: must have required property 'name'.",
      '  $.stacks[0].delivery_tokens[0].scope: must NOT have fewer than 1 items.',
    ].join('\n'),
  ],
] as const) {
  t.test(`refuses ${what}`, async (t) => {
    t.strictSame(await importAll(t, responses), { code: 2, stdout: '', stderr: `${message}\n` })
  })
}

t.test('values of any type and control characters are refused in words', async (t) => {
  const odd = { toString: 1 }
  const scope = [{ module: odd }, { module: '\u001b[2J', acl: {} }, { module: '$all', acl: { read: odd } }]
  const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const read = (answer: unknown) => importAll(t, { answer })
  const named = (name: unknown) => ({ token: { name, uid: 'blt1', scope, expires_on: null } })
  t.strictSame(await read(named('\u0007x')), {
    code: 0,
    stdout: (await read(named('\u0007x'))).stdout,
    stderr: `Left out of the scope of '\ufffdx': the module (object), which is not known here.
Left out of the scope of '\ufffdx': the module '\ufffd[2J', which is not known here.
`,
  })
  const { code, stderr } = await read(named(odd))
  t.equal(code, 2)
  t.match(stderr, '.management_tokens[0].name: must be string.')
  const deep = await read(`{"token":{"name":"x","scope":[{"module":${nested}}]}}`)
  t.equal(deep.code, 2)
  t.match(await read({ branch_aliases: [{ uid: odd, alias: odd }] }), {
    code: 2,
    stderr: '.branch_aliases[0].alias: must be string.',
  })
  t.match(await read({ error_message: '\u001b[2J\u009bm' }), {
    code: 2,
    stderr: "failure '\ufffd[2J\ufffdm'\n",
  })
  t.match(await read('\ufeff{"environments":[]}'), { code: 0, stderr: '' })
})
