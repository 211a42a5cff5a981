import { Type } from '@sinclair/typebox'
import { PROFILES } from '../rules/profiles.ts'
import { Enum, Strict } from '../rules/schemas.ts'
import type { Call } from '../server/call.ts'
import { route } from './route.ts'

const OpenApiDocument = Type.Object(
  {
    openapi: Type.Literal('3.1.0'),
    info: Type.Record(Type.String(), Type.Unknown()),
    servers: Type.Array(Type.Unknown()),
    tags: Type.Array(Type.Unknown()),
    paths: Type.Record(Type.String(), Type.Unknown()),
    components: Type.Record(Type.String(), Type.Unknown()),
  },
  { description: 'An OpenAPI document.' },
)

const ApiDocumentQuery = Type.Object(
  {
    profile: Type.Optional(
      Enum(PROFILES, { description: 'Whose responses to describe; those of the server if absent.' }),
    ),
  },
  Strict,
)

export const openapiRoutes = [
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
]

function readControlDocument(call: Call) {
  return call.server.controlDocument(baseOf(call))
}

function readApiDocument(call: Call<{ query: typeof ApiDocumentQuery }>) {
  const { server, query, world } = call
  return server.apiDocument({ base: baseOf(call), profile: query.profile ?? world.settings.profile })
}

/** The base URL of the server, as the client knows it. */
const baseOf = ({ protocol, host }: Call) => `${protocol}://${host}`
