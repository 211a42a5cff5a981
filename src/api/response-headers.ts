import fp from 'fastify-plugin'
import { RATE_LIMIT } from '../world/faults.ts'
import type { World } from '../world/world.ts'

/** The headers that each answer of the service carries (R). */
export const responseHeaders = fp(
  async (app) => {
    const windows = new WeakMap<World, { second: number; used: number }>()
    /** How many requests came in this second. */
    const used = (world: World) => {
      const second = Math.floor(world.clock.real.now() / 1000)
      let window = windows.get(world)
      if (window?.second !== second) window = { second, used: 0 }
      window.used += 1
      windows.set(world, window)
      return window.used
    }

    app.addHook('onRequest', async (request, reply) => {
      const { world } = request
      // The limit is shown always, and enforced where a fault rule says so.
      const limit = world.faults.rateLimit ?? RATE_LIMIT
      reply.headers({
        'x-request-id': request.id,
        'x-contentstack-organization': world.store.organization.get().uid,
        'x-ratelimit-limit': String(limit),
        'x-ratelimit-remaining': String(Math.max(0, limit - used(world))),
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
