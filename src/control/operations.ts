import type { FastifyReply } from 'fastify'
import type { Profile } from '../rules/defaults.ts'
import { ApiError, badRequest } from '../rules/errors.ts'
import { retryNotice } from '../rules/retries.ts'
import { timeAfter, timeOf } from '../rules/time.ts'
import type { Call } from '../server/call.ts'
import { version } from '../server/version.ts'
import { urlOfWorld } from '../server/world-prefix.ts'
import type { Worlds } from '../world/worlds.ts'
import type { EventStreams } from './event-stream.ts'
import type {
  AdvanceClock,
  ApiDocumentQuery,
  CountRequests,
  Ids,
  Introspect,
  Name,
  RequestsQuery,
  SetClock,
  SetFaults,
} from './schemas.ts'
import { framingHeaderIn, type WorldControl } from './world-control.ts'

// The operations of the route table in routes.ts.

/** Makes the OpenAPI document of the emulated API. `base` is the base URL of the server. */
export type ApiDocument = (options: { base: string; profile: Profile }) => Promise<object>

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
    /** Makes the OpenAPI document of the emulated API. */
    apiDocument: ApiDocument
  }
}

export const readHealth = () => ({ status: 'ok', version })

export const noAuthority = () =>
  new ApiError(
    404,
    'There is no local certificate authority: HTTPS is off or uses your own certificate.',
    404,
  )

export function sendAuthority({ server }: Call, reply: FastifyReply): FastifyReply {
  if (server.authority === undefined) throw noAuthority()
  return reply.type('application/x-pem-file').send(server.authority)
}

const done = (notice: string) => ({ notice })

export const readState = ({ control }: Call) => control.state()

export function loadState({ control, body }: Call) {
  control.load(body)
  return done('The state was loaded.')
}

export function resetWorld({ control }: Call) {
  control.reset()
  return done('The world was reset.')
}

export const listSnapshots = ({ control }: Call) => ({ snapshots: control.snapshots() })

export function takeSnapshot({ control, params }: Call<{ params: typeof Name }>) {
  control.snapshot(params.name)
  return done('The snapshot was taken.')
}

export function restoreSnapshot({ control, params }: Call<{ params: typeof Name }>) {
  control.restore(params.name)
  return done('The snapshot was restored.')
}

export function deleteSnapshot({ control, params }: Call<{ params: typeof Name }>) {
  control.deleteSnapshot(params.name)
  return done('The snapshot was deleted.')
}

export const readClock = ({ control }: Call) => control.clock.read()

export function setClock({ control, body }: Call<{ body: typeof SetClock }>) {
  const { now } = body
  if (now !== undefined && Number.isNaN(timeOf(now)))
    throw badRequest(`'${now}' is neither a date nor a date-time.`)
  return control.clock.set(body)
}

export function advanceClock({ control, body }: Call<{ body: typeof AdvanceClock }>) {
  const { duration } = body
  if (timeAfter(duration, Date.parse(control.clock.read().now)) === undefined)
    throw badRequest(`'${duration}' is not an ISO 8601 duration such as P7D.`)
  return control.clock.advance(duration)
}

export const readSeed = ({ control }: Call) => ({ seed: control.ids.seed() })

export function seedIds({ control, body }: Call<{ body: typeof Ids }>) {
  control.ids.restart(body.seed)
  return { seed: control.ids.seed() }
}

export const listMessages = ({ control }: Call) => ({ messages: control.outbox.list() })

export function clearOutbox({ control }: Call) {
  control.outbox.clear()
  return done('The outbox is empty.')
}

export const listFaults = ({ control }: Call) => ({ rules: control.faults.list() })

export function setFaults({ control, world, body, server, log }: Call<{ body: typeof SetFaults }>) {
  const framing = framingHeaderIn(body)
  if (framing) throw badRequest(`A fault rule cannot set the header ${framing.name}.`)
  control.faults.set(body)
  const rules = control.faults.list()
  const notice = retryNotice(rules, urlOfWorld(server.url(), world.name))
  if (notice === undefined) return { rules }
  log.info(notice)
  return { rules, notice }
}

export function clearFaults({ control }: Call) {
  control.faults.clear()
  return done('There are no fault rules.')
}

export const listTokens = ({ control }: Call) => ({ tokens: control.tokens.list() })

export const introspectToken = ({ control, body }: Call<{ body: typeof Introspect }>) =>
  control.tokens.introspect(body.token)

/** The longest wait for a request, in milliseconds. */
const WAIT_LIMIT = 60_000

export async function listRequests({ control, world, query, server }: Call<{ query: typeof RequestsQuery }>) {
  const { status, limit, wait, ...fields } = query
  const filter = { ...fields, ...(status !== undefined && { status: Number(status) }) }
  if (wait !== undefined) {
    const milliseconds = timeAfter(wait, 0)
    if (milliseconds === undefined || milliseconds > WAIT_LIMIT)
      throw badRequest(`'${wait}' is not an ISO 8601 duration of at most PT60S.`)
    await world.journal.next(filter, milliseconds, server.closing)
  }
  return { requests: control.requests.list(filter, limit === undefined ? undefined : Number(limit)) }
}

export const countRequests = ({ control, body }: Call<{ body: typeof CountRequests }>) => ({
  count: control.requests.count(body),
})

export function clearRequests({ control }: Call) {
  control.requests.clear()
  return done('The journal is empty.')
}

export function streamRequests({ control, server }: Call, reply: FastifyReply): FastifyReply {
  server.streams.open(control.requests, reply.hijack().raw)
  return reply
}

/** The base URL of the server, as the client knows it. */
export const baseOf = ({ protocol, host }: Call) => `${protocol}://${host}`

export function readApiDocument(call: Call<{ query: typeof ApiDocumentQuery }>) {
  const { server, query, world } = call
  return server.apiDocument({ base: baseOf(call), profile: query.profile ?? world.settings.profile })
}

export const listWorlds = ({ server }: Call) => ({
  worlds: server.worlds.all().map(({ name }) => ({ name })),
})

export function dropWorld({ server, params }: Call<{ params: typeof Name }>) {
  server.worlds.drop(params.name)
  return done('The world was dropped.')
}
