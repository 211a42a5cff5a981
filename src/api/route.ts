import { type Static, type TProperties, Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { NAME_MAX_LENGTH } from '../rules/caps.ts'
import type { Operation } from '../rules/errors.ts'
import { FLAG } from '../rules/input.ts'
import type { Call, CallOf, Schemas } from '../server/call.ts'
import type { RoutePermit } from './permit.ts'

/** One call of the emulated API. `params` is for types and the OpenAPI document only, since any text in a path is valid. */
export interface Route extends Schemas {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** As the page prints it, without `/v3`. */
  path: string
  /** Who may make the call. If absent, anyone may. */
  permit?: RoutePermit
  /** The operation that the message about an invalid body or parameter names. */
  operation?: Operation
  /** Whether the service has no rate limit for the request (R); if absent, it has one. */
  isUnlimited?: (request: FastifyRequest) => boolean
  /** The status of a success; defaults to 200. */
  status?: 201
  /** Runs the operation, and returns the body as a JSON text. A write is one transaction, which an error rolls back. */
  run: (call: Call, reply: FastifyReply) => string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    route?: Route
  }
}

/** A row of a route table. Checks that the operation fits the schemas. */
export const route = <Params, Query, Body>(
  row: Omit<Route, 'run' | keyof Schemas> & {
    params?: Params
    query?: Query
    body?: Body
    run: (call: CallOf<NoInfer<Params>, NoInfer<Query>, NoInfer<Body>>, reply: FastifyReply) => string
  },
): Route => row as unknown as Route

/** Runs the operation of the request's route. */
export function runOperation(request: FastifyRequest, reply: FastifyReply): string {
  const { run, status = 200 } = request.routeOptions.config.route as Route
  reply.code(status)
  if (request.method === 'GET') return run(request, reply)
  return request.world.store.write(() => run(request, reply))
}

// Parts of request schemas. Fields that no schema names are ignored, since clients send back whole resources as they read them.

/** An optional text or null. */
export const OptionalText = Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] }))

/** A required name. */
export const Name = Type.String({ minLength: 1, maxLength: NAME_MAX_LENGTH })

/** A boolean query parameter. */
export const Flag = Type.Optional(Type.String({ pattern: FLAG }))

/** The query of a deletion. */
export const Force = Type.Object({ force: Flag })

/** The path of a call that names a resource by its uid. */
export const ByUid = Type.Object({ uid: Type.String() })

/** The query of a list. */
export const ListQuery = Type.Object({
  // A: a negative limit means the default; a negative skip is refused.
  limit: Type.Optional(Type.String({ pattern: '^-?\\d+$' })),
  // csdx requests assets with a skip of 1e+100.
  skip: Type.Optional(Type.String({ pattern: '^\\d+([eE]\\+?\\d+)?$' })),
  include_count: Flag,
  count: Flag,
  /** A JSON object with values by field. */
  query: Type.Optional(Type.String()),
  asc: Type.Optional(Type.String({ pattern: '^\\w+$' })),
  desc: Type.Optional(Type.String({ pattern: '^\\w+$' })),
})
export type ListQuery = Static<typeof ListQuery>

/** The scope of a token, whose entries have these keys. Accepts any value, since `rules/scope.ts` checks the entries. */
export const Scope = (...keys: string[]) =>
  Type.Array(Type.Unsafe<unknown>({ properties: Object.fromEntries(keys.map((key) => [key, {}])) }), {
    minItems: 1,
  })

/** The body that creates a token: `{"token": {...}}`. */
export const TokenBody = <T extends TProperties>(fields: T) => Type.Object({ token: Type.Object(fields) })

/** The same body with every field optional, for an update. */
export const TokenUpdateBody = <T extends TProperties>(fields: T) =>
  Type.Object({ token: Type.Partial(Type.Object(fields)) })
