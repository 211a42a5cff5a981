import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Fixture } from '../../src/index.ts'
import {
  API_KEY,
  DELIVERY,
  deliveryScope,
  MANAGEMENT,
  managementScope,
  pageSamples,
  start,
} from '../support.ts'

type Json = Record<string, unknown>
type WithToken = { token: Json }

/** What differs from call to call: each value is checked for its form and then taken from the sample. */
const VOLATILE: Record<string, RegExp> = {
  uid: /^(blt|cs)[0-9a-f]{16}$/,
  token: /^cs[0-9a-f]{24}$/,
  preview_token: /^cs[0-9a-f]{24}$/,
  created_by: /^blt[0-9a-f]{15,16}$/,
  updated_by: /^blt[0-9a-f]{15,16}$/,
  created_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  updated_at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
}

function withValuesOf(sample: unknown, answer: unknown): unknown {
  if (Array.isArray(answer))
    return answer.map((item, i) => withValuesOf((sample as unknown[] | undefined)?.[i], item))
  if (typeof answer !== 'object' || answer === null) return answer
  const known = (sample ?? {}) as Json
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => {
      const isVolatile = typeof value === 'string' && VOLATILE[key]?.test(value)
      return [key, isVolatile ? (known[key] ?? value) : withValuesOf(known[key], value)]
    }),
  )
}

/** What a person would type from the page, on the fixture that holds the page's stack. */
const documented = { fixture: 'documentation', profile: 'documented' } as const
const sample = (call: string) => pageSamples[call] as Json

t.test('Get all delivery tokens', async (t) => {
  const { call } = await start(t, documented)
  const { status, body } = await call(
    'GET',
    `/stacks/delivery_tokens?query=${encodeURIComponent('{"name":"Test"}')}`,
  )
  t.equal(status, 200)
  t.strictSame(body, sample('Get all delivery tokens'))
})

t.test('Get a single delivery token', async (t) => {
  const { call } = await start(t, documented)
  const { status, body } = await call('GET', '/stacks/delivery_tokens/bltdce123123d321f3')
  t.equal(status, 200)
  t.strictSame(body, sample('Get a single delivery token'))
})

t.test('Create delivery token', async (t) => {
  const fixture = JSON.parse(
    readFileSync(new URL('../../fixtures/documentation.json', import.meta.url), 'utf8'),
  ) as Fixture
  const { stacks } = fixture
  // The sample's stack has no branch.
  const [placeholder] = stacks.filter((stack) => stack.api_key === 'your_stack_api_key')
  const {
    delivery_tokens: _,
    management_tokens: __,
    branches: ___,
    branch_aliases: ____,
    ...bare
  } = placeholder ?? (stacks[0] as never)
  const { call } = await start(t, {
    fixture: { ...fixture, stacks: [bare] },
    profile: 'documented',
  })
  const { status, body } = await call('POST', '/stacks/delivery_tokens?create_with_preview_token=true', {
    apiKey: 'your_stack_api_key',
    body: {
      token: {
        name: 'Sample Delivery Token',
        description: 'This is a sample delivery token.',
        scope: [{ module: 'environment', environments: ['production'], acl: { read: true } }],
      },
    },
  })
  t.equal(status, 201)
  t.strictSame(withValuesOf(sample('Create delivery token'), body), sample('Create delivery token'))
})

t.test('Update delivery token', async (t) => {
  const { call } = await start(t, documented)
  const scope = deliveryScope()
  const { status, body } = await call('PUT', '/stacks/delivery_tokens/bltdce123123d321f3', {
    body: {
      token: {
        name: 'Test',
        description: 'This is a updated token.',
        scope: [
          ...scope.slice(0, 2),
          { module: 'branch_alias', branch_aliases: ['deploy'], acl: { read: true } },
        ],
      },
    },
  })
  const expected = structuredClone(sample('Update delivery token')) as { tokens: { scope: Json[] }[] }
  // The service gives each entry one (R); the page's entry of environments has none.
  const [environments] = expected.tokens[0]?.scope ?? []
  Object.assign(environments ?? {}, { _metadata: { uid: 'cs1111111111111111' } })
  t.equal(status, 200)
  t.strictSame(withValuesOf(expected, body), expected)
})

