import { distance } from 'fastest-levenshtein'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type ApiError, methodNotAllowed, routeNotFound } from '../rules/errors.ts'

/** The first parts of paths under which the service has content. */
const CONTENT = new Set([
  'assets',
  'audit-logs',
  'bulk',
  'content_types',
  'entries',
  'extensions',
  'global_fields',
  'labels',
  'locales',
  'publish-queue',
  'releases',
  'roles',
  'taxonomies',
  'variant_groups',
  'variants',
  'webhooks',
  'workflows',
])

/**
 * Answers 405 on a path that is served with other methods, and 404 on any other (C), before the body is looked at. To be
 * registered after what may answer instead, such as fault rules.
 */
export const unknownRoutes = fp(
  async (app) => {
    const methodsByPath = new Map<string, string[]>()
    app.addHook('onRoute', ({ path, method }) => {
      const methods = methodsByPath.get(path) ?? []
      methodsByPath.set(path, methods.concat(method === 'GET' ? ['GET', 'HEAD'] : method))
    })
    const refuse = (request: FastifyRequest): never => {
      throw failureOf(request, methodsByPath)
    }
    app.addHook('onRequest', (request, _reply, done) => {
      if (request.is404) refuse(request)
      done()
    })
    // Has to be set for the hooks of this API to run on its unknown paths.
    app.setNotFoundHandler(refuse)
  },
  { name: 'unknown-routes' },
)

function failureOf(request: FastifyRequest, methodsByPath: ReadonlyMap<string, string[]>): ApiError {
  const pathname = request.url.replace(/[?#].*$/s, '').replace(/\/$/, '')
  const [, first = ''] = /^\/v3\/([^/]*)/.exec(pathname) ?? []
  const isContent = CONTENT.has(first)
  for (const [path, methods] of methodsByPath) {
    if (!path.includes('*') && new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(pathname))
      return methodNotAllowed(methods, isContent ? CONTENT_REASON : undefined)
  }
  return routeNotFound(
    isContent
      ? CONTENT_REASON
      : `There is no call ${request.method} ${pathname}. Nearest: ${nearest(pathname, methodsByPath)}.`,
  )
}

const CONTENT_REASON = 'Content is not served here: only the lists that a stack without content has.'

/** The three calls whose paths are the most like one that is not served. */
function nearest(pathname: string, methodsByPath: ReadonlyMap<string, string[]>): string {
  const asked = pathname.slice(0, 200).split('/')
  const distanceTo = (path: string) => {
    const parts = path.split('/')
    // What a parameter stands for is no difference in a path of the same length.
    const likest = parts.map((part, i) =>
      part.startsWith(':') && parts.length === asked.length ? asked[i] : part,
    )
    return distance(likest.join('/'), asked.join('/'))
  }
  return [...methodsByPath]
    .filter(([path]) => !path.includes('*'))
    .map(([path, methods]) => ({ path, methods, distance: distanceTo(path) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ path, methods }) => `${methods.filter((method) => method !== 'HEAD').join(', ')} ${path}`)
    .join('; ')
}
