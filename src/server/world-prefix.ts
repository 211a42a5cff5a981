import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { worldRequired } from '../rules/errors.ts'
import type { World } from '../world/world.ts'
import { DEFAULT_WORLD, type Worlds } from '../world/worlds.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The world of the request. Undefined, despite its type, for an unknown route whose world does not exist. */
    world: World
  }
}

/** Removes the scheme, password and host from a URL in absolute form, as sent to proxies. */
export const withoutAuthority = (url: string) => url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '')

/** The world names from the prefixes, by request, since the router sees the URL without the prefix. */
const names = new WeakMap<IncomingMessage, string>()

/**
 * Returns a function that says by which path to route a request. Clients call the service under /v3, while the page prints
 * paths without it; both work. The control API is under /_mock. The prefix `/w/{name}` selects a world for either.
 *
 * @param home where a browser that opens `/` is led, if anywhere
 */
export const rewriteWith = (home: string | undefined) =>
  function rewrite(request: IncomingMessage): string {
    const { url = '/' } = request
    // `*` has no slash.
    let path = url.startsWith('/') ? url : withoutAuthority(url).replace(/^\*/, '/*')
    if (path.startsWith('/w/')) {
      const [prefix = '', name = ''] = /^\/w\/([^/?#]*)/.exec(path) as string[]
      names.set(request, name)
      path = path.slice(prefix.length).replace(/^(?!\/)/, '/')
    }
    // Routes HEAD as GET, without extra routes. Node omits the body from the response.
    if (request.method === 'HEAD') request.method = 'GET'
    if (home !== undefined && ROOT.test(path) && isFromBrowser(request)) return home
    return /^\/(v3|_mock)(?=[/?]|$)/.test(path) ? path : `/v3${path}`
  }

const ROOT = /^\/(?:[?#]|$)/

/** Whether a person opens the URL: no client of the API asks for HTML, or opens `/` with a credential. */
const isFromBrowser = ({ method, headers }: IncomingMessage) =>
  method === 'GET' &&
  /\btext\/html\b/.test(headers.accept ?? '') &&
  !headers['api_key'] &&
  !['authtoken', 'authorization', 'access_token', 'preview_token'].some((name) => headers[name])

/** Returns the prefix that selects a world, such as `/w/one`; empty if there is none. */
export const worldPrefixOf = (url: string) => /^\/w\/[^/?#]*/.exec(withoutAuthority(url))?.[0] ?? ''

/** The base URL of a world, by that of the server. */
export const urlOfWorld = (url: string, name: string) => (name === DEFAULT_WORLD ? url : `${url}/w/${name}`)

/** Sets the world of each request, creating it on first use. An unknown route creates no world, nor does a preflight. */
export function enterWorld(worlds: Worlds): onRequestHookHandler {
  return function enterWorld(request: FastifyRequest, reply: FastifyReply, done) {
    const name = names.get(request.raw)
    const createsNone = request.is404 || request.method === 'OPTIONS'
    const world = name === undefined ? worlds.default : createsNone ? worlds.find(name) : worlds.get(name)
    if (world) {
      request.world = world
      // The default world is never dropped.
      if (name !== undefined) world.stayUntil(reply.raw)
    }
    done()
  }
}

/** Refuses a request without a world's prefix. A preflight passes, so that the browser shows the refusal to its page. */
export function requirePrefix(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  if (!names.has(request.raw) && request.method !== 'OPTIONS') throw worldRequired()
  done()
}

/** Sends the e-mails that are due. Logs a failure; the next request or timer tick tries again. */
export function sendNotices(world: World, log: { error(fields: object, message: string): void } | undefined) {
  try {
    world.sendNotices()
  } catch (error) {
    log?.error({ err: error, world: world.name }, 'notices not sent')
  }
}
