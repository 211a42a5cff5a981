import { distance } from 'fastest-levenshtein'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { methodNotAllowed, routeNotFound } from '../rules/errors.ts'

/** Answers 405 on a path that is served with other methods, and 404 on any other (C). */
export const unknownRoutes = fp(
  async (app) => {
    const methodsByPath = new Map<string, string[]>()
    app.addHook('onRoute', ({ path, method }) => {
      const methods = methodsByPath.get(path) ?? []
      methodsByPath.set(path, methods.concat(method === 'GET' ? ['GET', 'HEAD'] : method))
    })

    app.setNotFoundHandler(async (request: FastifyRequest) => {
      const pathname = request.url.replace(/[?#].*$/s, '').replace(/\/$/, '')
      for (const [path, methods] of methodsByPath) {
        if (!path.includes('*') && new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(pathname))
          throw methodNotAllowed(methods)
      }
      throw routeNotFound(
        `There is no call ${request.method} ${pathname}. Nearest: ${nearest(pathname, methodsByPath)}.`,
      )
    })
  },
  { name: 'unknown-routes' },
)

/** The three calls whose paths are the most like one that is not served. */
function nearest(pathname: string, methodsByPath: ReadonlyMap<string, string[]>): string {
  const asked = pathname.slice(0, 200).split('/')
  const distanceTo = (path: string) => {
    // What a parameter stands for is no difference.
    const likest = path.split('/').map((part, i) => (part.startsWith(':') ? (asked[i] ?? part) : part))
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
