import { STATUS_CODES } from 'node:http'
import type { ApiError } from '../rules/errors.ts'
import { version } from './version.ts'

/** The key under which a coarse schema carries the exact one that the document shows in its place. */
const SHOWN_AS = Symbol('shown as')

/** A schema that validates as `coarse` does, and that the document shows as `exact`. */
export const shownAs = <T extends object>(coarse: T, exact: object): T => ({ ...coarse, [SHOWN_AS]: exact })

/** Alternatives, each of which names the schemes that it needs together. */
export type Security = Record<string, readonly never[]>[]

/** A call, as the document describes it. A schema with an `$id` becomes a component of that name. */
export interface DocumentedCall {
  method: string
  /** Such as `/v3/environments/:name`. */
  path: string
  operationId: string
  tag: string
  summary: string
  security: Security
  params?: object | undefined
  query?: object | undefined
  /** The headers that the call reads, other than credentials. */
  headers?: object | undefined
  body?: object | undefined
  /** The status of a success; defaults to 200. */
  status?: number | undefined
  /** The schema of a successful response. */
  response: object
  /** The content type of a success; defaults to JSON. */
  contentType?: string | undefined
  /** The headers of a successful response, with what they say. */
  responseHeaders?: Readonly<Record<string, string>> | undefined
  failures: readonly ApiError[]
  /** The headers of a failure, with what they say. */
  failureHeaders?: Readonly<Record<string, string>> | undefined
}

interface DocumentInfo {
  title: string
  description: string
  /** The base URL of the server, without a path. */
  base: string
  tags: readonly { name: string; description: string }[]
  securitySchemes?: object
}

const JSON_TYPE = 'application/json'

/** Makes an OpenAPI document from route tables. */
export function documentOf(info: DocumentInfo, calls: readonly DocumentedCall[]) {
  const schemas: Record<string, unknown> = {}
  const headers: Record<string, object> = {}
  const operations = calls.map((call) => published(operationOf(call, headers), schemas) as Operation)
  const responses = shareResponses(operations)
  const paths: Record<string, Record<string, Operation>> = {}
  for (const [i, { path, method }] of calls.entries()) {
    const template = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[template] ??= {}
    paths[template][method.toLowerCase()] = operations[i] as Operation
  }
  const { title, description, base, tags, securitySchemes } = info
  return {
    openapi: '3.1.0',
    info: { title, description, version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: serversOf(base),
    tags,
    paths,
    components: { ...(securitySchemes && { securitySchemes }), schemas, responses, headers },
  }
}

const serversOf = (base: string) => [
  { url: base, description: 'The default world' },
  {
    url: `${base}/w/{world}`,
    description: 'An isolated world, which the first request creates',
    variables: {
      world: {
        default: 'one',
        description: '1 to 64 letters, digits, dashes, underscores and inner dots',
      },
    },
  },
]

/** An operation of the document. */
export interface Operation {
  responses: Record<string, object>
}

/** Moves each failure that several operations have to the components. Returns these components. */
function shareResponses(operations: readonly Operation[]): Record<string, object> {
  const uses = new Map<string, number>()
  for (const { responses } of operations)
    for (const text of Object.values(responses).map((response) => JSON.stringify(response)))
      uses.set(text, (uses.get(text) ?? 0) + 1)
  const names = new Map<string, string>()
  const shared: Record<string, object> = {}
  for (const { responses } of operations) {
    for (const [status, response] of Object.entries(responses)) {
      const text = JSON.stringify(response)
      if (Number(status) < 400 || uses.get(text) === 1) continue
      const name = names.get(text) ?? nextName(`${STATUS_CODES[status]}`.replaceAll(/\W/g, ''), shared)
      names.set(text, name)
      shared[name] = response
      responses[status] = { $ref: `#/components/responses/${name}` }
    }
  }
  return shared
}

/** Such as `Unauthorized`, then `Unauthorized2`. */
function nextName(name: string, taken: object): string {
  let next = name
  for (let i = 2; next in taken; i++) next = `${name}${i}`
  return next
}

function operationOf(call: DocumentedCall, headersByName: Record<string, object>) {
  const { operationId, tag, summary, security, params, query, headers, body } = call
  const inputs = [
    ...parameters('path', params),
    ...parameters('query', query),
    ...parameters('header', headers),
  ]
  return {
    operationId,
    tags: [tag],
    summary,
    security,
    ...(inputs.length > 0 && { parameters: inputs }),
    ...(body && { requestBody: { content: { [JSON_TYPE]: { schema: body } }, required: true } }),
    responses: responsesOf(call, headersByName),
  }
}

interface ObjectSchema {
  properties?: Record<string, { description?: string }>
  required?: string[]
}

const parameters = (place: 'path' | 'query' | 'header', schema: ObjectSchema = {}) =>
  Object.entries(schema.properties ?? {}).map(([name, { description, ...inner }]) => ({
    name,
    in: place,
    required: schema.required?.includes(name) ?? false,
    ...(description !== undefined && { description }),
    schema: inner,
  }))

function responsesOf(call: DocumentedCall, byName: Record<string, object>) {
  const { status = 200, response, contentType = JSON_TYPE, responseHeaders, failures, failureHeaders } = call
  const responses: Record<number, object> = {
    [status]: {
      description: 'Success',
      ...headersOf(responseHeaders, byName),
      content: { [contentType]: { schema: response } },
    },
  }
  for (const [status, group] of groupBy(failures, ({ status }) => status)) {
    responses[status] = {
      description: STATUS_CODES[status],
      ...headersOf(failureHeaders, byName),
      content: { [JSON_TYPE]: { schema: envelopeOf(group), examples: examplesOf(group) } },
    }
  }
  return responses
}

/** References to headers, which this adds to the components. */
function headersOf(headers: Readonly<Record<string, string>> | undefined, byName: Record<string, object>) {
  if (!headers) return undefined
  for (const [name, description] of Object.entries(headers))
    byName[name] ??= { description, schema: { type: 'string' } }
  const references = Object.keys(headers).map((name) => [name, { $ref: `#/components/headers/${name}` }])
  return { headers: Object.fromEntries(references) as object }
}

/** In ascending order of the keys. */
function groupBy<T>(values: readonly T[], keyOf: (value: T) => number): [number, T[]][] {
  const groups = new Map<number, T[]>()
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value])
  return [...groups].sort(([a], [b]) => a - b)
}

