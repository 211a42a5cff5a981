import { type Static, type TObject, type TProperties, type TSchema, Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { DEFAULT_LIMIT, NAME_MAX_LENGTH } from '../rules/caps.ts'
import type { ApiError, Operation } from '../rules/errors.ts'
import { FLAG } from '../rules/input.ts'
import type { PerProfile } from '../rules/profiles.ts'
import { Enum } from '../rules/schemas.ts'
import { MODULES, type ScopeKind } from '../rules/scope.ts'
import type { Call, MakeRow, Schemas } from '../server/call.ts'
import { shownAs } from '../server/openapi.ts'
import type { Permit, RoutePermit } from './permit.ts'

/** One call of the emulated API. `params` is for types and the OpenAPI document only, since any text in a path is valid. */
export interface Route extends Schemas, Documentation {
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

/** What only the OpenAPI document reads. */
interface Documentation {
  /** The heading of the call on the page, or one like it. */
  summary: string
  /** Defaults to the name of `run`. */
  operationId?: string
  /** Each permit that a function `permit` may return. */
  permits?: PerProfile<readonly Permit[]>
  /** The headers that the operation reads. */
  headers?: TObject
  /** The body of a success. */
  response: PerProfile<TSchema>
  /** The headers that only a success of this call has, with what they say. */
  responseHeaders?: Record<string, string>
  /**
   * The refusals by the operation itself. Those of the permit, of the schemas and of any request follow from the rest of the
   * row.
   */
  failures?: () => ApiError[]
}

declare module 'fastify' {
  interface FastifyContextConfig {
    route?: Route
  }
}

export const route: MakeRow<Route> = (row) => row as unknown as Route

/** Runs the operation of the request's route. */
export function runOperation(request: FastifyRequest, reply: FastifyReply): string {
  const { run, status = 200 } = request.routeOptions.config.route as Route
  reply.code(status)
  if (request.method === 'GET') return run(request, reply)
  return request.world.store.write(() => run(request, reply))
}

/** For a call that the service never limits. */
export const always = () => true

// Parts of request schemas. Fields that no schema names are ignored, since clients send back whole resources as they read them.

/** An optional text or null. */
export const OptionalText = Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'] }))

/** A required name. */
export const Name = Type.String({ minLength: 1, maxLength: NAME_MAX_LENGTH })

/** A boolean query parameter. */
export const Flag = Type.Optional(
  Type.String({ pattern: FLAG, description: 'true or false, in any letter case.' }),
)

/** The query of a deletion. */
export const Force = Type.Object({ force: Flag })

/** The path of a call that names a resource by its uid. */
export const ByUid = Type.Object({ uid: Type.String() })

/** The query of a list. */
export const ListQuery = Type.Object({
  // A: a negative limit means the default; a negative skip is refused.
  limit: Type.Optional(
    Type.String({
      pattern: '^-?\\d+$',
      description: `The size of the page; ${DEFAULT_LIMIT} if absent or negative.`,
    }),
  ),
  // csdx requests assets with a skip of 1e+100.
  skip: Type.Optional(
    Type.String({ pattern: '^\\d+([eE]\\+?\\d+)?$', description: 'How many entries to leave out first.' }),
  ),
  include_count: Flag,
  count: Flag,
  query: Type.Optional(
    Type.String({ description: 'A JSON object: only the entries whose fields have these values.' }),
  ),
  asc: Type.Optional(
    Type.String({ pattern: '^\\w+$', description: 'The field to sort by. Overrides desc.' }),
  ),
  desc: Type.Optional(
    Type.String({ pattern: '^\\w+$', description: 'The field to sort by, largest first.' }),
  ),
})
export type ListQuery = Static<typeof ListQuery>

/** The scope of a token, whose entries have these keys. Accepts any value, since `rules/scope.ts` checks the entries. */
export const Scope = (kind: ScopeKind, ...keys: string[]) =>
  shownAs(
    Type.Array(Type.Unsafe<unknown>({ properties: Object.fromEntries(keys.map((key) => [key, {}])) }), {
      minItems: 1,
    }),
    Type.Array(Type.Object(entryOf(kind, Type.String({ description: 'The name of an environment.' }))), {
      minItems: 1,
    }),
  )

/** The fields of an entry in the scope, whose environments a request names and a response shows whole. */
export const entryOf = (kind: ScopeKind, environment: TSchema) => ({
  ...(kind === 'delivery' && { environments: Type.Optional(Type.Array(environment)) }),
  module: Enum(MODULES[kind]),
  acl:
    kind === 'delivery'
      ? Type.Object({ read: Type.Boolean() })
      : Type.Object({ read: Type.Optional(Type.Boolean()), write: Type.Optional(Type.Boolean()) }),
  branches: Type.Optional(Type.Array(Type.String())),
  branch_aliases: Type.Optional(Type.Array(Type.String())),
})

/** The body that creates a token: `{"token": {...}}`. */
export const TokenBody = <T extends TProperties>(fields: T) => Type.Object({ token: Type.Object(fields) })

/** The same body with every field optional, for an update. */
export const TokenUpdateBody = <T extends TProperties>(fields: T) =>
  Type.Object({ token: Type.Partial(Type.Object(fields)) })

// Parts of the schemas of responses.

/** When something was created and changed, and by whom. */
export const Stamps = {
  created_by: Type.String({ description: 'The uid of a user.' }),
  updated_by: Type.String({ description: 'The uid of a user.' }),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
}

/** An array or an object that this server always leaves empty. */
export const EmptyArray = Type.Array(Type.Unknown(), { maxItems: 0 })
export const EmptyObject = Type.Object({}, { maxProperties: 0 })

/** A uid in the place of an unknown resource, in the examples of failures. */
export const SOME_UID = 'blt0123456789abcdef'
