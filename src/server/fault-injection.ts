import { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { ApiError } from '../rules/errors.ts'
import type { FaultRule } from '../world/faults.ts'
import { header, managementTokenOf } from './credentials.ts'
import { record } from './journal.ts'
import { isRateLimited, rateLimitHeaders } from './response-headers.ts'
import { transportOf } from './tls/transport.ts'

/** Lets requests come to harm as the world's fault rules say. */
export const faultInjection = fp(
  async (app) => {
    const closing = new AbortController()
    app.addHook('preClose', async () => closing.abort())
    app.addHook('onRequest', async (request, reply) => {
      for (const rule of hits(request, reply)) {
        if (rule.latency_ms !== undefined) await wait(rule.latency_ms, closing.signal)
        if (rule.connection !== undefined) return breakConnection(rule.connection, request, reply)
        if (rule.status !== undefined) throw failureOf(rule, rule.status)
      }
    })
  },
  { name: 'fault-injection', dependencies: ['request-world', 'journal'] },
)

/** Ends early where the server does: nobody gets the answer then. */
const wait = (ms: number, signal: AbortSignal) => setTimeout(ms, undefined, { signal }).catch(() => {})

function hits(request: FastifyRequest, reply: FastifyReply): FaultRule[] {
  const { faults, store, clock } = request.world
  if (faults.isEmpty) return []
  const apiKey = header(request, 'api_key')
  const value = managementTokenOf(request)
  const token = value === '' ? undefined : store.managementTokens.findByValue(apiKey, value)
  const faulted = {
    method: request.method,
    path: request.url.replace(/\?.*$/s, '').replace(/^\/v3/, ''),
    apiKey,
    tokenAge: token && clock.now() - Date.parse(token.created_at),
    isRateLimited: isRateLimited(request),
  }
  const harmed = faults.hit(faulted, clock.real.now())
  const rate = faults.rateLimitOf(faulted)
  if (rate) reply.headers(rateLimitHeaders(rate.limit, rate.remaining))
  return harmed
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
        ? 'A fault rule of this world harmed the request. See /_mock/faults.'
        : `More than ${rule.rate_limit} such requests came in this second. See /_mock/faults.`,
  })
}

function breakConnection(
  connection: NonNullable<FaultRule['connection']>,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const reason = `A fault rule of this world did this to the connection: ${connection}.`
  record(request, { status: 0, reason })
  reply.hijack()
  const { socket } = request.raw
  // A request that was injected has no connection: its caller gets an error.
  if (!(socket instanceof Socket)) reply.raw.socket?.destroy(new Error(reason))
  else if (connection === 'reset') transportOf(socket).resetAndDestroy()
  else if (connection === 'empty') socket.destroy()
  // What hangs, hangs until the client or the server gives up.
  return reply
}
