import type { FastifyRequest } from 'fastify'

/** The value of a header; empty if it is absent. */
export function header(request: FastifyRequest, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

const BEARER = /^Bearer(?:\s+(.*))?$/i

/** The OAuth access token in `authorization: Bearer ...`; undefined if the header is absent or has another form. */
export function bearerOf(request: FastifyRequest): string | undefined {
  const match = BEARER.exec(header(request, 'authorization').trim())
  return match ? (match[1] ?? '') : undefined
}

/** The management token in `authorization`, which is sent without "Bearer"; empty if there is none. */
export const managementTokenOf = (request: FastifyRequest): string =>
  bearerOf(request) === undefined ? header(request, 'authorization') : ''
