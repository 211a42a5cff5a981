import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ApiError, routeNotFound } from '../rules/errors.ts'
import { version } from '../server/version.ts'
import { type WorldRoutesOptions, worldRoutes } from './routes.ts'
import { answers, Health } from './schemas.ts'

export interface ControlOptions extends WorldRoutesOptions {
  /** The local certificate authority, in PEM. */
  authority?: string
}

const noAuthority = () =>
  new ApiError(
    404,
    'There is no local certificate authority: HTTPS is off or uses your own certificate.',
    404,
  )

/** Our own API, under `/_mock`. What stands here itself is for everyone to know. */
export const control: FastifyPluginAsyncTypebox<ControlOptions> = async (
  app,
  { worlds, host, authority },
) => {
  app.setNotFoundHandler(async () => {
    throw routeNotFound()
  })
  app.get(
    '/health',
    {
      // Asked over and over, by a machine.
      config: { logAt: 'debug' },
      schema: answers('Whether the server is healthy', Health),
    },
    async () => ({ status: 'ok' as const, version }),
  )
  app.get(
    '/ca.pem',
    { schema: { summary: 'The local certificate authority, in PEM' } },
    async (_request, reply) => {
      if (!authority) throw noAuthority()
      return reply.type('application/x-pem-file').send(authority)
    },
  )

  await app.register(worldRoutes, { worlds, host })
}
