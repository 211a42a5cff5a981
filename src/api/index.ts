import cors from '@fastify/cors'
import type { FastifyPluginAsync } from 'fastify'
import { faultInjection } from '../server/fault-injection.ts'
import { journal } from '../server/journal.ts'
import { requestWorld } from '../server/request-world.ts'
import { responseHeaders } from '../server/response-headers.ts'
import { unknownRoutes } from '../server/unknown-routes.ts'
import type { Worlds } from '../world/worlds.ts'
import { branchAliases } from './branch-aliases.ts'
import { branches } from './branches.ts'
import { content } from './content.ts'
import { deliveryTokens } from './delivery-tokens.ts'
import { environments } from './environments.ts'
import { locales } from './locales.ts'
import { managementTokens } from './management-tokens.ts'
import type { Settings } from './options.ts'
import { organizations } from './organizations.ts'
import { previewTokens } from './preview-tokens.ts'
import { stackSettings } from './stack-settings.ts'
import { stacks } from './stacks.ts'
import { userSession } from './user-session.ts'

/** The emulated API, in the order in which a request meets its parts. */
export const api: FastifyPluginAsync<Settings & { worlds: Worlds }> = async (
  app,
  { worlds, profile, managementTokenCap, deliveryTokenCap },
) => {
  // Without the prefix, which Fastify hands over among the options, too.
  const settings = { profile, managementTokenCap, deliveryTokenCap }
  await app.register(requestWorld, { worlds })
  await app.register(responseHeaders)
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
      'x-mock-reason',
    ],
    strictPreflight: false,
  })
  await app.register(journal)
  await app.register(faultInjection)
  await app.register(unknownRoutes)
  await app.register(userSession)
  await app.register(organizations, settings)
  await app.register(stacks)
  await app.register(stackSettings)
  await app.register(environments)
  await app.register(locales)
  await app.register(content)
  await app.register(branches)
  await app.register(branchAliases)
  await app.register(deliveryTokens, settings)
  await app.register(previewTokens, settings)
  await app.register(managementTokens, settings)
}
