import { distance } from 'fastest-levenshtein'
import type { FastifyRequest } from 'fastify'
import { type ApiError, methodNotAllowed, routeNotFound } from '../rules/errors.ts'
import { withoutQuery, withoutVersion } from '../rules/path.ts'

/** The first segments of the paths of the service's content. */
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

interface ServedRoute {
  method: string
  /** Such as `/v3/stacks/delivery_tokens/:uid`. */
  path: string
}

/** Returns a function that makes the failure for an unknown route: 405 if the path has other methods, else 404 (C). */
export function unknownRouteFailure(routes: readonly ServedRoute[]) {
  const methodsByPath = new Map<string, string[]>()
  for (const { method, path } of routes) {
    const methods = methodsByPath.get(path) ?? []
    methodsByPath.set(path, methods.concat(method === 'GET' ? ['GET', 'HEAD'] : method))
  }
  return (request: FastifyRequest): ApiError => failureOf(request, methodsByPath)
}

function failureOf(request: FastifyRequest, methodsByPath: ReadonlyMap<string, string[]>): ApiError {
  const pathname = withoutQuery(request.url).replace(/\/$/, '')
  const [first = ''] = withoutVersion(pathname).split('/').slice(1)
  const isContent = CONTENT.has(first)
  for (const [path, methods] of methodsByPath) {
    if (new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(pathname))
      return methodNotAllowed(methods, isContent ? CONTENT_REASON : undefined)
  }
  return routeNotFound(
    isContent
      ? CONTENT_REASON
      : `There is no call ${request.method} ${pathname}. Nearest: ${nearest(pathname, methodsByPath)}.`,
  )
}

const CONTENT_REASON =
  'Of content, only reads of content types and entries are served here. A fault rule with after_permit and a body can stub this call.'

/** The three calls with the most similar paths. */
function nearest(pathname: string, methodsByPath: ReadonlyMap<string, string[]>): string {
  const asked = pathname.slice(0, 200).split('/')
  const distanceTo = (path: string) => {
    const parts = path.split('/')
    // In a path of the same length, a parameter matches any segment.
    const likest = parts.map((part, i) =>
      part.startsWith(':') && parts.length === asked.length ? asked[i] : part,
    )
    return distance(likest.join('/'), asked.join('/'))
  }
  return [...methodsByPath]
    .map(([path, methods]) => ({ path, methods, distance: distanceTo(path) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ path, methods }) => `${methods.filter((method) => method !== 'HEAD').join(', ')} ${path}`)
    .join('; ')
}
