import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { api, apiDocument, managementRoutes, PREFIX } from './api/routes.ts'
import { control, unknownControlFailure } from './control/routes.ts'
import { contentRoutes } from './delivery/content.ts'
import { anyReader } from './delivery/permit.ts'
import { readBodies } from './server/body.ts'
import { createHttpServer } from './server/http.ts'
import type { Worlds } from './world/worlds.ts'

export interface AppOptions {
  worlds: Worlds
  /** The host that the server listens on, and the host in its URLs. */
  names: readonly string[]
  /** The base URL of the running server, of HTTPS if that is on. */
  url: () => string
  /** The local certificate authority that clients must trust, in PEM; undefined if there is none. */
  authority: string | undefined
  /** If undefined, nothing is logged. */
  logger: FastifyBaseLogger | undefined
}

const routes = [...managementRoutes, ...contentRoutes]

/** Builds the server from its parts, in the order in which a request passes through them. It does not listen. */
export function buildApp({ worlds, names, url, authority, logger }: AppOptions): FastifyInstance {
  const app = createHttpServer(logger)
  readBodies(app)
  // Only paths under /_mock get here: the emulated API takes all others.
  app.setNotFoundHandler((request) => {
    throw unknownControlFailure(request)
  })
  app.register(control, {
    prefix: '/_mock',
    worlds,
    names,
    url,
    authority,
    apiDocument: () => apiDocument(routes),
  })
  app.decorateRequest('readable', undefined)
  app.register(api, { prefix: PREFIX, worlds, routes, unknownRoutePermit: anyReader })
  return app
}
