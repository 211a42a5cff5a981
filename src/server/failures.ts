import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { INVALID_PARAMETERS } from '../api/listing.ts'
import { FLAG } from '../api/schemas/token.ts'
import {
  ApiError,
  badRequest,
  bodyTooLarge,
  type FieldErrors,
  invalid,
  NOT_VALID,
  type Operation,
  REQUIRED,
  storageFailed,
  unexpected,
} from '../rules/errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route does, as the message of a refused body or parameter begins. */
    operation?: Operation
  }
}

/** What SQLite says where the disk is full, fails or may not be written to. */
const STORAGE_FAILURE = /^SQLITE_(FULL|IOERR|READONLY)/

/** The one place that answers a failure. */
export function answerFailure(
  error: FastifyError | ApiError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const failure = toApiError(error, request)
  if (failure.status >= 500) request.log.error(error)
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

/** A text as a header can carry it. */
const inHeader = (text: string) => text.replaceAll(/[^ -~]+/g, '?').slice(0, 500)

function toApiError(error: FastifyError | ApiError, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error
  const { operation } = request.routeOptions.config
  if (error.validation && operation) {
    const fields =
      error.validationContext === 'querystring'
        ? parameterErrors(error)
        : bodyErrors(error, resourceOf(request))
    return invalid(operation, fields)
  }
  // The control API: its callers are programmers, to whom the schema's own words say most.
  if (error.validation) return badRequest(schemaProblem(error))
  if (error.statusCode === 413) return bodyTooLarge(request.routeOptions.bodyLimit)
  if (STORAGE_FAILURE.test(error.code)) return storageFailed()
  // What Fastify refuses by itself: a bad URL, a content length that does not fit, ...
  return error.statusCode && error.statusCode < 500 ? badRequest() : unexpected()
}

/** Such as `body/rules/0/status must be >= 400`. */
function schemaProblem({ validation = [], validationContext }: FastifyError): string {
  const [first] = validation
  return `${validationContext}${first?.instancePath} ${first?.message}.`
}

/** The API's words for what a schema found in a body: by field of the resource, or for the whole of it. */
function bodyErrors({ validation = [] }: FastifyError, resource: string): FieldErrors {
  const errors: FieldErrors = {}
  for (const { instancePath, keyword, params, data } of validation as SchemaError[]) {
    const missing = keyword === 'required' ? [params['missingProperty']] : []
    // Such as ['token', 'name'].
    const [whole, field] = [...instancePath.split('/').slice(1), ...missing]
    const name = typeof field === 'string' ? field : String(whole ?? resource)
    errors[name] = [message(keyword, params, data, { name, isResource: name === resource })]
  }
  return errors
}

/** The key under which the body of a request carries its resource, such as `token`. */
const resourceOf = ({ routeOptions }: FastifyRequest) =>
  Object.keys((routeOptions.schema as { body: { properties: object } }).body.properties)[0] as string

interface SchemaError {
  instancePath: string
  keyword: string
  params: Record<string, unknown>
  data?: unknown
  parentSchema?: Record<string, unknown>
}

/** The fields that a resource cannot be without: null says that they are missing. */
const NEEDED = ['name', 'scope', 'uid', 'source', 'target_branch']

function message(
  keyword: string,
  params: Record<string, unknown>,
  data: unknown,
  { name, isResource }: { name: string; isResource: boolean },
): string {
  if (keyword === 'maxLength') return `is too long. Maximum ${String(params['limit'])} characters.`
  if (keyword === 'pattern') return NOT_VALID
  if (keyword !== 'type') return REQUIRED
  // C: a resource that is no object counts as none.
  return isResource || (data === null && NEEDED.includes(name)) ? REQUIRED : NOT_VALID
}

function parameterErrors({ validation = [] }: FastifyError): FieldErrors {
  const errors = validation as SchemaError[]
  return errors.every(({ parentSchema }) => parentSchema?.['pattern'] === FLAG)
    ? Object.fromEntries(errors.map(({ instancePath }) => [instancePath.slice(1), [NOT_VALID]]))
    : INVALID_PARAMETERS
}
