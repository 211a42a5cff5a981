import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../rules/errors.ts'

export const foreign = (what: string, value: string) =>
  new ApiError(
    403,
    `The control API refuses the ${what} '${value}'. Call it from the same origin, by an IP address or a local name.`,
    403,
  )

/**
 * Protects the control API from web pages. A page of another origin sends its `Origin`. A page whose name points here (DNS
 * rebinding) sends that name as `Host`; such a name has a dot, unlike, for example, the name of a compose service.
 */
export function refuseForeign(boundTo: string) {
  const names = new Set(['host.docker.internal', hostname().toLowerCase(), boundTo.toLowerCase()])
  // Matches a name or an IPv6 address in brackets, with an optional port. Any other Host is refused.
  const nameOf = (host: string) => /^(\[[\da-f:.]+\]|[\w.-]+)(:\d+)?$/.exec(host.toLowerCase())?.[1]
  const isLocal = (name: string) =>
    isIP(name.replace(/^\[(.*)\]$/, '$1')) > 0 ||
    !name.includes('.') ||
    name.endsWith('.localhost') ||
    names.has(name)

  return function refuseForeign(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
    const { headers, protocol } = request
    const { host = '', origin } = headers
    const name = nameOf(host)
    if (name === undefined || !isLocal(name)) throw foreign('Host', host)
    if (origin !== undefined && origin !== `${protocol}://${host}`) throw foreign('Origin', origin)
    done()
  }
}
