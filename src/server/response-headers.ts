import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { RATE_LIMIT } from '../world/faults.ts'
import { header } from './credentials.ts'

/** The headers that each answer of the service carries (R). */
export const responseHeaders = fp(
  async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      reply.headers({
        'x-request-id': request.id,
        'x-contentstack-organization': request.world.store.organization.get().uid,
      })
      // R: where nothing is limited, the rest never runs down. A fault rule that limits sets its own.
      if (isRateLimited(request)) reply.headers(rateLimitHeaders(RATE_LIMIT, RATE_LIMIT - 1))
    })
    app.addHook('onSend', async (_request, reply, payload) => {
      // Clients try any failure again that says 0, so only a 429 does.
      if (reply.statusCode >= 400 && reply.statusCode !== 429 && reply.getHeader(REMAINING) === '0')
        reply.header(REMAINING, '1')
      reply.header('x-runtime', `${Math.round(reply.elapsedTime)}ms`)
      // Without the charset that Fastify adds.
      if (payload) reply.header('content-type', 'application/json')
    })
  },
  { name: 'response-headers', dependencies: ['request-world'] },
)

const REMAINING = 'x-ratelimit-remaining'

export const rateLimitHeaders = (limit: number, remaining: number) => ({
  'x-ratelimit-limit': String(limit),
  [REMAINING]: String(remaining),
})

/** R: organizations, the session and the list of stacks have no limit. */
export function isRateLimited(request: FastifyRequest): boolean {
  const path = request.url.replace(/[?#].*$/s, '').replace(/^\/v3/, '')
  if (/^\/(organizations|user-session)(\/|$)/.test(path)) return false
  return !(path === '/stacks' && request.method === 'GET' && header(request, 'api_key') === '')
}
