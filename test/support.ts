import { readFileSync } from 'node:fs'
import type { LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import { createTokensMock, type Fixture, type TokensMock, type TokensMockOptions } from '../src/index.ts'

// No rule may depend on where the machine stands: not on UTC, as most build machines do.
process.env['TZ'] = 'America/New_York'

/** The time at which the tests' worlds stand still. */
export const NOW = '2026-01-01T00:00:00.000Z'

/** The stack of the documentation page, in each fixture but `demo`. */
export const API_KEY = 'blt20962a819b57e233'

export const AUTHTOKENS = {
  owner: 'Your_Authtoken',
  admin: 'admin_authtoken',
  developer: 'developer_authtoken',
  content_manager: 'content_manager_authtoken',
  outsider: 'outsider_authtoken',
}

interface Options extends Omit<TokensMockOptions, 'fixtures' | 'clock'> {
  fixture?: string | Fixture
  now?: string
}

export interface Called {
  status: number
  body: unknown
  response: LightMyRequestResponse
}

interface CallOptions {
  body?: unknown
  headers?: Record<string, string>
  /** Whose authtoken; null for none. */
  as?: keyof typeof AUTHTOKENS | null
  apiKey?: string
}

export interface Mock {
  /** Its default world. */
  world: TokensMock
  /** The machine's time, as far as the server can tell. */
  clock: { now(): number; set(time: string): void }
  call(method: string, url: string, options?: CallOptions): Promise<Called>
}

/** A server on a clock that stands still. */
export async function start(
  t: Test,
  { fixture = 'empty', now = NOW, ...options }: Options = {},
): Promise<Mock> {
  let time = Date.parse(now)
  const clock = {
    now: () => time,
    set: (text: string) => {
      time = Date.parse(text)
    },
  }
  const world = await createTokensMock({ fixtures: fixture, clock, ...options })
  t.teardown(() => world.close())

  async function call(
    method: string,
    url: string,
    { body, headers = {}, as = 'owner', apiKey = API_KEY }: CallOptions = {},
  ) {
    const response = await world.inject({
      method: method as 'GET',
      url,
      headers: {
        api_key: apiKey,
        ...(as !== null && { authtoken: AUTHTOKENS[as] }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && {
        payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      }),
    })
    return { status: response.statusCode, body: response.body && JSON.parse(response.body), response }
  }
  return { world, clock, call }
}

/** Runs a test of rules in memory and on a database file. */
export function testRules(
  t: Test,
  name: string,
  options: Options,
  body: (t: Test, mock: Mock) => Promise<void>,
): void {
  t.test(`${name} (in memory)`, async (t) => body(t, await start(t, options)))
  t.test(`${name} (on a file)`, async (t) =>
    body(t, await start(t, { ...options, database: `${t.testdir()}/tokens.db` })),
  )
}

/** The sample answers of the documentation page, by the heading of the call. */
export const pageSamples = JSON.parse(
  readFileSync(new URL('./page-samples.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, unknown>>

export const DELIVERY = '/v3/stacks/delivery_tokens'
export const MANAGEMENT = '/v3/stacks/management_tokens'
export const ENVIRONMENTS = '/v3/environments'
export const BRANCHES = '/v3/stacks/branches'
export const ALIASES = '/v3/stacks/branch_aliases'

/** The scope of the page's requests, as far as the stack of the `empty` fixture has it. */
export const deliveryScope = () => [
  { module: 'environment', environments: ['production'], acl: { read: true } },
  { module: 'branch', branches: ['main', 'development'], acl: { read: true } },
  { module: 'branch_alias', branch_aliases: ['deploy', 'release'], acl: { read: true } },
]

export const managementScope = () => [
  { module: 'content_type', acl: { read: true, write: true } },
  { module: 'branch', branches: ['main', 'development'], acl: { read: true } },
  { module: 'branch_alias', branch_aliases: ['deploy', 'release'], acl: { read: true } },
]

export const refused = (operation: string, errors: Record<string, string[]>) => ({
  error_message: `${operation} failed. Please try again.`,
  error_code: 141,
  errors,
})

/** Stand in an expectation for an id of that format; `withIds` puts the id of the answer in their place. */
export const UID = Symbol('uid')
export const TOKEN_VALUE = Symbol('token value')
export const METADATA_UID = Symbol('uid of metadata')

const FORMATS: Record<symbol, RegExp> = {
  [UID]: /^blt[0-9a-f]{16}$/,
  [TOKEN_VALUE]: /^cs[0-9a-f]{24}$/,
  [METADATA_UID]: /^cs[0-9a-f]{16}$/,
}

/** An expectation with the ids of an answer, where they have the right format. */
export function withIds(expected: unknown, answer: unknown): unknown {
  if (typeof expected === 'symbol')
    return typeof answer === 'string' && FORMATS[expected]?.test(answer) ? answer : String(expected)
  if (typeof expected !== 'object' || expected === null) return expected
  const other = Object(answer) as Record<string, unknown>
  if (Array.isArray(expected)) return expected.map((value, i) => withIds(value, other[i]))
  return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, withIds(value, other[key])]))
}
