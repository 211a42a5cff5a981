import type { FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyRequest {
    /** The checks that let the request in, and the state of the world that they were made on. */
    checked: { checks: Check[]; epoch: number }
  }
}

/** Throws where a request may not go on. */
type Check = (request: FastifyRequest) => void

/** Makes a check a route's `onRequest` hook, so that a refusal comes before the body is read. */
export const hook = (check: Check) => async (request: FastifyRequest) => {
  request.checked.checks.push(check)
  check(request)
}

/**
 * While a body is read, a reset may replace all that the checks looked at: then they are made again, so that a request sees
 * the old state or the new one and no mixture. The hook calls back at once, so nothing comes between it and the handler.
 */
export const checks = fp(
  async (app) => {
    app.decorateRequest('checked', null as never)
    app.addHook('onRequest', async (request) => {
      request.checked = { checks: [], epoch: request.world.epoch }
    })
    app.addHook('preHandler', (request, _reply, done: HookHandlerDoneFunction) => done(checkAgain(request)))
  },
  { name: 'checks', dependencies: ['request-world'] },
)

/** What refuses the request now, where the state is another one than that on which it was let in. */
function checkAgain(request: FastifyRequest): Error | undefined {
  const { checks, epoch } = request.checked
  if (epoch === request.world.epoch) return undefined
  try {
    for (const check of checks) check(request)
    return undefined
  } catch (error) {
    return error as Error
  }
}
