import type { FastifyPluginAsync } from 'fastify'
import { routeNotFound } from '../rules/errors.ts'
import { version } from '../version.ts'
import { refuseForeign } from './foreign.ts'

export interface ControlOptions {
  /** The name or address that the server is bound to: a request may call it by that. */
  host: string
}

/** Our own API, under `/_mock`. */
export const control: FastifyPluginAsync<ControlOptions> = async (app, { host }) => {
  app.addHook('onRequest', refuseForeign(host))
  app.setNotFoundHandler(async () => {
    throw routeNotFound()
  })
  app.get('/health', async () => ({ status: 'ok', version }))
  app.get('/state', async ({ world }) => world.state())
}
