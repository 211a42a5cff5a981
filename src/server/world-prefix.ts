import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import type { World } from '../world/world.ts'
import type { Worlds } from '../world/worlds.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The world that the request acts on. An unknown route has none where its world has not been made. */
    world: World
  }
}

/** Takes the scheme, the host and any password off a URL that a client sends to a proxy. */
export const withoutAuthority = (url: string) => url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '')

/** The names that prefixes gave, by request: the router sees the URL without them. */
const names = new WeakMap<IncomingMessage, string>()

/**
 * The path by which a request is routed. The service has each call under /v3, where clients call it, and the page prints the bare
 * path; the control API is under /_mock; a prefix `/w/{name}` puts either into a world.
 */
export function rewrite(request: IncomingMessage): string {
  const { url = '/' } = request
  let path = url.startsWith('/') ? url : withoutAuthority(url)
  if (path.startsWith('/w/')) {
    const [prefix = '', name = ''] = /^\/w\/([^/?#]*)/.exec(path) as string[]
    names.set(request, name)
    path = path.slice(prefix.length).replace(/^(?!\/)/, '/')
  }
  if (/^\/_mock(?=[/?]|$)/.test(path)) return path
  // Fastify would need a further route for each HEAD. Node itself sends no body to one.
  if (request.method === 'HEAD') request.method = 'GET'
  return /^\/v3(?=[/?]|$)/.test(path) ? path : `/v3${path}`
}

/** Gives each request its world, which its first use makes. An unknown route makes no world. */
export function enterWorld(worlds: Worlds): onRequestHookHandler {
  return function enterWorld(request: FastifyRequest, reply: FastifyReply, done) {
    const name = names.get(request.raw)
    const world = name === undefined ? worlds.default : request.is404 ? worlds.find(name) : worlds.get(name)
    if (world) {
      request.world = world
      // The default world stays, however idle it is.
      if (name !== undefined) world.stayUntil(reply.raw)
    }
    done()
  }
}

/** Sends the e-mails that have fallen due. A failure is logged, and the next request or tick of the timer tries again. */
export function sendNotices(world: World, log: { error(fields: object, message: string): void } | undefined) {
  try {
    world.sendNotices()
  } catch (error) {
    log?.error({ err: error, world: world.name }, 'notices not sent')
  }
}
