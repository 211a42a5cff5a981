import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import root, { type Test } from 'tap'
import { createTokensMock, type Fixture, type TokensMock, type TokensMockOptions } from '../src/index.ts'
import { checkResponse } from './document.ts'

// Most build machines run in UTC. Another zone shows whether a rule depends on it.
process.env['TZ'] = 'America/New_York'

/** The time at which the clocks of test worlds stand still. */
export const NOW = '2026-01-01T00:00:00.000Z'

/** The stack of the documentation page, in every fixture except `demo`. */
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
  /** The user whose authtoken is sent; null to send none. */
  as?: keyof typeof AUTHTOKENS | null
  apiKey?: string
}

export interface Mock {
  /** The server, whose own methods act on the default world. */
  world: TokensMock
  /** The server's substitute for the machine's clock. */
  clock: { now(): number; set(time: string): void }
  call(method: string, url: string, options?: CallOptions): Promise<Called>
}

/** Servers that no test is using, by the arguments that they were started with. */
const idle = new Map<string, Started[]>()

/** The folder for database files, if `rules-on-file.test.ts` requests them. */
const folder = process.env['TEST_ON_FILE'] && mkdtempSync(join(tmpdir(), 'tokens-mock-'))
let files = 0

root.teardown(async () => {
  await Promise.all([...idle.values()].flat().map(({ world }) => world.close()))
  if (folder) rmSync(folder, { recursive: true })
})

type Started = Pick<Mock, 'world' | 'clock'>

async function startServer(fixture: string | Fixture, now: string, options: Options): Promise<Started> {
  let time = Date.parse(now)
  const clock = {
    now: () => time,
    set: (text: string) => {
      time = Date.parse(text)
    },
  }
  const database = folder ? join(folder, `${files++}.db`) : ':memory:'
  const world = await createTokensMock({ fixtures: fixture, clock, database, ...options })
  checkResponses(world)
  return { clock, world }
}

/** Lets `inject` reject when a response differs from the OpenAPI documents. */
function checkResponses(world: TokensMock): void {
  const inject = world.inject.bind(world)
  Object.defineProperty(world, 'inject', {
    value: async (options: InjectOptions | string) => {
      const response = await inject(options)
      await checkResponse(typeof options === 'string' ? { url: options } : options, response)
      return response
    },
  })
}

/** Restores a server to its start. */
function renew({ world, clock }: Started, now: string): void {
  for (const name of world.worlds().slice(1)) world.dropWorld(name)
  for (const name of world.snapshots()) world.deleteSnapshot(name)
  clock.set(now)
  world.reset()
}

/**
 * Starts a server on a clock that stands still. Since a start is slow, a server with a built-in fixture is reset after the
 * test and reused by the next test with the same arguments. A test that closes its server must therefore create its own.
 */
export async function start(
  t: Test,
  { fixture = 'empty', now = NOW, ...options }: Options = {},
): Promise<Mock> {
  const shareable = typeof fixture === 'string' && !options.random && !options.logger && !options.database
  const key = JSON.stringify([fixture, now, options])
  const started = (shareable && idle.get(key)?.pop()) || (await startServer(fixture, now, options))
  const { world, clock } = started
  t.teardown(() => {
    if (!shareable) return world.close()
    renew(started, now)
    idle.set(key, [...(idle.get(key) ?? []), started])
    return undefined
  })

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

/** The sample responses of the documentation page, by the heading of the call. */
export const pageSamples = JSON.parse(
  readFileSync(new URL('./page-samples.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, unknown>>

export const DELIVERY = '/v3/stacks/delivery_tokens'
export const MANAGEMENT = '/v3/stacks/management_tokens'
export const ENVIRONMENTS = '/v3/environments'
export const BRANCHES = '/v3/stacks/branches'
export const ALIASES = '/v3/stacks/branch_aliases'

/** The scope of the page's requests, reduced to what the stack of the `empty` fixture has. */
export const deliveryScope = () => [
  { module: 'environment', environments: ['production'], acl: { read: true } },
  { module: 'branch', branches: ['main', 'development'], acl: { read: true } },
  { module: 'branch_alias', branch_aliases: ['deploy', 'release'], acl: { read: true } },
]

/** The modules of a management token's scope, besides branch and branch_alias (A). */
export const MANAGEMENT_MODULES = [
  'content_type',
  'entry',
  'asset',
  'environment',
  'locale',
  'global_field',
  'webhook',
  'workflow',
  'release',
  'label',
  'extension',
  'role',
  '$all',
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

/** Placeholders in an expectation for an id of that format. `withIds` replaces them with the ids of the response. */
export const UID = Symbol('uid')
export const TOKEN_VALUE = Symbol('token value')
export const METADATA_UID = Symbol('uid of metadata')

const FORMATS: Record<symbol, RegExp> = {
  [UID]: /^blt[0-9a-f]{16}$/,
  [TOKEN_VALUE]: /^cs[0-9a-f]{24}$/,
  [METADATA_UID]: /^cs[0-9a-f]{16}$/,
}

/** Replaces the placeholders in an expectation with the ids of a response, if those have the right format. */
export function withIds(expected: unknown, answer: unknown): unknown {
  if (typeof expected === 'symbol')
    return typeof answer === 'string' && FORMATS[expected]?.test(answer) ? answer : String(expected)
  if (typeof expected !== 'object' || expected === null) return expected
  const other = Object(answer) as Record<string, unknown>
  if (Array.isArray(expected)) return expected.map((value, i) => withIds(value, other[i]))
  return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, withIds(value, other[key])]))
}
