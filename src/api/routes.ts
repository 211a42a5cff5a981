import cors from '@fastify/cors'
import type { FastifyPluginAsync } from 'fastify'
import { injectFaults } from '../server/faults.ts'
import { finishHeaders, startHeaders } from '../server/headers.ts'
import { recordRequest } from '../server/journal.ts'
import { refuseUnknownRoutes } from '../server/unknown-routes.ts'
import { enterWorld } from '../server/world-prefix.ts'
import type { Worlds } from '../world/worlds.ts'
import { branchAliasRoutes } from './branch-aliases.ts'
import { branchRoutes } from './branches.ts'
import { contentRoutes } from './content.ts'
import { deliveryTokenRoutes } from './delivery-tokens.ts'
import { environmentRoutes } from './environments.ts'
import { managementTokenRoutes } from './management-tokens.ts'
import { organizationRoutes } from './organizations.ts'
import { permitOrComplain } from './permit.ts'
import { previewTokenRoutes } from './preview-tokens.ts'
import { runOperation } from './route.ts'
import { stackRoutes } from './stacks.ts'
import { userSessionRoutes } from './user-session.ts'

/** Every call of the emulated API. */
export const routes = [
  ...userSessionRoutes,
  ...organizationRoutes,
  ...stackRoutes,
  ...environmentRoutes,
  ...contentRoutes,
  ...branchRoutes,
  ...branchAliasRoutes,
  ...deliveryTokenRoutes,
  ...previewTokenRoutes,
  ...managementTokenRoutes,
]

export const PREFIX = '/v3'

/** The emulated API. Hooks run in this order. */
export const api: FastifyPluginAsync<{ worlds: Worlds }> = async (app, { worlds }) => {
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  app.decorateRequest('apiKey', '')
  app.decorateRequest('callerUid', '')
  app.decorateRequest('managementToken', undefined)

  app.addHook('onRequest', enterWorld(worlds))
  app.addHook('onRequest', startHeaders)
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
  app.addHook('onRequest', injectFaults(closing.signal))
  app.addHook(
    'onRequest',
    refuseUnknownRoutes(routes.map(({ method, path }) => ({ method, path: `${PREFIX}${path}` }))),
  )
  app.addHook('preValidation', permitOrComplain)
  app.addHook('onSend', finishHeaders)
  app.addHook('onResponse', recordRequest)

  for (const route of routes) {
    const { method, path, params, query, body, operation } = route
    app.route({
      method,
      url: path,
      schema: {
        ...(params && { params }),
        ...(query && { querystring: query }),
        ...(body && { body }),
      },
      config: { route, ...(operation && { operation }) },
      handler: runOperation,
    })
  }
  // Has to be set for the hooks above to run on unknown paths. The last of them has refused by then.
  app.setNotFoundHandler(() => {})
}
