import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type Credential, type JournalEntry, Names } from '../world/journal.ts'
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
  const [path = '', query = ''] = url.split(/[?#](.*)/s)
  world.journal.add({
    id: request.id,
    time: world.timestamp(),
    method: request.method,
    path,
    query,
    credential: credentialOf(request),
    api_key: header(request, 'api_key') || null,
    request_body: bodyText || null,
    status,
    response_body: answer,
    reason,
    ms,
    ...unreadOf(request),
  })
}

function credentialOf(request: FastifyRequest): Credential {
  const hasAuthtoken = header(request, 'authtoken') !== ''
  const hasAuthorization = header(request, 'authorization') !== ''
  if (hasAuthtoken) return hasAuthorization ? 'both' : 'authtoken'
  return hasAuthorization ? 'authorization' : 'none'
}

/** What was sent and is not in the route's schema. */
function unreadOf({
  body,
  query,
  routeOptions,
  is404,
}: FastifyRequest): Pick<JournalEntry, 'unread' | 'left_out'> {
  const fields = new Names()
  const parameters = new Names()
  // Where there is no route, nothing at all was read, which is no news.
  if (!is404) {
    const { body: bodySchema, querystring } = (routeOptions.schema ?? {}) as Record<
      string,
      Schema | undefined
    >
    addUnknown(fields, body, bodySchema, '')
    addUnknown(parameters, query, querystring, '')
  }
  return {
    unread: { fields: fields.kept, parameters: parameters.kept },
    left_out: {
      ...(fields.left > 0 && { 'unread.fields': fields.left }),
      ...(parameters.left > 0 && { 'unread.parameters': parameters.left }),
    },
  }
}

interface Schema {
  properties?: Record<string, Schema>
  items?: Schema
}

/** Adds the paths of the fields that no schema names. One without properties takes anything. */
function addUnknown(names: Names, value: unknown, schema: Schema = { properties: {} }, path: string): void {
  const { properties, items } = schema
  if (Array.isArray(value) && items) {
    const list = path.replace(/\.$/, '')
    for (const [i, inner] of value.entries()) addUnknown(names, inner, items, `${list}[${i}].`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !properties) return
  for (const [name, inner] of Object.entries(value)) {
    if (Object.hasOwn(properties, name)) addUnknown(names, inner, properties[name], `${path}${name}.`)
    else names.add(path, name)
  }
}
