import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { api, apiDocument, managementRoutes, PREFIX } from './api/routes.ts'
import { CONSOLE, consolePage, HOME } from './console/routes.ts'
import type { ControlAccess } from './control/guard.ts'
import { control } from './control/routes.ts'
import { contentRoutes } from './delivery/content.ts'
import { anyReader } from './delivery/permit.ts'
import { readBodies } from './server/body.ts'
import { createHttpServer } from './server/http.ts'
import type { Worlds } from './world/worlds.ts'

export interface AppOptions {
  worlds: Worlds
  /** Whether each request of the emulated API has to name its world. */
  requireWorld: boolean
  /** Who may call the control API. */
  access: ControlAccess
  /** The base URL of the running server, of HTTPS if that is on. */
  url: () => string
  /** The local certificate authority that clients must trust, in PEM; undefined if there is none. */
  authority: string | undefined
  /** Whether the server has the console. */
  hasConsole: boolean
  /** If undefined, nothing is logged. */
  logger: FastifyBaseLogger | undefined
}

const routes = [...managementRoutes, ...contentRoutes]

/** Builds the server from its parts, in the order in which a request passes through them. It does not listen. */
export function buildApp(options: AppOptions): FastifyInstance {
  const { worlds, requireWorld, access, url, authority, hasConsole, logger } = options
  const app = createHttpServer(logger, hasConsole ? HOME : undefined)
  readBodies(app)
  app.register(control, {
    prefix: '/_mock',
    worlds,
    access,
    url,
    authority,
    apiDocument: () => apiDocument(routes),
  })
  if (hasConsole) app.register(consolePage, { prefix: CONSOLE, access })
  app.decorateRequest('readable', undefined)
  app.register(api, { prefix: PREFIX, worlds, requireWorld, routes, unknownRoutePermit: anyReader })
  return app
}
