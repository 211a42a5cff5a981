import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ReadSchemas } from '../world/unread.ts'
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
    record(request, status, request.reason, Math.round(reply.elapsedTime))
    if (world.store.managementTokens.nextDueAt <= world.clock.now()) sendNotices(world, request.log)
  }
  done()
}

/** Writes an entry. A status of 0 stands for no response at all. */
export function record(request: FastifyRequest, status: number, reason: string | null, ms: number): void {
  const { world, url, bodyText, headers, body, is404 } = request
  const { schema = {} } = request.routeOptions as { schema?: ReadSchemas }
  // Where there is no route, nothing at all was read, which is no news; nor is a body that was refused.
  const schemas = is404 ? undefined : request.bodyComplaint ? { ...schema, body: {} } : schema
  const queryStart = url.search(/[?#]/)
  const hasAuthtoken = Boolean(headers['authtoken'])
  const hasAuthorization = Boolean(headers.authorization)
  const credentials = hasAuthtoken ? 'authtoken' : 'none'
  world.journal.add(
    {
      id: request.id,
      time: world.clock.now(),
      method: request.method,
      path: queryStart < 0 ? url : url.slice(0, queryStart),
      query: queryStart < 0 ? '' : url.slice(queryStart + 1),
      credential: hasAuthorization ? (hasAuthtoken ? 'both' : 'authorization') : credentials,
      api_key: header(request, 'api_key') || null,
      request_body: bodyText || null,
      status,
      response_body: request.answer,
      reason,
      ms,
    },
    schemas,
    body,
  )
}
