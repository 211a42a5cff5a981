import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { api, managementTables, PREFIX } from './api/routes.ts'
import { CONSOLE, consolePage, HOME } from './console/routes.ts'
import type { ControlAccess } from './control/guard.ts'
import { type ControlOptions, control } from './control/routes.ts'
import { contentTable } from './delivery/content.ts'
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

/** Every call of the emulated API. */
export const tables = [...managementTables, contentTable]

/** Builds the server from its parts, in the order in which a request passes through them. It does not listen. */
export function buildApp(options: AppOptions): FastifyInstance {
  const { worlds, requireWorld, access, url, authority, hasConsole, logger } = options
  const app = createHttpServer(logger, hasConsole ? HOME : undefined)
  readBodies(app)
  // Imported only if used, so that a start does not load it.
  const apiDocument: ControlOptions['apiDocument'] = async (options) =>
    (await import('./api/document.ts')).apiDocument(tables, options)
  app.register(control, { prefix: '/_mock', worlds, access, url, authority, apiDocument })
  if (hasConsole) app.register(consolePage, { prefix: CONSOLE, access })
  app.decorateRequest('readable', undefined)
  const routes = tables.flatMap(({ routes }) => routes)
  app.register(api, { prefix: PREFIX, worlds, requireWorld, routes, unknownRoutePermit: anyReader })
  return app
}
