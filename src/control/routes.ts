import cors from '@fastify/cors'
import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { Fixture } from '../fixtures/schema.ts'
import { FIXTURE_DEPTH_LIMIT } from '../rules/caps.ts'
import { complain } from '../server/body.ts'
import type { Call } from '../server/call.ts'
import { unknownRouteFailure } from '../server/unknown-routes.ts'
import { enterWorld } from '../server/world-prefix.ts'
import { defaultStays, unknownWorld, type Worlds } from '../world/worlds.ts'
import { EventStreams } from './event-stream.ts'
import { type ControlAccess, refuseForeign, requireToken } from './guard.ts'
import {
  type ApiDocument,
  advanceClock,
  baseOf,
  clearFaults,
  clearOutbox,
  clearRequests,
  countRequests,
  deleteSnapshot,
  dropWorld,
  introspectToken,
  listFaults,
  listMessages,
  listRequests,
  listSnapshots,
  listTokens,
  listWorlds,
  loadState,
  noAuthority,
  readApiDocument,
  readClock,
  readHealth,
  readSeed,
  readState,
  resetWorld,
  restoreSnapshot,
  seedIds,
  sendAuthority,
  setClock,
  setFaults,
  streamRequests,
  takeSnapshot,
} from './operations.ts'
import { type Route, route } from './route.ts'
import {
  AdvanceClock,
  ApiDocumentQuery,
  Clock,
  Count,
  CountRequests,
  Done,
  FaultReadings,
  FaultsSet,
  Health,
  Ids,
  Introspect,
  Introspection,
  Name,
  OpenApiDocument,
  Outbox,
  Requests,
  RequestsQuery,
  SetClock,
  SetFaults,
  Snapshots,
  TokenReadings,
  WorldList,
} from './schemas.ts'
import { noSnapshot, tooManySnapshots, unloadable, WorldControl } from './world-control.ts'

/** The largest body of `PUT /_mock/state`, in bytes. */
const STATE_LIMIT = 64 * 2 ** 20

/** Routes that any client may call. */
const openRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/health',
    summary: 'Whether the server is healthy',
    response: Health,
    run: readHealth,
    // Health checks are frequent.
    config: { logAt: 'debug' },
  }),
  route({
    method: 'GET',
    path: '/ca.pem',
    summary: 'The local certificate authority, in PEM',
    response: Type.String(),
    contentType: 'application/x-pem-file',
    failures: () => [noAuthority()],
    run: sendAuthority,
  }),
]

