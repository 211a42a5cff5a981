import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { ApiError } from '../rules/errors.ts'
import type { Call } from '../server/call.ts'
import { route } from './route.ts'

const PEM_TYPE = 'application/x-pem-file'

const noAuthority = () =>
  new ApiError(
    404,
    'There is no local certificate authority: HTTPS is off or uses your own certificate.',
    404,
  )

export const authorityRoutes = [
  route({
    method: 'GET',
    path: '/ca.pem',
    summary: 'The local certificate authority, in PEM',
    response: Type.String(),
    contentType: PEM_TYPE,
    failures: () => [noAuthority()],
    run: sendAuthority,
  }),
]

function sendAuthority({ server }: Call, reply: FastifyReply): FastifyReply {
  if (server.authority === undefined) throw noAuthority()
  return reply.type(PEM_TYPE).send(server.authority)
}
