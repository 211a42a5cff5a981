import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { api, PREFIX } from './api/routes.ts'
import { type ControlOptions, control, unknownControlFailure } from './control/routes.ts'
import { readBodies } from './server/body.ts'
import { createHttpServer } from './server/http.ts'
import type { Worlds } from './world/worlds.ts'

export interface AppOptions {
  worlds: Worlds
  host: string
  /** The local certificate authority that clients must trust, in PEM; undefined if there is none. */
  authority: string | undefined
  /** If undefined, nothing is logged. */
  logger: FastifyBaseLogger | undefined
}

/** Builds the server from its parts, in the order in which a request passes through them. It does not listen. */
export function buildApp({ worlds, host, authority, logger }: AppOptions): FastifyInstance {
  const app = createHttpServer(logger)
  readBodies(app)
  // Only paths under /_mock get here: the emulated API takes all others.
  app.setNotFoundHandler((request) => {
    throw unknownControlFailure(request)
  })
  // Imported only if used, so that a start does not load it.
  const apiDocument: ControlOptions['apiDocument'] = async (options) =>
    (await import('./api/document.ts')).apiDocument(options)
  app.register(control, { prefix: '/_mock', worlds, host, authority, apiDocument })
  app.register(api, { prefix: PREFIX, worlds })
  return app
}