t.test('Delete delivery token', async (t) => {
  const { call } = await start(t, documented)
  const { status, body } = await call('DELETE', '/stacks/delivery_tokens/bltdce123123d321f3?force=true')
  t.equal(status, 200)
  t.strictSame(body, sample('Delete delivery token'))
})

t.test('Create preview token', async (t) => {
  const { call } = await start(t, { ...documented })
  const { status, body } = await call('POST', '/stacks/delivery_tokens/blt8041e844c449278a/preview_token', {
    apiKey: 'your_stack_api_key',
  })
  t.equal(status, 201)
  t.strictSame(withValuesOf(sample('Create preview token'), body), sample('Create preview token'))
})

t.test('Delete preview token', async (t) => {
  const { call } = await start(t, documented)
  const url = '/stacks/delivery_tokens/blt8041e844c449278a/preview_token'
  const headers = { authorization: 'your_management_token' }
  await call('POST', url, { apiKey: 'your_stack_api_key' })
  const { status, body } = await call('DELETE', url, { apiKey: 'your_stack_api_key', headers })
  t.equal(status, 200)
  t.strictSame(body, sample('Delete preview token'))
})

t.test('Get all management tokens', async (t) => {
  const { call } = await start(t, documented)
  const { status, body } = await call('GET', '/stacks/management_tokens')
  const expected = sample('Get all management tokens') as { tokens: Json[] }
  const shown = (body as { tokens: Json[] }).tokens
  t.equal(status, 200)
  t.strictSame(
    shown.filter(({ uid }) => expected.tokens.some((token) => token['uid'] === uid)),
    expected.tokens,
  )
})

t.test('Get a single management token', async (t) => {
  const { call } = await start(t, documented)
  const { status, body } = await call('GET', '/stacks/management_tokens/bltda613c24d4e12c28')
  t.equal(status, 200)
  t.strictSame(body, sample('Get a single management token'))
})

const request = (call: string, changes: Json) => {
  const { name, description, expires_on, is_email_notification_enabled } = (sample(call) as WithToken).token
  return { token: { name, description, expires_on, is_email_notification_enabled, ...changes } }
}

t.test('Create management token', async (t) => {
  const { call } = await start(t, documented)
  const { status, body } = await call('POST', '/stacks/management_tokens', {
    body: request('Create management token', { scope: managementScope() }),
  })
  t.equal(status, 201)
  t.strictSame(withValuesOf(sample('Create management token'), body), sample('Create management token'))
})

t.test('Update management token', async (t) => {
  const { call } = await start(t, documented)
  const [contentType, branch] = managementScope()
  const { status, body } = await call('PUT', '/stacks/management_tokens/blt4d23e29233884473', {
    body: request('Update management token', {
      scope: [
        contentType,
        { ...contentType, module: 'entry' },
        branch,
        { module: 'branch_alias', branch_aliases: ['deploy'], acl: { read: true } },
      ],
    }),
  })
  t.equal(status, 200)
  t.strictSame(withValuesOf(sample('Update management token'), body), sample('Update management token'))
})

t.test('Delete management token', async (t) => {
  const { call } = await start(t, documented)
  const { status, body } = await call('DELETE', '/stacks/management_tokens/blt4d23e29233884473')
  t.equal(status, 200)
  t.strictSame(body, sample('Delete management token'))
})

t.test('answers under /v3, under the bare path, and with a trailing slash', async (t) => {
  const { call } = await start(t, documented)
  const { body } = await call('GET', '/v3/stacks/delivery_tokens')
  t.equal(API_KEY, 'blt20962a819b57e233')
  for (const url of [
    '/stacks/delivery_tokens',
    '/stacks/delivery_tokens/',
    `${DELIVERY}/`,
    `${DELIVERY}/?limit=100`,
  ]) {
    t.strictSame((await call('GET', url)).body, body, url)
  }
  const { body: tokens } = await call('GET', MANAGEMENT)
  t.strictSame((await call('GET', '/stacks/management_tokens/')).body, tokens)
})
