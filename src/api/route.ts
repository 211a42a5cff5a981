import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Operation } from '../rules/errors.ts'
import type { Call, CallOf, Schemas } from '../server/call.ts'
import type { Permit } from './permit.ts'

/** One call of the emulated API. The parameters of its path are texts, which need no check. */
export interface Route extends Schemas {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** As the page prints it. */
  path: string
  /** Who may make the call, where that may depend on the request; absent: anyone. */
  permit?: Permit | ((request: FastifyRequest) => Permit)
  /** What the call does, as the message of a refused body or parameter begins. */
  operation?: Operation
  /** Whether the service lets the call be made any number of times a second (R); absent: it limits each. */
  isUnlimited?: (request: FastifyRequest) => boolean
  /** 200 where absent. */
  status?: 201
  /** Does it, and returns the body as a JSON text. A write is one transaction: an error undoes all of it. */
  run: (call: Call, reply: FastifyReply) => string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    route?: Route
  }
}

/** A row of a route table, in which the operation fits the schemas. */
export const route = <Params, Query, Body>(
  row: Omit<Route, 'run' | keyof Schemas> & {
    params?: Params
    query?: Query
    body?: Body
    run: (call: CallOf<NoInfer<Params>, NoInfer<Query>, NoInfer<Body>>, reply: FastifyReply) => string
  },
): Route => row as unknown as Route

/** Runs the operation of the route that a request has met. */
export function runOperation(request: FastifyRequest, reply: FastifyReply): string {
  const { run, status = 200 } = request.routeOptions.config.route as Route
  reply.code(status)
  if (request.method === 'GET') return run(request, reply)
  return request.world.store.write(() => run(request, reply))
}
