import { Ajv, type ValidateFunction } from 'ajv'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import root from 'tap'
import { createTokensMock } from '../src/index.ts'

// Holds every response to the OpenAPI documents that the server itself publishes. Keys that a document does not name are refused.

interface DocumentedResponse {
  headers?: Record<string, unknown>
  content: Record<string, { schema: object }>
}

interface OpenApiDocument {
  paths: Record<string, Record<string, { responses: Record<string, DocumentedResponse | { $ref: string }> }>>
  components: { schemas: Record<string, object>; responses: Record<string, DocumentedResponse> }
}

/** Headers of the connection, and of a 405. */
const ANYWHERE = new Set([
  'allow',
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'vary',
])

/** A fault rule may respond with anything. */
const FAULT = /^A fault rule of this world/

/** A time as the service writes it. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** One document, whose schemas are compiled on first use. */
class Checker {
  readonly #document: OpenApiDocument
  readonly #patterns: { pattern: RegExp; template: string }[]
  readonly #ajv = new Ajv({ strict: false, formats: { 'date-time': DATE_TIME } })
  readonly #validators = new Map<object, ValidateFunction>()

  constructor(document: OpenApiDocument) {
    this.#document = document
    // Literal paths come first: /stacks/branches is no stack's uid.
    this.#patterns = Object.keys(document.paths)
      .sort((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
      .map((template) => ({
        template,
        pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
      }))
    for (const [name, schema] of Object.entries(document.components.schemas))
      this.#ajv.addSchema(closed(schema), name)
  }

  /** Returns what is wrong with a response; undefined if nothing is. */
  problem(method: string, path: string, response: LightMyRequestResponse): string | undefined {
    const template = this.#patterns.find(({ pattern }) => pattern.test(path))?.template
    const operation = template && this.#document.paths[template]?.[method]
    const { statusCode: status, headers, body } = response
    if (!operation) return status < 400 ? `a call that no document has returns ${status}` : undefined
    const found = operation.responses[status]
    if (!found) return `the status ${status} is not documented: ${body}`
    const documented =
      '$ref' in found
        ? (this.#document.components.responses[found.$ref.split('/').at(-1) as string] as DocumentedResponse)
        : found
    const known = documented.headers ?? {}
    const unknown = Object.keys(headers).filter((name) => !(name in known) && !ANYWHERE.has(name))
    if (unknown.length > 0 && !path.startsWith('/_mock')) return `the headers ${unknown} are not documented`
    const content = documented.content[String(headers['content-type']).replace(/;.*/, '')]
    if (!content) return `the content type ${headers['content-type']} is not documented`
    if (body === '' || !('application/json' in documented.content)) return undefined
    const validate = this.#validatorOf(content.schema)
    return validate(JSON.parse(body)) ? undefined : `${this.#ajv.errorsText(validate.errors)}: ${body}`
  }

  #validatorOf(schema: object): ValidateFunction {
    const existing = this.#validators.get(schema)
    if (existing) return existing
    const validate = this.#ajv.compile(closed(schema) as object)
    this.#validators.set(schema, validate)
    return validate
  }
}

/** A copy that refuses keys which it does not name, and that refers to components by their names alone. */
function closed<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(closed) as T
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  const { $ref, type, properties } = copy
  if (typeof $ref === 'string') copy['$ref'] = $ref.split('/').at(-1)
  // Some objects have fields of the user's.
  if (type === 'object' && properties) copy['additionalProperties'] ??= false
  return copy as T
}

/** A checker for each document, shared by all servers of the process. */
const checkers = new Map<string, Promise<Checker>>()

/** A server of its own, since that of a test may refuse to show its documents. */
const server = createTokensMock()
root.teardown(async () => (await server).close())

function checkerOf(url: string): Promise<Checker> {
  const checker =
    checkers.get(url) ?? server.then(async (mock) => new Checker((await mock.inject(url)).json()))
  checkers.set(url, checker)
  return checker
}

/** @throws Error if a response differs from what the documents say */
export async function checkResponse(
  { method = 'GET', url }: InjectOptions,
  response: LightMyRequestResponse,
): Promise<void> {
  if (method === 'OPTIONS' || FAULT.test(String(response.headers['x-mock-reason']))) return
  // `inject` resolves `.` and `..`, too.
  const sent = String(url)
  const { pathname } = new URL(sent.startsWith('/') ? `http://localhost${sent}` : sent)
  const path = pathname.replace(/^\/w\/[^/]*/, '')
  // The console is no call of an API.
  if (path.startsWith('/_mock/console') || response.statusCode === 302) return
  const isControl = /^\/_mock(\/|$)/.test(path)
  const profile = response.headers['x-mock-profile'] ?? 'compatible'
  const checker = await checkerOf(
    isControl ? '/_mock/openapi.json' : `/_mock/openapi-api.json?profile=${profile}`,
  )
  const problem = checker.problem(
    method === 'HEAD' ? 'get' : method.toLowerCase(),
    isControl ? path : path.replace(/^(?!\/v3(\/|$))/, '/v3'),
    response,
  )
  if (problem) throw new Error(`${method} ${url} differs from the OpenAPI document: ${problem}`)
}
