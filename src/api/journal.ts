import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Credential } from '../world/journal.ts'
import { header } from './credentials.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The rule that refused the request, in a sentence. */
    reason: string | null
    /** The body that is answered; null where it is none. */
    answer: string | null
  }
}

/** Keeps each request in its world's journal. */
export const journal = fp(
  async (app) => {
    app.decorateRequest('reason', null)
    app.decorateRequest('answer', null)
    app.addHook('onSend', async (request, _reply, payload) => {
      request.answer = typeof payload === 'string' ? payload : null
    })
    app.addHook('onResponse', async (request, reply) => {
      // One that named no world is in no journal.
      if (!request.world) return
      record(request, { status: reply.statusCode, reason: request.reason, ms: Math.round(reply.elapsedTime) })
    })
  },
  { name: 'journal', dependencies: ['request-world', 'json-body'] },
)

/** Writes an entry. A status of 0 stands for no answer at all. */
export function record(
  request: FastifyRequest,
  { status, reason, ms = 0 }: { status: number; reason: string | null; ms?: number },
): void {
  const { world, url, bodyText, answer } = request
  const [path = '', query = ''] = url.split(/\?(.*)/s)
  world.journal.add({
    id: request.id,
    time: world.timestamp(),
    method: request.method,
    path,
    query,
    credential: credentialOf(request),
    api_key: header(request, 'api_key') || null,
    request_body: bodyText || null,
    unread: unreadOf(request),
    status,
    response_body: answer,
    reason,
    ms,
  })
}

function credentialOf(request: FastifyRequest): Credential {
  const hasAuthtoken = header(request, 'authtoken') !== ''
  const hasAuthorization = header(request, 'authorization') !== ''
  if (hasAuthtoken) return hasAuthorization ? 'both' : 'authtoken'
  return hasAuthorization ? 'authorization' : 'none'
}

/** What was sent and is not in the route's schema. */
function unreadOf({ body, query, routeOptions, is404 }: FastifyRequest) {
  // Where there is no route, nothing at all was read, which is no news.
  if (is404) return { fields: [], parameters: [] }
  const { body: bodySchema, querystring } = (routeOptions.schema ?? {}) as Record<string, Schema | undefined>
  return { fields: unknownIn(body, bodySchema, ''), parameters: unknownIn(query, querystring, '') }
}

interface Schema {
  properties?: Record<string, Schema>
  items?: Schema
}

/** The paths of the fields that no schema names. One without properties takes anything. */
function unknownIn(value: unknown, schema: Schema = { properties: {} }, path: string): string[] {
  const { properties, items } = schema
  if (Array.isArray(value) && items) {
    const list = path.replace(/\.$/, '')
    return value.flatMap((inner, i) => unknownIn(inner, items, `${list}[${i}].`))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !properties) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = `${path}${name}`
    return Object.hasOwn(properties, name) ? unknownIn(inner, properties[name], `${at}.`) : [at]
  })
}
