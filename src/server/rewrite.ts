import type { IncomingMessage } from 'node:http'
import { withoutWorld } from './request-world.ts'

/** The path and query of a URL. A proxy's client sends the whole URL, which may hold a password. */
export const withoutAuthority = (url: string) => url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '')

/**
 * The path by which a request is routed. Each call is served under /v3, where clients call it, and under the bare path, as the page
 * prints it; the control API under /_mock; both also in the world that a prefix names.
 */
export function rewrite(request: IncomingMessage): string {
  const { url = '/' } = request
  const path = withoutWorld(request, withoutAuthority(url))
  if (/^\/_mock(?=[/?]|$)/.test(path)) return path
  // A HEAD is a GET, to which Node sends no body: routes for it would take as long to make as all others do.
  if (request.method === 'HEAD') request.method = 'GET'
  return /^\/v3(?=[/?]|$)/.test(path) ? path : `/v3${path}`
}
