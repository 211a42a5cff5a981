import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Fixture } from '../fixtures/schema.ts'
import { FIXTURE_DEPTH_LIMIT } from '../rules/caps.ts'
import { requestWorld } from '../server/request-world.ts'
import type { Worlds } from '../world/worlds.ts'
import { EventStreams } from './event-stream.ts'
import { refuseForeign } from './guard.ts'
import {
  AdvanceClock,
  answers,
  Clock,
  Count,
  CountRequests,
  Done,
  FaultReadings,
  Ids,
  Name,
  Outbox,
  Requests,
  RequestsQuery,
  SetClock,
  SetFaults,
  Snapshots,
  WorldList,
} from './schemas.ts'
import { WorldControl } from './world-control.ts'

export interface WorldRoutesOptions {
  worlds: Worlds
  /** The name or address that the server is bound to: a request may call it by that. */
  host: string
}

declare module 'fastify' {
  interface FastifyRequest {
    control: WorldControl
  }
}

/** The largest fixture that `PUT /_mock/state` takes, in bytes. */
const STATE_LIMIT = 64 * 2 ** 20

/** What a test may do to a world. It shows and changes all there is, so no web page of elsewhere may call it. */
export const worldRoutes: FastifyPluginAsyncTypebox<WorldRoutesOptions> = async (app, { worlds, host }) => {
  // Before the world, so that what is refused makes none.
  app.addHook('onRequest', refuseForeign(host))
  await app.register(requestWorld, { worlds })
  app.decorateRequest('control', null as unknown as WorldControl)
  app.addHook('onRequest', async (request) => {
    request.control = new WorldControl(() => request.world)
  })
  const streams = new EventStreams()
  const done = (notice: string) => ({ notice })

  app.get('/state', { schema: answers('The whole state, as a fixture', Fixture) }, async ({ control }) =>
    control.state(),
  )
  app.put(
    '/state',
    {
      bodyLimit: STATE_LIMIT,
      config: { depthLimit: FIXTURE_DEPTH_LIMIT },
      // Not checked by the schema here, but with all else that a fixture has to be.
      schema: { ...answers('Loads a fixture', Done), body: Fixture },
      validatorCompiler: () => () => true,
    },
    async ({ control, body }) => {
      control.load(body)
      return done('The state was loaded.')
    },
  )
  app.post('/reset', { schema: answers('Resets the world to its start', Done) }, async ({ control }) => {
    control.reset()
    return done('The world was reset.')
  })

  app.get(
    '/snapshots',
    { schema: answers('The names of the snapshots', Snapshots) },
    async ({ control }) => ({
      snapshots: control.snapshots(),
    }),
  )
  app.put(
    '/snapshots/:name',
    { schema: { ...answers('Saves the state under a name', Done), params: Name } },
    async ({ control, params }) => {
      control.snapshot(params.name)
      return done('The snapshot was taken.')
    },
  )
  app.post(
    '/snapshots/:name/restore',
    { schema: { ...answers('Restores a snapshot', Done), params: Name } },
    async ({ control, params }) => {
      control.restore(params.name)
      return done('The snapshot was restored.')
    },
  )
  app.delete(
    '/snapshots/:name',
    { schema: { ...answers('Deletes a snapshot', Done), params: Name } },
    async ({ control, params }) => {
      control.deleteSnapshot(params.name)
      return done('The snapshot was deleted.')
    },
  )

  app.get('/clock', { schema: answers('The time and mode of the clock', Clock) }, async ({ control }) =>
    control.clock.read(),
  )
  app.put(
    '/clock',
    { schema: { ...answers('Sets the clock', Clock), body: SetClock } },
    async ({ control, body }) => control.clock.set(body),
  )
  app.post(
    '/clock/advance',
    { schema: { ...answers('Advances the clock', Clock), body: AdvanceClock } },
    async ({ control, body }) => control.clock.advance(body.duration),
  )

  app.get('/ids', { schema: answers('The seed of the ids', Ids) }, async ({ control }) => ({
    seed: control.ids.seed(),
  }))
  app.put(
    '/ids',
    { schema: { ...answers('Restarts the sequence of a seed', Ids), body: Ids } },
    async ({ control, body }) => {
      control.ids.restart(body.seed)
      return { seed: control.ids.seed() }
    },
  )

  app.get('/outbox', { schema: answers('The e-mails sent, newest first', Outbox) }, async ({ control }) => ({
    messages: control.outbox.list(),
  }))
  app.delete('/outbox', { schema: answers('Empties the outbox', Done) }, async ({ control }) => {
    control.outbox.clear()
    return done('The outbox is empty.')
  })

  app.get(
    '/faults',
    { schema: answers('The fault rules, with their hits', FaultReadings) },
    async ({ control }) => ({
      rules: control.faults.list(),
    }),
  )
  app.put(
    '/faults',
    { schema: { ...answers('Replaces the fault rules', FaultReadings), body: SetFaults } },
    async ({ control, body }) => {
      control.faults.set(body)
      return { rules: control.faults.list() }
    },
  )
  app.delete('/faults', { schema: answers('Removes the fault rules', Done) }, async ({ control }) => {
    control.faults.clear()
    return done('There are no fault rules.')
  })

  app.get(
    '/requests',
    {
      schema: { ...answers('Lists the latest requests, newest first', Requests), querystring: RequestsQuery },
    },
    async ({ control, query: { status, limit, ...filter } }) => ({
      requests: control.requests.list(
        { ...filter, ...(status !== undefined && { status: Number(status) }) },
        limit === undefined ? undefined : Number(limit),
      ),
    }),
  )
  app.post(
    '/requests/count',
    { schema: { ...answers('Counts the matching requests', Count), body: CountRequests } },
    async ({ control, body }) => ({ count: control.requests.count(body) }),
  )
  app.delete('/requests', { schema: answers('Empties the journal', Done) }, async ({ control }) => {
    control.requests.clear()
    return done('The journal is empty.')
  })
  app.get(
    '/events',
    { schema: { summary: 'Streams each new request as a server-sent event' } },
    async ({ control }, reply) => {
      streams.open(control.requests, reply.hijack().raw)
      return reply
    },
  )

  app.get('/openapi.json', { schema: { summary: 'This document' } }, async () => app.controlDocument())
  app.get('/openapi-api.json', { schema: { summary: 'The document of the emulated API' } }, async () =>
    app.apiDocument(),
  )

  app.get('/worlds', { schema: answers('The worlds', WorldList) }, async () => ({
    worlds: worlds.all().map(({ name }) => ({ name })),
  }))
  app.delete(
    '/worlds/:name',
    { schema: { ...answers('Drops a world', Done), params: Name } },
    async ({ params }) => {
      worlds.drop(params.name)
      return done('The world was dropped.')
    },
  )
}
