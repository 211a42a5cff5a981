import { isIP } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../rules/errors.ts'

const foreign = (what: string, value: string) =>
  new ApiError(
    403,
    `The control API refuses the ${what} '${value}'. Call it from the same origin, by an IP address or a local name.`,
    403,
  )

/**
 * Keeps web pages off the control API: a page of another origin sends its `Origin`, and one whose name was made to
 * point here (DNS rebinding) sends that name as `Host`. A name without a dot, such as that of a compose service,
 * cannot be such a page's.
 */
export function refuseForeign(boundTo: string) {
  const names = new Set(['host.docker.internal', hostname().toLowerCase(), boundTo.toLowerCase()])
  // An IPv6 address in brackets or a name, and a port: anything else that a Host may hold is foreign.
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
