import type { FastifyReply, FastifyRequest } from 'fastify'
import { REQUESTS_PER_SECOND } from '../rules/caps.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The text that is sent in return; null where there is none. */
    answer: string | null
  }
  interface FastifyContextConfig {
    /** Whether the service lets a call be made any number of times a second; absent: it limits each. */
    isUnlimited?: (request: FastifyRequest) => boolean
  }
}

const LIMIT = 'x-ratelimit-limit'
const REMAINING = 'x-ratelimit-remaining'

const EXPOSED = [
  'x-request-id',
  'x-runtime',
  'x-contentstack-organization',
  LIMIT,
  REMAINING,
  'x-mock-reason',
].join(', ')

/** Sets the headers that each response of the service carries (R), and lets any web page read it. */
export function startHeaders(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  reply.header('access-control-allow-origin', '*')
  reply.header('access-control-expose-headers', EXPOSED)
  reply.header('x-request-id', request.id)
  if (request.world) reply.header('x-contentstack-organization', request.world.store.organization.uid())
  // R: where nothing is limited, the rest never runs down. A fault rule that limits sets its own.
  if (request.routeOptions.config.isUnlimited?.(request) !== true) {
    reply.header(LIMIT, String(REQUESTS_PER_SECOND))
    reply.header(REMAINING, String(REQUESTS_PER_SECOND - 1))
  }
  done()
}

/** Sets what a fault rule leaves of a second. */
export function setRateLimit(reply: FastifyReply, limit: number, remaining: number): void {
  reply.header(LIMIT, String(limit))
  reply.header(REMAINING, String(remaining))
}

/** Sets the headers that are known at the end, and remembers the body for the journal. */
export function finishHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  done: (error: null, payload: unknown) => void,
): void {
  // Clients try any failure again that says 0, so only a 429 does.
  if (reply.statusCode >= 400 && reply.statusCode !== 429 && reply.getHeader(REMAINING) === '0')
    reply.header(REMAINING, '1')
  reply.header('x-runtime', `${Math.round(reply.elapsedTime)}ms`)
  if (typeof payload === 'string') {
    request.answer = payload
    // Without the charset that Fastify adds.
    if (payload !== '') reply.header('content-type', 'application/json')
  }
  done(null, payload)
}
