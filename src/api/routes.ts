import cors from '@fastify/cors'
import type { FastifyPluginAsync } from 'fastify'
import { injectFaults } from '../server/faults.ts'
import { finishHeaders, startHeaders } from '../server/headers.ts'
import { CONSOLE_HEADER, recordRequest } from '../server/journal.ts'
import { unknownRouteFailure } from '../server/unknown-routes.ts'
import { enterWorld, requirePrefix } from '../server/world-prefix.ts'
import type { Worlds } from '../world/worlds.ts'
import { branchAliasRoutes } from './branch-aliases.ts'
import { branchRoutes } from './branches.ts'
import { deliveryTokenRoutes } from './delivery-tokens.ts'
import { environmentRoutes } from './environments.ts'
import { localeRoutes } from './locales.ts'
import { managementTokenRoutes } from './management-tokens.ts'
import { organizationRoutes } from './organizations.ts'
import { permitRequestsWith, type RoutePermit } from './permit.ts'
import { previewTokenRoutes } from './preview-tokens.ts'
import { type Route, runOperation } from './route.ts'
import { stackRoutes } from './stacks.ts'
import { userSessionRoutes } from './user-session.ts'

/** A table of routes, with its tag in the OpenAPI document. */
export interface RouteTable {
  tag: string
  description: string
  routes: readonly Route[]
}

/** The tables of the emulated management API. */
export const managementTables: readonly RouteTable[] = [
  { tag: 'User session', description: 'Login, logout and the current user.', routes: userSessionRoutes },
  { tag: 'Organizations', description: 'The one organization, and its stacks.', routes: organizationRoutes },
  { tag: 'Stacks', description: 'Stacks and their settings.', routes: stackRoutes },
  {
    tag: 'Environments',
    description: 'What the scope of a delivery token names.',
    routes: environmentRoutes,
  },
  {
    tag: 'Locales',
    description: 'The master locale, and lists of what is not served, which are empty.',
    routes: localeRoutes,
  },
  { tag: 'Branches', description: 'What the scope of a token names.', routes: branchRoutes },
  { tag: 'Branch aliases', description: 'Other names of branches.', routes: branchAliasRoutes },
  { tag: 'Delivery tokens', description: 'They open published content.', routes: deliveryTokenRoutes },
  {
    tag: 'Preview tokens',
    description: 'They open unpublished content. A delivery token has at most one.',
    routes: previewTokenRoutes,
  },
  { tag: 'Management tokens', description: 'They open the management API.', routes: managementTokenRoutes },
]

export const PREFIX = '/v3'

export interface ApiOptions {
  worlds: Worlds
  routes: readonly Route[]
  /** Who may see the response of a fault rule to an unknown route. */
  unknownRoutePermit: RoutePermit
  /** Whether each request has to name its world. */
  requireWorld: boolean
}

/** The emulated API. Hooks run in this order. */
export const api: FastifyPluginAsync<ApiOptions> = async (app, options) => {
  const { worlds, routes, unknownRoutePermit, requireWorld } = options
  const permitRequest = permitRequestsWith(unknownRoutePermit)
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  app.decorateRequest('faultAfterPermit', undefined)
  app.decorateRequest('apiKey', '')
  app.decorateRequest('callerUid', '')
  app.decorateRequest('managementToken', undefined)
  app.decorateRequest('branch', undefined)

  app.addHook('onRequest', enterWorld(worlds))
  app.addHook('onRequest', startHeaders)
  if (requireWorld) app.addHook('onRequest', requirePrefix)
  // Registered in a separate scope, so that only preflights run it. It allows any header: api_key, authtoken, authorization, ...
  app.register(async (preflights) => {
    await preflights.register(cors, {
      origin: '*',
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      strictPreflight: false,
    })
  })
  const failureOf = unknownRouteFailure(
    routes.map(({ method, path }) => ({ method, path: `${PREFIX}${path}` })),
  )
  /** Before the body is read: applies the fault rules of the world, and refuses an unknown route. */
  app.addHook('onRequest', function refuseEarly(request, reply, done) {
    // Fault rules apply to unknown routes, too. Only an existing world has rules.
    if (request.world?.faults.isSet && request.headers[CONSOLE_HEADER] === undefined) {
      injectFaults(request, reply, closing.signal)
        .then((goesOn) => {
          if (!goesOn) return
          if (request.is404 && request.faultAfterPermit) permitRequest(request, reply, done)
          else done(request.is404 ? failureOf(request) : undefined)
        })
        .catch((error: Error) => done(error))
      return
    }
    done(request.is404 ? failureOf(request) : undefined)
  })
  app.addHook('preValidation', permitRequest)
  app.addHook('onSend', finishHeaders)
  app.addHook('onResponse', recordRequest)

  for (const route of routes) {
    const { method, path, query, body, operation, isUnlimited } = route
    app.route({
      method,
      url: path,
      schema: {
        ...(query && { querystring: query }),
        ...(body && { body }),
      },
      // server/ does not know `route`, so the fields that it reads are passed separately.
      config: { route, ...(operation && { operation }), ...(isUnlimited && { isUnlimited }) },
      handler: runOperation,
    })
  }
  // Without this handler, the hooks above do not run on unknown paths. It does nothing, since a hook has refused by then.
  app.setNotFoundHandler(() => {})
}
