import { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../rules/errors.ts'
import { withoutQuery } from '../rules/path.ts'
import type { FaultRule } from '../world/faults.ts'
import { header, managementTokenOf } from './credentials.ts'
import { setRateLimit } from './headers.ts'
import { record } from './journal.ts'
import { transportOf } from './tls/listener.ts'

/**
 * Applies the fault rules of the world to a request. Resolves to whether the request continues.
 *
 * @param signal ends each delay when the server closes
 * @throws ApiError if a rule sets a status
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
    if (rule.status !== undefined) throw failureOf(rule, rule.status)
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

function failureOf(rule: FaultRule, status: number): ApiError {
  const {
    error_message: message = `An injected failure: ${status}.`,
    error_code: code = status,
    headers,
  } = rule
  return new ApiError(status, message, code, {
    ...(headers && { headers }),
    reason:
      rule.rate_limit === undefined
        ? 'A fault rule of this world applied to the request. See /_mock/faults.'
        : `This world received more than ${rule.rate_limit} such requests in this second. See /_mock/faults.`,
  })
}

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
