import { randomUUID } from 'node:crypto'
import type { ValidateFunction } from 'ajv'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { BODY_LIMIT } from '../rules/caps.ts'
import { routeNotFound } from '../rules/errors.ts'
import { validatorOf } from '../rules/validator.ts'
import { answerBrokenRequest, answerFailure } from './failures.ts'
import { rewrite, withoutAuthority } from './world-prefix.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** At which level a request is logged; absent: as `info`. */
    logAt?: 'debug'
  }
}

/** A server without routes. What it refuses by itself is refused in the envelope, too. */
export function createHttpServer(logger: FastifyBaseLogger | undefined): FastifyInstance {
  const app = fastify({
    // A logger of its own for each request would cost more than most requests.
    ...(logger && { loggerInstance: logger, childLoggerFactory: (parent: FastifyBaseLogger) => parent }),
    logController: new LogController({ disableRequestLogging: true }),
    // Without the request that Fastify hands over.
    genReqId: randomUUID.bind(undefined, undefined),
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    exposeHeadRoutes: false,
    rewriteUrl: rewrite,
    frameworkErrors: answerFailure,
    clientErrorHandler: answerBrokenRequest,
    // A request that names no host is served, too: only the control API cares.
    http: { requireHostHeader: false },
    schemaController: {
      // Fastify's own compilers take a while to load. No route has a schema for its responses, so none is compiled.
      compilersFactory: { buildValidator: buildCompiler, buildSerializer: buildCompiler },
    },
  })
  app.setErrorHandler(answerFailure)
  app.setNotFoundHandler(refuseRoute)
  // An expectation that is not known is ignored, as by most servers, instead of an empty 417.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.decorateRequest('reason', null)
  app.decorateRequest('answer', null)
  app.addHook('onResponse', logRequest)
  return app
}

const buildCompiler = () => compileValidator as never

/** Compiles the schema at its first use. */
function compileValidator({ schema }: { schema: object }) {
  let validator: ValidateFunction | undefined
  return function validate(data: unknown) {
    validator ??= validatorOf(schema)
    return validator(data) ? { value: data } : { error: validator.errors as never }
  }
}

function refuseRoute(): never {
  throw routeNotFound()
}

function logRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { logAt = 'info' } = request.routeOptions.config
  const url = request.originalUrl
  request.log[logAt](
    {
      reqId: request.id,
      method: request.method,
      // Without a query and a password, which may hold a credential.
      url: (url.startsWith('/') ? url : withoutAuthority(url)).replace(/[?#].*$/s, ''),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    },
    'request',
  )
  done()
}
