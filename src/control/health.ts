import { Type } from '@sinclair/typebox'
import { version } from '../server/version.ts'
import { route } from './route.ts'

const Health = Type.Object({ status: Type.Literal('ok'), version: Type.String() })

export const healthRoutes = [
  route({
    method: 'GET',
    path: '/health',
    summary: 'Whether the server is healthy',
    response: Health,
    run: readHealth,
    // Health checks are frequent.
    config: { logAt: 'debug' },
  }),
]

function readHealth() {
  return { status: 'ok', version }
}
