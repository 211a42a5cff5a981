import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { methodNotAllowed, routeNotFound } from '../rules/errors.ts'

/** Answers 405 on a path that is served with other methods, and 404 on any other (C). */
export const unknownRoutes = fp(
  async (app) => {
    const methodsByPath = new Map<string, string[]>()
    app.addHook('onRoute', ({ path, method }) => {
      const methods = methodsByPath.get(path) ?? []
      methodsByPath.set(path, methods.concat(method))
    })

    app.setNotFoundHandler(async (request: FastifyRequest) => {
      const pathname = request.url.replace(/[?#].*$/s, '').replace(/\/$/, '')
      for (const [path, methods] of methodsByPath) {
        if (!path.includes('*') && new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(pathname))
          throw methodNotAllowed(methods)
      }
      throw routeNotFound()
    })
  },
  { name: 'unknown-routes' },
)
