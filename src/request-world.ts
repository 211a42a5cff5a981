import fp from 'fastify-plugin'
import type { World } from './world/world.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The world that the request acts on. */
    world: World
  }
}

/** Gives each request its world, before anything else looks at it. */
export const requestWorld = fp<{ world: World }>(
  async (app, { world }) => {
    app.decorateRequest('world', null as unknown as World)
    app.addHook('onRequest', async (request) => {
      request.world = world
    })
  },
  { name: 'request-world' },
)
