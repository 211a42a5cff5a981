import type { FastifyRequest } from 'fastify'

/** A header's value; empty where there is none. */
export function header(request: FastifyRequest, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

const BEARER = /^Bearer(?:\s+(.*))?$/i

/** The OAuth access token in `authorization: Bearer ...`; undefined where the header is absent or holds something else. */
export function bearerOf(request: FastifyRequest): string | undefined {
  const match = BEARER.exec(header(request, 'authorization').trim())
  return match ? (match[1] ?? '') : undefined
}

/** The management token in `authorization`, which is written without "Bearer"; empty where there is none. */
export const managementTokenOf = (request: FastifyRequest): string =>
  bearerOf(request) === undefined ? header(request, 'authorization') : ''
