import { randomUUID } from 'node:crypto'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { api } from './api/index.ts'
import type { Settings } from './api/options.ts'
import { permit } from './api/permit.ts'
import { control } from './control/index.ts'
import { BODY_LIMIT } from './rules/caps.ts'
import { routeNotFound } from './rules/errors.ts'
import { validatorOf } from './rules/validator.ts'
import { jsonBody } from './server/body.ts'
import { answerBrokenRequest } from './server/broken-request.ts'
import { answerFailure } from './server/failures.ts'
import { openapi } from './server/openapi.ts'
import { rewrite, withoutAuthority } from './server/rewrite.ts'
import type { Worlds } from './world/worlds.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** At which level a request is logged; absent: as `info`. */
    logAt?: 'debug'
  }
}

export interface AppOptions extends Settings {
  worlds: Worlds
  host: string
  /** The local certificate authority, in PEM, for clients to trust. */
  authority?: string
  /** Absent: nothing is logged. */
  logger?: FastifyBaseLogger
}

/** Puts the server together, in the order in which a request meets its parts. It does not listen. */
export function buildApp({ worlds, host, authority, logger, ...settings }: AppOptions): FastifyInstance {
  const app = fastify({
    ...(logger && { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    exposeHeadRoutes: false,
    rewriteUrl: rewrite,
    frameworkErrors: (error, request, reply) => answerFailure(error, request, reply),
    clientErrorHandler: answerBrokenRequest,
    // One that names no host is served, too: only the control API cares.
    http: { requireHostHeader: false },
  })
  app.setValidatorCompiler(({ schema }) => (data) => {
    const validate = validatorOf(schema)
    return validate(data) ? { value: data } : { error: validate.errors as never }
  })
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler(answerFailure)
  app.setNotFoundHandler(async () => {
    throw routeNotFound()
  })
  // An expectation that is not known is ignored, as by most servers, instead of an empty 417.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.addHook('onResponse', async (request, reply) => {
    // Without the query: a credential may stand there, too.
    const url = withoutAuthority(request.originalUrl).replace(/[?#].*$/s, '')
    request.log[request.routeOptions.config.logAt ?? 'info'](
      { method: request.method, url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    )
  })
  // Once, when the whole request is there: nothing can change between this and the operation.
  app.addHook('preValidation', (request, _reply, done) => {
    permit(request)
    done(request.bodyComplaint)
  })
  app.register(openapi)
  app.register(jsonBody)
  app.register(control, { prefix: '/_mock', worlds, host, ...(authority && { authority }) })
  app.register(api, { prefix: '/v3', worlds, ...settings })
  return app
}
