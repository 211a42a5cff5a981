import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Credential, type JournalEntry, Names } from '../world/journal.ts'
import { header } from './credentials.ts'
import { sendNotices } from './world-prefix.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The rule that refused the request, in a sentence; null where none did. */
    reason: string | null
  }
}

/** Keeps a request in its world's journal, and sends what has fallen due meanwhile. */
export function recordRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { world } = request
  if (world) {
    const status = reply.statusCode
    if (status < 400) world.hasAccepted = true
    record(request, { status, reason: request.reason, ms: Math.round(reply.elapsedTime) })
    sendNotices(world, request.log)
  }
  done()
}

/** Writes an entry. A status of 0 stands for no answer at all. */
export function record(
  request: FastifyRequest,
  { status, reason, ms }: { status: number; reason: string | null; ms: number },
): void {
  const { world, url, bodyText, answer } = request
  const [path = '', query = ''] = url.split(/[?#](.*)/s)
  world.journal.add({
    id: request.id,
    time: world.clock.timestamp(),
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

const NOTHING_UNREAD: Pick<JournalEntry, 'unread' | 'left_out'> = {
  unread: { fields: [], parameters: [] },
  left_out: {},
}

/** What was sent and is not in the route's schema. */
function unreadOf(request: FastifyRequest): Pick<JournalEntry, 'unread' | 'left_out'> {
  const { body, query, is404 } = request
  // Where there is no route, nothing at all was read, which is no news.
  if (is404 || (!body && Object.keys(query as object).length === 0)) return NOTHING_UNREAD
  const fields = new Names()
  const parameters = new Names()
  const { body: bodySchema, querystring } = (request.routeOptions.schema ?? {}) as Record<
    string,
    Schema | undefined
  >
  addUnknown(fields, body, bodySchema, '')
  addUnknown(parameters, query, querystring, '')
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
