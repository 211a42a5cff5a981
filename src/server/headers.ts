import type { FastifyReply, FastifyRequest } from 'fastify'
import { REQUESTS_PER_SECOND } from '../rules/caps.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body of the response; null if there is none. */
    responseBody: string | null
    /** Whether a fault rule chose the content type. */
    hasOwnContentType: boolean
  }
  interface FastifyContextConfig {
    /** Whether the service has no rate limit for the request; if absent, it has one. */
    isUnlimited?: (request: FastifyRequest) => boolean
  }
}

const LIMIT = 'x-ratelimit-limit'
const REMAINING = 'x-ratelimit-remaining'

const REASON = 'x-mock-reason'

/** The headers that web pages may read, with what they say (R, but for our own `x-mock-*`). */
const EXPOSED = {
  'x-request-id': 'A UUID',
  'x-runtime': 'How long the request took, such as 12ms',
  'x-contentstack-organization': 'The uid of the organization',
  [LIMIT]: 'How many reads, or writes, the API accepts per second',
  [REMAINING]: 'How many of them are left in this second',
  [REASON]: 'A sentence that explains the refusal',
  'x-mock-profile': 'The profile that shapes the responses',
}
const EXPOSED_NAMES = Object.keys(EXPOSED).join(', ')

/** The headers of a response, with what they say, for the OpenAPI document. */
export function headersOfResponse({ isFailure, isLimited }: { isFailure: boolean; isLimited: boolean }) {
  const { [LIMIT]: limit, [REMAINING]: remaining, [REASON]: reason, ...always } = EXPOSED
  return {
    ...always,
    ...(isLimited && { [LIMIT]: limit, [REMAINING]: remaining }),
    ...(isFailure && { [REASON]: reason }),
    'access-control-allow-origin': 'Always *',
    'access-control-expose-headers': 'The headers that web pages may read',
  }
}

/** Sets the headers of every response of the service (R), and CORS headers that let any web page read it. */
export function startHeaders(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  reply.header('access-control-allow-origin', '*')
  reply.header('access-control-expose-headers', EXPOSED_NAMES)
  reply.header('x-request-id', request.id)
  if (request.world) {
    reply.header('x-contentstack-organization', request.world.store.organization.uid())
    reply.header('x-mock-profile', request.world.settings.profile)
  }
  // R: without a limit in force, the remaining number stays the same. A fault rule with a rate limit overrides both.
  if (request.routeOptions.config.isUnlimited?.(request) !== true) {
    reply.header(LIMIT, String(REQUESTS_PER_SECOND))
    reply.header(REMAINING, String(REQUESTS_PER_SECOND - 1))
  }
  done()
}

/** Sets the headers for the rate limit of a fault rule. */
export function setRateLimit(reply: FastifyReply, limit: number, remaining: number): void {
  reply.header(LIMIT, String(limit))
  reply.header(REMAINING, String(remaining))
}

/** Sets the headers that depend on the response, and stores the body for the journal. */
export function finishHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  // Clients retry any failure with 0 remaining, so only a 429 may say 0.
  if (reply.statusCode >= 400 && reply.statusCode !== 429 && reply.getHeader(REMAINING) === '0')
    reply.header(REMAINING, '1')
  reply.header('x-runtime', `${Math.round(reply.elapsedTime)}ms`)
  if (typeof payload === 'string') {
    request.responseBody = payload
    // Removes the charset that Fastify adds.
    if (payload !== '' && !request.hasOwnContentType) reply.header('content-type', 'application/json')
  }
  done(null, payload)
}
