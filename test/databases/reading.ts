import type { TokensMock } from '../../src/index.ts'

/** The time at which the databases were made, and at which they are read. */
export const NOW = '2026-01-01T00:00:00.000Z'

export const HEADERS = { api_key: 'blt20962a819b57e233', authtoken: 'Your_Authtoken' }

const LISTS = [
  '/stacks',
  '/environments',
  '/stacks/branches',
  '/stacks/branch_aliases',
  '/stacks/delivery_tokens',
  '/stacks/management_tokens',
]

/** All that a server reads from its database: as a fixture, as e-mails, and as the API's responses. */
export async function reading(mock: TokensMock) {
  const responses: Record<string, unknown> = {}
  for (const path of LISTS)
    responses[path] = (await mock.inject({ url: `/v3${path}`, headers: HEADERS })).json()
  return { state: mock.state(), outbox: mock.outbox.list(), responses }
}
