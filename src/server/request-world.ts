import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { World } from '../world/world.ts'
import { DEFAULT_WORLD, type Worlds } from '../world/worlds.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The world that the request acts on. */
    world: World
  }
}

/** The names that prefixes gave, by request: the router sees the URL without them. */
const names = new WeakMap<IncomingMessage, string>()

/** Takes the prefix `/w/{name}` off a path, and keeps the name for `requestWorld`. */
export function withoutWorld(request: IncomingMessage, path: string): string {
  const [prefix, name] = /^\/w\/([^/?#]*)/.exec(path) ?? []
  if (prefix === undefined || name === undefined) return path
  names.set(request, name)
  return path.slice(prefix.length).replace(/^(?!\/)/, '/')
}

/** Sends what has fallen due. What fails is logged, and tried again at the next call or tick. */
export function sendNotices(world: World, log?: FastifyBaseLogger): void {
  try {
    world.sendNotices()
  } catch (error) {
    log?.error({ err: error, world: world.name }, 'notices not sent')
  }
}

/** Gives each request of a part of the server its world, before anything else there needs it. */
export const requestWorld = fp<{ worlds: Worlds }>(
  async (app, { worlds }) => {
    app.decorateRequest('world', null as unknown as World)
    app.addHook('onRequest', async (request: FastifyRequest, reply) => {
      const world = worlds.get(names.get(request.raw) ?? DEFAULT_WORLD)
      request.world = world
      world.busy += 1
      reply.raw.once('close', () => {
        world.busy -= 1
      })
    })
    app.addHook('onResponse', async ({ world, log }) => {
      if (world) sendNotices(world, log)
    })
  },
  { name: 'request-world' },
)
