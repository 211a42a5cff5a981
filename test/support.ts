import { readFileSync } from 'node:fs'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import type { Test } from 'tap'
import type { Profile } from '../src/api/envelope.ts'
import { buildApp } from '../src/app.ts'
import type { Fixture } from '../src/world/fixture-schema.ts'
import { readFixture } from '../src/world/fixtures.ts'
import type { World, WorldSettings } from '../src/world/world.ts'
import { Worlds } from '../src/world/worlds.ts'

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

interface Options {
  fixture?: string | Fixture
  profile?: Profile
  managementTokenCap?: number
  now?: string
  /** Random ids instead of the readable ones of which there are sixteen. */
  randomIds?: boolean
  settings?: WorldSettings & { maxWorlds?: number }
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
  app: FastifyInstance
  worlds: Worlds
  /** The default one. */
  world: World
  clock: { now(): number; set(time: string): void }
  call(method: string, url: string, options?: CallOptions): Promise<Called>
}

/** A server that does not listen, on a clock that stands still. Its ids are one digit repeated: blt0000000000000000, ... */
export function start(t: Test, options: Options = {}): Mock {
  const {
    fixture = 'empty',
    profile = 'compatible',
    managementTokenCap = 10,
    randomIds = false,
    settings,
  } = options
  let time = Date.parse(options.now ?? NOW)
  let digit = 0
  const clock = {
    now: () => time,
    set: (text: string) => {
      time = Date.parse(text)
    },
  }
  const worlds = new Worlds({
    database: ':memory:',
    fixture: typeof fixture === 'string' ? readFixture(fixture) : fixture,
    clock,
    ...settings,
    ...(!randomIds && { random: (size: number) => new Uint8Array(size).fill(digit++) }),
  })
  const world = worlds.default
  const app = buildApp({ worlds, host: '127.0.0.1', profile, managementTokenCap })
  t.teardown(async () => {
    await app.close()
    worlds.close()
  })

  async function call(
    method: string,
    url: string,
    { body, headers = {}, as = 'owner', apiKey = API_KEY }: CallOptions = {},
  ) {
    const response = await app.inject({
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
  return { app, worlds, world, clock, call }
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
