import { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../rules/errors.ts'
import { withoutQuery } from '../rules/path.ts'
import type { FaultRule } from '../world/faults.ts'
import { header, managementTokenOf } from './credentials.ts'
import { InjectedResponse } from './failures.ts'
import { setRateLimit } from './headers.ts'
import { record } from './journal.ts'
import { transportOf } from './tls/listener.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The response of a fault rule that waits for the permit; undefined if there is none. */
    faultAfterPermit: ApiError | InjectedResponse | undefined
  }
}

/**
 * Applies the fault rules of the world to a request. Resolves to whether the request continues.
 *
 * @param signal ends each delay when the server closes
 * @throws ApiError or InjectedResponse if a rule responds before the permit
 */
export async function injectFaults(
  request: FastifyRequest,
  reply: FastifyReply,
  signal: AbortSignal,
): Promise<boolean> {
  for (const rule of hits(request, reply)) {
    if (rule.latency_ms !== undefined)
      await setTimeout(rule.latency_ms, undefined, { signal }).catch(() => {})
    if (rule.connection !== undefined) {
      breakConnection(rule.connection, request, reply)
      return false
    }
    if (rule.status === undefined) continue
    const response = responseOf(rule, rule.status)
    if (rule.after_permit !== true) throw response
    request.faultAfterPermit = response
  }
  return true
}

function hits(request: FastifyRequest, reply: FastifyReply): FaultRule[] {
  const { faults, store, clock } = request.world
  const apiKey = header(request, 'api_key')
  const value = managementTokenOf(request)
  const token = value === '' ? undefined : store.managementTokens.findByValue(apiKey, value)
  const faulted = {
    method: request.method,
    path: withoutQuery(request.url),
    apiKey,
    tokenAge: token && clock.now() - Date.parse(token.created_at),
    isRateLimited: request.routeOptions.config.isUnlimited?.(request) !== true,
  }
  const affected = faults.hit(faulted, clock.real.now())
  const rate = faults.rateLimitOf(faulted)
  if (rate) setRateLimit(reply, rate.limit, rate.remaining)
  return affected
}

function responseOf(rule: FaultRule, status: number): ApiError | InjectedResponse {
  const {
    error_message: message = `An injected failure: ${status}.`,
    error_code: code = status,
    headers = {},
    body,
  } = rule
  const reason =
    rule.rate_limit === undefined
      ? 'A fault rule of this world applied to the request. See /_mock/faults.'
      : `This world received more than ${rule.rate_limit} such requests in this second. See /_mock/faults.`
  if (body === undefined && status >= 400) return new ApiError(status, message, code, { headers, reason })
  const [type, text] =
    typeof body === 'string'
      ? ['text/plain', body]
      : ['application/json', JSON.stringify(body === undefined ? {} : body)]
  return new InjectedResponse(status, text, { 'content-type': type, ...lowerCase(headers) }, reason)
}

const lowerCase = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

function breakConnection(
  connection: NonNullable<FaultRule['connection']>,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const reason = `A fault rule of this world applied to the connection: ${connection}.`
  record(request, 0, reason, 0)
  reply.hijack()
  const { socket } = request.raw
  // An injected request has no connection, so its caller gets an error.
  if (!(socket instanceof Socket)) reply.raw.socket?.destroy(new Error(reason))
  else if (connection === 'reset') transportOf(socket).resetAndDestroy()
  else if (connection === 'empty') socket.destroy()
  // With `hang`, the connection stays open until the client or the server closes it.
}
