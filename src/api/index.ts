import cors from '@fastify/cors'
import type { FastifyPluginAsync } from 'fastify'
import type { World } from '../world/world.ts'
import { createAuthentication } from './authentication.ts'
import { deliveryTokens } from './delivery-tokens.ts'
import { jsonBody } from './json-body.ts'
import { managementTokens } from './management-tokens.ts'
import type { Settings } from './options.ts'
import { previewTokens } from './preview-tokens.ts'
import { responseHeaders } from './response-headers.ts'
import { unknownRoutes } from './unknown-routes.ts'
import { userSession } from './user-session.ts'

/** The emulated API, in the order in which a request meets its parts. */
export const api: FastifyPluginAsync<Settings & { world: World }> = async (
  app,
  { world, profile, managementTokenCap },
) => {
  await app.register(responseHeaders, { world })
  // Any origin, and any header that a browser asks for: api_key, authtoken, authorization, ...
  await app.register(cors, {
    origin: '*',
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: [
      'x-request-id',
      'x-runtime',
      'x-contentstack-organization',
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
    ],
    strictPreflight: false,
  })
  await app.register(unknownRoutes)
  await app.register(jsonBody)
  const resources = { world, profile, managementTokenCap, authentication: createAuthentication(world) }
  await app.register(userSession, resources)
  await app.register(deliveryTokens, resources)
  await app.register(previewTokens, resources)
  await app.register(managementTokens, resources)
}
