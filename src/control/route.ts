import { type TSchema, Type } from '@sinclair/typebox'
import type { FastifyContextConfig, FastifyReply } from 'fastify'
import type { ApiError } from '../rules/errors.ts'
import type { Call, MakeRow, Schemas } from '../server/call.ts'

/** One call of the control API. */
export interface Route extends Schemas {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** The path below /_mock. */
  path: string
  summary: string
  /** The body of a success. */
  response: TSchema
  /** The content type of a success; defaults to JSON. */
  contentType?: string
  /** The refusals by the operation itself, for the OpenAPI document. */
  failures?: () => ApiError[]
  run: (call: Call, reply: FastifyReply) => unknown
  /** In bytes; defaults to the limit of the emulated API. */
  bodyLimit?: number
  /** Whether the operation checks the body itself, with better messages than the schema. */
  checksBody?: boolean
  config?: FastifyContextConfig
}

export const route: MakeRow<Route> = (row) => row as unknown as Route

// Parts of the schemas.

export const TextOrNull = Type.Union([Type.String(), Type.Null()])

/** The path of a call that names a snapshot or a world. */
export const ByName = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) })

/** The response of a call that has nothing to show. */
export const Done = Type.Object({ notice: Type.String() })

export const done = (notice: string) => ({ notice })
