import { type Static, type TProperties, Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { NAME_MAX_LENGTH } from '../rules/caps.ts'
import type { Operation } from '../rules/errors.ts'
import { FLAG } from '../rules/input.ts'
import type { Call, CallOf, Schemas } from '../server/call.ts'
import type { Permit } from './permit.ts'

/** One call of the emulated API. `params` gives a type and stands in the OpenAPI document; any text in a path is valid. */
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

// Pieces of the schemas of requests. Fields that no schema names are ignored, since clients send back whole resources as they
// read them.

/** A text that may also be null. */
export const OptionalText = Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] }))

/** A name that has to be there. */
export const Name = Type.String({ minLength: 1, maxLength: NAME_MAX_LENGTH })

/** A parameter of the query that says true or false. */
export const Flag = Type.Optional(Type.String({ pattern: FLAG }))

/** The query of a deletion. */
export const Force = Type.Object({ force: Flag })

/** The path of a call that names a resource by its uid. */
export const ByUid = Type.Object({ uid: Type.String() })

/** The query of a list. */
export const ListQuery = Type.Object({
  // A: a negative limit reads as the default, a negative skip is refused.
  limit: Type.Optional(Type.String({ pattern: '^-?\\d+$' })),
  // csdx asks for the assets from 1e+100 on.
  skip: Type.Optional(Type.String({ pattern: '^\\d+([eE]\\+?\\d+)?$' })),
  include_count: Flag,
  count: Flag,
  /** A JSON object: values by field. */
  query: Type.Optional(Type.String()),
  asc: Type.Optional(Type.String({ pattern: '^\\w+$' })),
  desc: Type.Optional(Type.String({ pattern: '^\\w+$' })),
})
export type ListQuery = Static<typeof ListQuery>

/** The scope of a token, whose entries have these keys. Any value is taken here, since `rules/scope.ts` checks them. */
export const Scope = (...keys: string[]) =>
  Type.Array(Type.Unsafe<unknown>({ properties: Object.fromEntries(keys.map((key) => [key, {}])) }), {
    minItems: 1,
  })

/** A body that creates a token: `{"token": {...}}`. */
export const TokenBody = <T extends TProperties>(fields: T) => Type.Object({ token: Type.Object(fields) })

/** The same body with every field optional, for an update. */
export const TokenUpdateBody = <T extends TProperties>(fields: T) =>
  Type.Object({ token: Type.Partial(Type.Object(fields)) })
