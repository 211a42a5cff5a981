import fp from 'fastify-plugin'
import type { World } from '../world/world.ts'

/** The documented rate limit of the Content Management API: requests a second (D). It is shown, not enforced. */
const RATE_LIMIT = 10

/** The headers that each answer of the service carries (R). */
export const responseHeaders = fp(
  async (app) => {
    const window = { second: 0, used: 0 }
    const used = (world: World) => {
      const second = Math.floor(world.clock.now() / 1000)
      if (window.second !== second) Object.assign(window, { second, used: 0 })
      window.used += 1
      return window.used
    }

    app.addHook('onRequest', async (request, reply) => {
      const { world } = request
      reply.headers({
        'x-request-id': request.id,
        'x-contentstack-organization': world.store.organization.get().uid,
        'x-ratelimit-limit': String(RATE_LIMIT),
        'x-ratelimit-remaining': String(Math.max(0, RATE_LIMIT - used(world))),
      })
    })
    app.addHook('onSend', async (_request, reply, payload) => {
      reply.header('x-runtime', `${Math.round(reply.elapsedTime)}ms`)
      // Without the charset that Fastify adds.
      if (payload) reply.header('content-type', 'application/json')
    })
  },
  { name: 'response-headers', dependencies: ['request-world'] },
)
