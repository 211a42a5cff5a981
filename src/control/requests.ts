import { Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { badRequest } from '../rules/errors.ts'
import { Enum, Strict } from '../rules/schemas.ts'
import { timeAfter } from '../rules/time.ts'
import type { Call } from '../server/call.ts'
import { BOUNDED_FIELDS, CREDENTIALS } from '../world/journal.ts'
import { Done, done, route, TextOrNull } from './route.ts'

const filter = {
  method: Type.Optional(Type.String()),
  path: Type.Optional(Type.String({ maxLength: 500, description: 'A * matches any characters.' })),
  credential: Type.Optional(Enum(CREDENTIALS)),
}

const RequestsQuery = Type.Object(
  {
    ...filter,
    wait: Type.Optional(
      Type.String({
        description: 'An ISO 8601 duration of at most PT60S: waits this long for a matching request.',
      }),
    ),
    status: Type.Optional(Type.String({ pattern: '^\\d{1,3}$' })),
    limit: Type.Optional(Type.String({ pattern: '^\\d{1,9}$' })),
  },
  Strict,
)

const Requests = Type.Object({
  requests: Type.Array(
    Type.Object({
      id: Type.String(),
      time: Type.String(),
      method: Type.String(),
      path: Type.String(),
      query: Type.String(),
      credential: Enum(CREDENTIALS),
      api_key: TextOrNull,
      request_headers: Type.Record(Type.String(), Type.String()),
      request_body: TextOrNull,
      unread: Type.Object({ fields: Type.Array(Type.String()), parameters: Type.Array(Type.String()) }),
      status: Type.Integer({ description: '0 if there was no response.' }),
      response_body: TextOrNull,
      reason: TextOrNull,
      ms: Type.Integer(),
      left_out: Type.Partial(
        Type.Object(Object.fromEntries(BOUNDED_FIELDS.map((field) => [field, Type.Integer()]))),
        { description: 'How much is missing, by field: characters of a text, or names of a list.' },
      ),
    }),
  ),
})

export const CountRequests = Type.Object({ ...filter, status: Type.Optional(Type.Integer()) }, Strict)

const Count = Type.Object({ count: Type.Integer() })

export const requestRoutes = [
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
]

/** The longest wait for a request, in milliseconds. */
const WAIT_LIMIT = 60_000

async function listRequests({ control, world, query, server }: Call<{ query: typeof RequestsQuery }>) {
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

function countRequests({ control, body }: Call<{ body: typeof CountRequests }>) {
  return { count: control.requests.count(body) }
}

function clearRequests({ control }: Call) {
  control.requests.clear()
  return done('The journal is empty.')
}

function streamRequests({ control, server }: Call, reply: FastifyReply): FastifyReply {
  server.streams.open(control.requests, reply.hijack().raw)
  return reply
}
