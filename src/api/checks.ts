import type { FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyRequest {
    /** The checks that let the request in. */
    checks: Check[]
  }
}

/** Throws where a request may not go on. */
type Check = (request: FastifyRequest) => void

/** Makes a check a route's `onRequest` hook, so that a refusal comes before the body is read. */
export const hook = (check: Check) => async (request: FastifyRequest) => {
  request.checks.push(check)
  check(request)
}

/**
 * While a body is read, another request may change what the checks looked at: the stack is deleted, the user logs out, all is
 * reset. So they are made again before the handler runs; the hook calls back at once, so that nothing comes in between.
 */
export const checks = fp(
  async (app) => {
    app.decorateRequest('checks', null as never)
    app.addHook('onRequest', async (request) => {
      request.checks = []
    })
    app.addHook('preHandler', (request, _reply, done: HookHandlerDoneFunction) => done(checkAgain(request)))
  },
  { name: 'checks', dependencies: ['request-world'] },
)

/** What refuses the request by now. */
function checkAgain(request: FastifyRequest): Error | undefined {
  if (request.body === undefined) return undefined
  try {
    for (const check of request.checks) check(request)
    return undefined
  } catch (error) {
    return error as Error
  }
}
