// Compiled and run by openapi.mjs, beside the types that openapi-typescript makes from the server's own document.
import createClient from 'openapi-fetch'
import type { paths } from './schema.js'

/** What openapi-fetch resolves to. */
interface Result<T> {
  data?: T
  error?: unknown
  response: Response
}

/** Makes the twelve calls of the Tokens page in the profile `live`, and returns the status of each. */
export async function runCalls(baseUrl: string): Promise<Record<string, number>> {
  const { GET, POST, PUT, DELETE } = createClient<paths>({
    baseUrl,
    headers: { api_key: 'blt20962a819b57e233', authtoken: 'Your_Authtoken' },
  })
  const statuses: Record<string, number> = {}
  /** The body of a success, in the type that the document gives it. */
  function bodyOf<T>(call: string, { data, error, response }: Result<T>): T {
    if (data === undefined) throw new Error(`${call}: ${JSON.stringify(error)}`)
    statuses[call] = response.status
    return data
  }
  const ALL = '/v3/stacks/delivery_tokens'
  const ONE = '/v3/stacks/delivery_tokens/{uid}'
  const PREVIEW = '/v3/stacks/delivery_tokens/{uid}/preview_token'
  const ALL_MANAGEMENT = '/v3/stacks/management_tokens'
  const ONE_MANAGEMENT = '/v3/stacks/management_tokens/{uid}'

  const { tokens } = bodyOf('listDeliveryTokens', await GET(ALL))
  if (!Array.isArray(tokens) || tokens[0] === undefined) throw new Error('a list of delivery tokens')
  const path = (uid: string) => ({ params: { path: { uid } } })
  const { token: first } = bodyOf('fetchDeliveryToken', await GET(ONE, path(tokens[0].uid)))
  const type: 'delivery' = first.type
  const { token: created } = bodyOf(
    'createDeliveryToken',
    await POST(ALL, {
      body: {
        token: {
          name: `Not the first ${type} token`,
          scope: [
            { module: 'environment', environments: ['production'], acl: { read: true } },
            { module: 'branch', branches: ['main'], acl: { read: true } },
          ],
        },
      },
    }),
  )
  const { uid } = created
  bodyOf('updateDeliveryToken', await PUT(ONE, { ...path(uid), body: { token: { name: 'Renamed' } } }))
  const { token: linked } = bodyOf('createPreviewToken', await POST(PREVIEW, path(uid)))
  if (linked.preview_token === undefined) throw new Error('a preview token')
  bodyOf('deletePreviewToken', await DELETE(PREVIEW, path(uid)))
  bodyOf('deleteDeliveryToken', await DELETE(ONE, path(uid)))

  bodyOf('listManagementTokens', await GET(ALL_MANAGEMENT))
  const { token: secret } = bodyOf(
    'createManagementToken',
    await POST(ALL_MANAGEMENT, {
      body: {
        token: {
          name: 'CI',
          scope: [
            { module: 'content_type', acl: { read: true, write: true } },
            { module: 'branch', branches: ['main'], acl: { read: true } },
          ],
        },
      },
    }),
  )
  const value: string = secret.token
  const management = path(secret.uid)
  const { token: fetched } = bodyOf('fetchManagementToken', await GET(ONE_MANAGEMENT, management))
  if ('token' in fetched || value === '') throw new Error('only the response to a creation has the value')
  bodyOf(
    'updateManagementToken',
    await PUT(ONE_MANAGEMENT, { ...management, body: { token: { expires_on: '2090-01-01' } } }),
  )
  bodyOf('deleteManagementToken', await DELETE(ONE_MANAGEMENT, management))
  const { error } = await GET(ONE_MANAGEMENT, management)
  // The codes are literal types, so a client that looks for a code which this call never has does not compile.
  if (error?.error_code !== 141) throw new Error('the management token is gone')
  return statuses
}