/** Each failure once, by a name such as `141.name-is-not-unique`. */
const examplesOf = (failures: readonly ApiError[]) =>
  Object.fromEntries(
    failures.map((failure) => {
      const { error_message: _message, error_code: code = failure.status, errors } = failure.body()
      const what = errors && Object.keys(errors).length > 0 ? errors : failure.message
      const words = JSON.stringify(what).match(/\w+(?:\.\w+)*/g) as string[]
      return [`${code}.${words.join('-')}`, { summary: failure.reason, value: failure.body() }]
    }),
  )

/** The schema of the envelope that holds these failures and no others: their codes, and the fields that they name. */
function envelopeOf(failures: readonly ApiError[]) {
  const bodies = failures.map((failure) => failure.body())
  const keys = new Set(bodies.flatMap((body) => Object.keys(body)))
  const codes = new Set(bodies.flatMap(({ error_code: code }) => (code === undefined ? [] : [code])))
  const fields = new Set(bodies.flatMap(({ errors = {} }) => Object.keys(errors)))
  const schemas: Record<string, object> = {
    error_code: { type: 'integer', enum: [...codes].sort((a, b) => a - b) },
    errors: errorsSchema(
      bodies.some(({ errors }) => Array.isArray(errors)),
      [...fields].sort(),
    ),
  }
  return {
    type: 'object',
    properties: Object.fromEntries([...keys].map((key) => [key, schemas[key] ?? { type: 'string' }])),
    required: [...keys].filter((key) => bodies.every((body) => key in body)),
  }
}

/** The messages by field. Where a second factor is needed, the service writes an empty array instead (R). */
const errorsSchema = (isArray: boolean, fields: string[]) =>
  isArray
    ? { type: 'array', maxItems: 0 }
    : {
        type: 'object',
        properties: Object.fromEntries(
          fields.map((field) => [field, { type: 'array', items: { type: 'string' } }]),
        ),
      }

/** A copy in which schemas with an `$id` are references to components, and coarse schemas are replaced by exact ones. */
function published(value: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((inner) => published(inner, schemas))
  if (typeof value !== 'object' || value === null) return value
  const exact = (value as { [SHOWN_AS]?: object })[SHOWN_AS]
  if (exact) return published(exact, schemas)
  const { $id: name, ...rest } = value as { $id?: unknown }
  const copy = Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => [key, published(inner, schemas)]),
  )
  if (typeof name !== 'string') return copy
  schemas[name] ??= copy
  return { $ref: `#/components/schemas/${name}` }
}
