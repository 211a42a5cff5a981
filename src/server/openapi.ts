import { version } from './version.ts'

/** A call, as the document describes it. */
export interface DocumentedCall {
  method: string
  /** Such as `/v3/environments/:name`. */
  path: string
  summary?: string | undefined
  params?: object | undefined
  query?: object | undefined
  body?: object | undefined
  /** The status of a success; defaults to 200. */
  status?: number | undefined
  /** The schema of a successful response; absent if the document does not describe it. */
  response?: object | undefined
}

interface ObjectSchema {
  properties?: Record<string, object>
  required?: string[]
}

/** Makes an OpenAPI document from route tables. */
export function documentOf(
  {
    title,
    description,
    ...rest
  }: { title: string; description?: string; components?: object; security?: object[] },
  calls: readonly DocumentedCall[],
) {
  const paths: Record<string, Record<string, object>> = {}
  for (const { method, path, summary, params, query, body, status = 200, response } of calls) {
    const template = path.replaceAll(/:(\w+)/g, '{$1}')
    paths[template] ??= {}
    paths[template][method.toLowerCase()] = {
      ...(summary && { summary }),
      ...((params || query) && {
        parameters: [...parameters('path', params), ...parameters('query', query)],
      }),
      ...(body && { requestBody: { content: json(body), required: true } }),
      responses: { [status]: { description: 'Success', ...(response && { content: json(response) }) } },
    }
  }
  return { openapi: '3.1.0', info: { title, ...(description && { description }), version }, ...rest, paths }
}

const json = (schema: object) => ({ 'application/json': { schema } })

const parameters = (place: 'path' | 'query', schema: ObjectSchema = {}) =>
  Object.entries(schema.properties ?? {}).map(([name, inner]) => ({
    name,
    in: place,
    required: schema.required?.includes(name) ?? false,
    schema: inner,
  }))
