import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import {
  ApiError,
  badRequest,
  bodyTooLarge,
  type FieldErrors,
  INVALID_PARAMETERS,
  invalid,
  NOT_VALID,
  type Operation,
  REQUIRED,
  storageFailed,
  unexpected,
} from '../rules/errors.ts'
import { FLAG } from '../rules/input.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation that the message about an invalid body or parameter names. */
    operation?: Operation
  }
}

/** The response of a fault rule. It travels as an error, because it replaces whatever else would respond. */
export class InjectedResponse extends Error {
  readonly status: number
  readonly text: string
  readonly headers: Record<string, string>

  /** @param reason the value of `x-mock-reason` and of `reason` in the journal */
  constructor(status: number, text: string, headers: Record<string, string>, reason: string) {
    super(reason)
    this.status = status
    this.text = text
    this.headers = headers
  }
}

/** The SQLite codes for a disk that is full, fails or is read-only. */
const STORAGE_FAILURE = /^SQLITE_(FULL|IOERR|READONLY)/

/** Sends a failure in the envelope. Every failure of a route passes through here. */
export function sendFailure(
  error: FastifyError | ApiError | InjectedResponse,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof InjectedResponse) {
    request.reason = error.message
    request.hasOwnContentType = error.headers['content-type'] !== 'application/json'
    return reply
      .code(error.status)
      .headers({ 'x-mock-reason': inHeader(error.message), ...error.headers })
      .send(error.text)
  }
  const failure = toApiError(error, request)
  if (failure.status >= 500) request.log.error({ err: error, reqId: request.id }, error.message)
  request.reason = failure.reason
  return reply
    .code(failure.status)
    .headers({
      ...failure.headers,
      'x-mock-reason': inHeader(failure.reason),
      'content-type': 'application/json',
    })
    .send(JSON.stringify(failure.body()))
}

/** Converts a text for use in a header. */
const inHeader = (text: string) => text.replaceAll(/[^ -~]+/g, '?').slice(0, 500)

function toApiError(error: FastifyError | ApiError, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error
  const { operation } = request.routeOptions.config
  if (error.validation && operation)
    return error.validationContext === 'querystring'
      ? invalidParameters(operation, error.validation as SchemaError[])
      : invalidBody(operation, error.validation as SchemaError[], bodySchemaOf(request))
  // The control API: the message of the schema is the most useful one to programmers.
  if (error.validation) return badRequest(schemaProblem(error))
  if (error.statusCode === 413) return bodyTooLarge(request.routeOptions.bodyLimit)
  if (STORAGE_FAILURE.test(error.code)) return storageFailed()
  // Fastify itself refuses, for example, a bad URL or a wrong content length.
  return error.statusCode && error.statusCode < 500 ? badRequest() : unexpected()
}

/** Such as `body/rules/0/status must be >= 400`. */
function schemaProblem({ validation = [], validationContext }: FastifyError): string {
  const [first] = validation
  return `${validationContext}${first?.instancePath} ${first?.message}.`
}

const bodySchemaOf = ({ routeOptions }: FastifyRequest) => (routeOptions.schema as { body: BodySchema }).body

/** The schema of a body: an object whose one key is that of the resource, such as `token`. */
interface BodySchema {
  properties: object
}

export const resourceOf = ({ properties }: BodySchema) => Object.keys(properties)[0] as string

/** Translates the schema errors of a body into the API's messages: by field of the resource, or for the whole resource. */
export function invalidBody(operation: Operation, validation: readonly SchemaError[], schema: BodySchema) {
  const resource = resourceOf(schema)
  const errors: FieldErrors = {}
  for (const { instancePath, keyword, params, data, parentSchema } of validation) {
    const missing = keyword === 'required' ? [params['missingProperty']] : []
    // Such as ['token', 'name'].
    const [whole, field] = [...instancePath.split('/').slice(1), ...missing]
    const name = typeof field === 'string' ? field : String(whole ?? resource)
    const isNeeded = name === resource || (data === null && isNeverEmpty(parentSchema))
    errors[name] = [message(keyword, params, isNeeded)]
  }
  return invalid(operation, errors)
}

/** An error of Ajv, which is verbose. */
export interface SchemaError {
  instancePath: string
  keyword: string
  params: Record<string, unknown>
  data?: unknown
  parentSchema?: { pattern?: string; minLength?: number; minItems?: number }
}

/** Whether a value must not be empty. For such a value, null counts as missing. */
const isNeverEmpty = ({ minLength, minItems }: SchemaError['parentSchema'] = {}) =>
  minLength !== undefined || minItems !== undefined

function message(keyword: string, params: Record<string, unknown>, isNeeded: boolean): string {
  if (keyword === 'maxLength') return `is too long. Maximum ${String(params['limit'])} characters.`
  if (keyword === 'pattern') return NOT_VALID
  if (keyword !== 'type') return REQUIRED
  // C: a resource that is not an object counts as missing.
  return isNeeded ? REQUIRED : NOT_VALID
}

/** Translates the schema errors of a query into the API's messages. */
export function invalidParameters(operation: Operation, validation: readonly SchemaError[]): ApiError {
  const areFlags = validation.every(({ parentSchema }) => parentSchema?.pattern === FLAG)
  return invalid(
    operation,
    areFlags
      ? Object.fromEntries(validation.map(({ instancePath }) => [instancePath.slice(1), [NOT_VALID]]))
      : INVALID_PARAMETERS,
  )
}

/** How long a client may take to read the response and close the connection, in milliseconds. */
const LINGER_TIME = 1000

const headersTooLarge = () => new ApiError(431, 'The request headers are too large.', 431)

/** Responds, in the envelope, to invalid HTTP and to headers over Node's limit, which reach no route. */
export function sendBrokenRequestFailure(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const failure = error.code === 'HPE_HEADER_OVERFLOW' ? headersTooLarge() : badRequest()
  const body = JSON.stringify(failure.body())
  const head = [
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
  // The HTTP server no longer tracks this socket, so closing the server would wait for a client that leaves it open.
  const timer = setTimeout(() => socket.destroy(), LINGER_TIME)
  socket.once('close', () => clearTimeout(timer))
}
