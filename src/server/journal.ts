import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ReadSchemas } from '../world/unread.ts'
import { header } from './credentials.ts'
import { sendNotices } from './world-prefix.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** A sentence that explains the refusal; null if the request was not refused. */
    reason: string | null
  }
}

/** The headers that an entry shows. None of them may carry a credential. */
const RECORDED = [
  'accept',
  'branch',
  'content-type',
  'organization_uid',
  'origin',
  'user-agent',
  'x-csclient',
  'x-header-ea',
  'x-user-agent',
]

/** The header of the console's own requests, which are neither recorded nor subject to fault rules. */
export const CONSOLE_HEADER = 'x-mock-console'

/** Records a request in its world's journal, and sends the e-mails that have become due. */
export function recordRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { world } = request
  // A preflight is the browser's, not the client's.
  if (world && request.method !== 'OPTIONS') {
    const status = reply.statusCode
    if (status < 400) world.hasAccepted = true
    if (request.headers[CONSOLE_HEADER] === undefined)
      record(request, status, request.reason, Math.round(reply.elapsedTime))
    if (world.store.managementTokens.nextDueAt <= world.clock.now()) sendNotices(world, request.log)
  }
  done()
}

/** In the order in which they count. Preview clients also send an access_token. */
const CREDENTIAL_HEADERS = ['authorization', 'authtoken', 'preview_token', 'access_token'] as const

/** Adds an entry to the journal. Status 0 means that there was no response. */
export function record(request: FastifyRequest, status: number, reason: string | null, ms: number): void {
  const { world, url, bodyText, headers, body, is404 } = request
  const { schema = {} } = request.routeOptions as { schema?: ReadSchemas }
  // Without a route, or with an invalid body, nothing was read, so the journal reports nothing as unread.
  const schemas = is404 ? undefined : request.bodyComplaint ? { ...schema, body: {} } : schema
  const queryStart = url.search(/[?#]/)
  const sent = CREDENTIAL_HEADERS.find((name) => headers[name])
  const credential = sent === 'authorization' && headers['authtoken'] ? 'both' : (sent ?? 'none')
  const shownHeaders: Record<string, string> = {}
  for (const name of RECORDED) {
    const value = headers[name]
    if (typeof value === 'string') shownHeaders[name] = value
  }
  world.journal.add(
    {
      id: request.id,
      time: world.clock.now(),
      method: request.method,
      path: queryStart < 0 ? url : url.slice(0, queryStart),
      query: queryStart < 0 ? '' : url.slice(queryStart + 1),
      credential,
      api_key: header(request, 'api_key') || null,
      request_headers: shownHeaders,
      request_body: bodyText || null,
      status,
      response_body: request.responseBody,
      reason,
      ms,
    },
    schemas,
    body,
  )
}
