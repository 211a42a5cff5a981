import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { api, apiDocument, PREFIX } from './api/routes.ts'
import type { ControlAccess } from './control/guard.ts'
import { control } from './control/routes.ts'
import { readBodies } from './server/body.ts'
import { createHttpServer } from './server/http.ts'
import type { Worlds } from './world/worlds.ts'

export interface AppOptions {
  worlds: Worlds
  /** Whether each request of the emulated API has to name its world. */
  requireWorld: boolean
  /** Who may call the control API. */
  access: ControlAccess
  /** The local certificate authority that clients must trust, in PEM; undefined if there is none. */
  authority: string | undefined
  /** If undefined, nothing is logged. */
  logger: FastifyBaseLogger | undefined
}

/** Builds the server from its parts, in the order in which a request passes through them. It does not listen. */
export function buildApp({ worlds, requireWorld, access, authority, logger }: AppOptions): FastifyInstance {
  const app = createHttpServer(logger)
  readBodies(app)
  app.register(control, { prefix: '/_mock', worlds, access, authority, apiDocument })
  app.register(api, { prefix: PREFIX, worlds, requireWorld })
  return app
}