/** Routes that control a world. They show and change everything, so web pages of other origins must not call them. */
const worldRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/state',
    summary: 'The whole state, as a fixture',
    response: Fixture,
    run: readState,
  }),
  route({
    method: 'PUT',
    path: '/state',
    summary: 'Loads a fixture',
    body: Fixture,
    response: Done,
    failures: () => [unloadable(['/stacks is missing'])],
    run: loadState,
    bodyLimit: STATE_LIMIT,
    checksBody: true,
    config: { depthLimit: FIXTURE_DEPTH_LIMIT },
  }),
  route({
    method: 'POST',
    path: '/reset',
    summary: 'Resets the world to its initial state',
    response: Done,
    run: resetWorld,
  }),
  route({
    method: 'GET',
    path: '/snapshots',
    summary: 'The names of the snapshots',
    response: Snapshots,
    run: listSnapshots,
  }),
  route({
    method: 'PUT',
    path: '/snapshots/:name',
    summary: 'Saves the state under a name',
    params: Name,
    response: Done,
    failures: () => [tooManySnapshots()],
    run: takeSnapshot,
  }),
  route({
    method: 'POST',
    path: '/snapshots/:name/restore',
    summary: 'Restores a snapshot',
    params: Name,
    response: Done,
    failures: () => [noSnapshot('ready')],
    run: restoreSnapshot,
  }),
  route({
    method: 'DELETE',
    path: '/snapshots/:name',
    summary: 'Deletes a snapshot',
    params: Name,
    response: Done,
    failures: () => [noSnapshot('ready')],
    run: deleteSnapshot,
  }),
  route({
    method: 'GET',
    path: '/clock',
    summary: 'The time and mode of the clock',
    response: Clock,
    run: readClock,
  }),
  route({
    method: 'PUT',
    path: '/clock',
    summary: 'Sets the clock',
    body: SetClock,
    response: Clock,
    run: setClock,
  }),
  route({
    method: 'POST',
    path: '/clock/advance',
    summary: 'Advances the clock',
    body: AdvanceClock,
    response: Clock,
    run: advanceClock,
  }),
  route({
    method: 'GET',
    path: '/ids',
    summary: 'The seed of the ids',
    response: Ids,
    run: readSeed,
  }),
  route({
    method: 'PUT',
    path: '/ids',
    summary: 'Restarts the sequence of a seed',
    body: Ids,
    response: Ids,
    run: seedIds,
  }),
  route({
    method: 'GET',
    path: '/outbox',
    summary: 'The e-mails sent, newest first',
    response: Outbox,
    run: listMessages,
  }),
  route({
    method: 'DELETE',
    path: '/outbox',
    summary: 'Empties the outbox',
    response: Done,
    run: clearOutbox,
  }),
  route({
    method: 'GET',
    path: '/faults',
    summary: 'The fault rules, with their hits',
    response: FaultReadings,
    run: listFaults,
  }),
  route({
    method: 'PUT',
    path: '/faults',
    summary: 'Replaces the fault rules',
    body: SetFaults,
    response: FaultsSet,
    run: setFaults,
  }),
  route({
    method: 'DELETE',
    path: '/faults',
    summary: 'Removes the fault rules',
    response: Done,
    run: clearFaults,
  }),
  route({
    method: 'GET',
    path: '/tokens',
    summary: 'Lists all tokens with their uses, newest first',
    response: TokenReadings,
    run: listTokens,
  }),
  route({
    method: 'POST',
    path: '/tokens/introspect',
    summary: 'Explains what a token is and what it may read',
    body: Introspect,
    response: Introspection,
    run: introspectToken,
  }),
  route({
    method: 'GET',
    path: '/requests',
    summary: 'Lists the latest requests, newest first',
    query: RequestsQuery,
    response: Requests,
    run: listRequests,
  }),
  route({
    method: 'POST',
    path: '/requests/count',
    summary: 'Counts the matching requests',
    body: CountRequests,
    response: Count,
    run: countRequests,
  }),
  route({
    method: 'DELETE',
    path: '/requests',
    summary: 'Empties the journal',
    response: Done,
    run: clearRequests,
  }),
  route({
    method: 'GET',
    path: '/events',
    summary: 'Streams each new request as a server-sent event',
    response: Type.String(),
    contentType: 'text/event-stream',
    run: streamRequests,
  }),
  route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document',
    response: OpenApiDocument,
    run: readControlDocument,
  }),
  route({
    method: 'GET',
    path: '/openapi-api.json',
    summary: 'The OpenAPI document of the emulated API',
    query: ApiDocumentQuery,
    response: OpenApiDocument,
    run: readApiDocument,
  }),
  route({
    method: 'GET',
    path: '/worlds',
    summary: 'The worlds',
    response: WorldList,
    run: listWorlds,
  }),
  route({
    method: 'DELETE',
    path: '/worlds/:name',
    summary: 'Drops a world',
    params: Name,
    response: Done,
    failures: () => [unknownWorld('one'), defaultStays()],
    run: dropWorld,
  }),
]

const PREFIX = '/_mock'

const withPrefix = (route: Route): Route => ({ ...route, path: `${PREFIX}${route.path}` })

/** The failure for an unknown URL under /_mock: 405 if the path has other methods, else 404. */
const unknownControlFailure = unknownRouteFailure([...openRoutes, ...worldRoutes].map(withPrefix))

/** Imported only if used, so that a start does not load it. */
async function readControlDocument(call: Call) {
  const { controlDocument } = await import('./document.ts')
  return controlDocument(openRoutes.map(withPrefix), worldRoutes.map(withPrefix), baseOf(call))
}

export interface ControlOptions {
  worlds: Worlds
  access: ControlAccess
  /** The base URL of the running server. */
  url: () => string
  /** The local certificate authority, in PEM. */
  authority: string | undefined
  apiDocument: ApiDocument
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
    for (const route of worldRoutes) guarded.route(served(route))
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
