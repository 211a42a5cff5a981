import cors from '@fastify/cors'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { Profile } from '../rules/profiles.ts'
import { complain } from '../server/body.ts'
import { unknownRouteFailure } from '../server/unknown-routes.ts'
import { enterWorld } from '../server/world-prefix.ts'
import type { Worlds } from '../world/worlds.ts'
import { authorityRoutes } from './authority.ts'
import { clockRoutes } from './clock.ts'
import { EventStreams } from './event-stream.ts'
import { faultRoutes } from './faults.ts'
import { type ControlAccess, refuseForeign, requireToken } from './guard.ts'
import { healthRoutes } from './health.ts'
import { idRoutes } from './ids.ts'
import { openapiRoutes } from './openapi.ts'
import { outboxRoutes } from './outbox.ts'
import { requestRoutes } from './requests.ts'
import type { Route } from './route.ts'
import { snapshotRoutes } from './snapshots.ts'
import { stateRoutes } from './state.ts'
import { tokenRoutes } from './tokens.ts'
import { WorldControl } from './world-control.ts'
import { worldRoutes } from './worlds.ts'

/** Routes that any client may call. */
const openRoutes: readonly Route[] = [...healthRoutes, ...authorityRoutes]

/** Routes that show and change everything, so web pages of other origins must not call them. */
const guardedRoutes: readonly Route[] = [
  ...stateRoutes,
  ...snapshotRoutes,
  ...clockRoutes,
  ...idRoutes,
  ...outboxRoutes,
  ...faultRoutes,
  ...tokenRoutes,
  ...requestRoutes,
  ...openapiRoutes,
  ...worldRoutes,
]

const PREFIX = '/_mock'

const withPrefix = (route: Route): Route => ({ ...route, path: `${PREFIX}${route.path}` })

/** The failure for an unknown URL under /_mock: 405 if the path has other methods, else 404. */
const unknownControlFailure = unknownRouteFailure([...openRoutes, ...guardedRoutes].map(withPrefix))

/** Makes the OpenAPI document of the emulated API. `base` is the base URL of the server. */
type ApiDocument = (options: { base: string; profile: Profile }) => Promise<object>

export interface ControlOptions {
  worlds: Worlds
  access: ControlAccess
  /** The base URL of the running server. */
  url: () => string
  /** The local certificate authority, in PEM. */
  authority: string | undefined
  apiDocument: ApiDocument
}

declare module 'fastify' {
  interface FastifyRequest {
    control: WorldControl
  }
  interface FastifyInstance {
    worlds: Worlds
    /** The base URL of the running server. */
    url: () => string
    streams: EventStreams
    /** Aborted when the server closes. */
    closing: AbortSignal
    /** The local certificate authority, in PEM. */
    authority: string | undefined
    apiDocument: ApiDocument
    controlDocument: typeof controlDocument
  }
}

/** This server's own API, under `/_mock`. */
export const control: FastifyPluginAsync<ControlOptions> = async (app, options) => {
  const { worlds, access, url, authority, apiDocument } = options
  app.decorate('worlds', worlds)
  app.decorate('url', url)
  app.decorate('streams', new EventStreams())
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  app.decorate('closing', closing.signal)
  app.decorate('authority', authority)
  app.decorate('apiDocument', apiDocument)
  app.decorate('controlDocument', controlDocument)
  app.decorateRequest('control', null as unknown as WorldControl)
  await app.register(cors, {
    delegator: ({ headers: { origin = '' } }, done) =>
      done(null, {
        origin: access.origins.includes(origin) && origin,
        methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
        exposedHeaders: ['allow', 'x-mock-reason'],
        strictPreflight: false,
      }),
  })
  // Set here, so that a page of an allowed origin can read this failure, too.
  app.setNotFoundHandler((request) => {
    throw unknownControlFailure(request)
  })
  for (const route of openRoutes) app.route(served(route))
  app.register(async (guarded) => {
    // Runs before the world is set, so that a refused request creates no world.
    guarded.addHook('onRequest', refuseForeign(access))
    if (access.token !== undefined) guarded.addHook('onRequest', requireToken(access.token))
    guarded.addHook('onRequest', enterWorld(worlds))
    guarded.addHook('onRequest', takeControl)
    guarded.addHook('preValidation', complain)
    for (const route of guardedRoutes) guarded.route(served(route))
  })
}

function served({ method, path, params, query, body, run, bodyLimit, checksBody, config }: Route) {
  return {
    method,
    url: path,
    schema: { ...(params && { params }), ...(query && { querystring: query }), ...(body && { body }) },
    handler: run as (request: FastifyRequest, reply: FastifyReply) => unknown,
    ...(bodyLimit !== undefined && { bodyLimit }),
    ...(checksBody && { validatorCompiler: () => () => true }),
    ...(config && { config }),
  }
}

function takeControl(request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void {
  request.control = new WorldControl(() => request.world)
  done()
}

/** Makes the OpenAPI document of this API. Imported only if used, so that a start does not load it. */
async function controlDocument(base: string): Promise<object> {
  const { documentOfControl } = await import('./document.ts')
  return documentOfControl(openRoutes.map(withPrefix), guardedRoutes.map(withPrefix), base)
}
