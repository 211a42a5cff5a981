import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../rules/errors.ts'
import { unbracketed } from '../rules/host.ts'
import { bearerOf } from '../server/credentials.ts'

/** Who may call the control API. */
export interface ControlAccess {
  /** The names that a request may have as its `Host` although they have a dot. `*.` stands for one label. */
  hosts: readonly string[]
  /** The origins whose pages may call. */
  origins: readonly string[]
  /** The token that each call needs; undefined if none does. */
  token: string | undefined
}

export const foreign = (what: string, value: string, wayOut: string) =>
  new ApiError(403, `The control API refuses the ${what} '${value}'. ${wayOut}`, 403)

/**
 * Protects the control API from web pages. A page of another origin sends its `Origin`. A page whose name points here (DNS
 * rebinding) sends that name as `Host`; such a name has a dot, unlike, for example, the name of a compose service.
 */
export function refuseForeign({ hosts, origins }: ControlAccess) {
  const names = new Set(['host.docker.internal', hostname(), ...hosts].map((name) => name.toLowerCase()))
  // Matches a name or an IPv6 address in brackets, with an optional port. Any other Host is refused.
  const nameOf = (host: string) => /^(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?$/.exec(host.toLowerCase())?.[1]
  const isLocal = (name: string) =>
    isIP(unbracketed(name)) > 0 ||
    !name.includes('.') ||
    name.endsWith('.localhost') ||
    names.has(name) ||
    names.has(name.replace(/^[^.]+/, '*'))

  return function refuseForeign(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
    const { headers, protocol } = request
    const { host = '', origin } = headers
    const name = nameOf(host)
    if (name === undefined || !isLocal(name))
      throw foreign(
        'Host',
        host,
        'Call it by an IP address or a name without a dot, or allow the name with --control-host.',
      )
    if (origin !== undefined && origin !== `${protocol}://${host}` && !origins.includes(origin))
      throw foreign(
        'Origin',
        origin,
        'Call it from the same origin, or allow this one with --control-origin.',
      )
    done()
  }
}

export const unauthorized = (message: string) =>
  new ApiError(401, message, 401, { headers: { 'www-authenticate': 'Bearer' } })

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Refuses calls without the control token. */
export function requireToken(token: string) {
  const expected = digest(token)
  return function requireToken(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
    const given = bearerOf(request)
    if (given === undefined)
      throw unauthorized(
        "The control API needs the header 'Authorization: Bearer TOKEN' with the token that --control-token sets.",
      )
    // Digests have the same length, so the time of the comparison depends on neither token.
    if (!timingSafeEqual(digest(given), expected))
      throw unauthorized('The header Authorization does not have the token that --control-token sets.')
    done()
  }
}
