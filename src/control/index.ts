import type { FastifyPluginAsync } from 'fastify'
import { ApiError, routeNotFound } from '../rules/errors.ts'
import { version } from '../version.ts'
import { refuseForeign } from './foreign.ts'

export interface ControlOptions {
  /** The name or address that the server is bound to: a request may call it by that. */
  host: string
  /** The local certificate authority, in PEM. */
  authority?: string
}

const noAuthority = () =>
  new ApiError(
    404,
    'There is no local certificate authority: HTTPS is off, or has a certificate of yours.',
    404,
  )

/** Our own API, under `/_mock`. */
export const control: FastifyPluginAsync<ControlOptions> = async (app, { host, authority }) => {
  app.addHook('onRequest', refuseForeign(host))
  app.setNotFoundHandler(async () => {
    throw routeNotFound()
  })
  app.get('/health', async () => ({ status: 'ok', version }))
  app.get('/ca.pem', async (_request, reply) => {
    if (!authority) throw noAuthority()
    return reply.type('application/x-pem-file').send(authority)
  })
  app.get('/state', async ({ world }) => world.state())
}
