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
import { validatorOf } from '../rules/validator.ts'
import { redactText } from '../world/redaction.ts'
import { sendBrokenRequestFailure, sendFailure } from './failures.ts'
import { rewriteWith, withoutAuthority } from './world-prefix.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The level at which requests are logged; defaults to `info`. */
    logAt?: 'debug'
  }
}

/**
 * Creates a server without routes. Its own refusals use the envelope, too.
 *
 * @param home where a browser that opens `/` is led, if anywhere
 */
export function createHttpServer(
  logger: FastifyBaseLogger | undefined,
  home: string | undefined,
): FastifyInstance {
  const app = fastify({
    // Requests share the logger: creating one takes longer than most requests.
    ...(logger && { loggerInstance: logger, childLoggerFactory: (parent: FastifyBaseLogger) => parent }),
    logController: new LogController({ disableRequestLogging: true }),
    // Ignores the request, which Fastify passes as an argument.
    genReqId: randomUUID.bind(undefined, undefined),
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 16_384 },
    exposeHeadRoutes: false,
    rewriteUrl: rewriteWith(home),
    frameworkErrors: sendFailure,
    clientErrorHandler: sendBrokenRequestFailure,
    // Accepts requests without a Host header. Only the control API checks the host.
    http: { requireHostHeader: false },
    schemaController: {
      // Fastify's own compilers load slowly. The serializer is never built, since no route has a response schema.
      compilersFactory: { buildValidator: buildCompiler, buildSerializer: buildCompiler },
    },
  })
  app.setErrorHandler(sendFailure)
  // Ignores an unknown `Expect` header, as most servers do. Node would respond with an empty 417.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.decorateRequest('reason', null)
  app.decorateRequest('responseBody', null)
  app.decorateRequest('hasOwnContentType', false)
  app.addHook('onResponse', logRequest)
  return app
}

const buildCompiler = () => compileValidator as never

/** Compiles the schema on first use. */
function compileValidator({ schema }: { schema: object }) {
  let validator: ValidateFunction | undefined
  return function validate(data: unknown) {
    validator ??= validatorOf(schema)
    return validator(data) ? { value: data } : { error: validator.errors as never }
  }
}

/** A path that needs no look for secrets. */
const PLAIN_PATH = /^[\w/.-]*$/

/** How much of a reason the log shows, in characters: a reason may quote a long path. */
const REASON_LENGTH = 500

function logRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { logAt = 'info' } = request.routeOptions.config
  const url = request.originalUrl
  const path = (url.startsWith('/') ? url : withoutAuthority(url)).replace(/[?#].*$/s, '')
  request.log[logAt](
    {
      reqId: request.id,
      method: request.method,
      // Omits the query and the password of the URL, which may contain a credential, as the path may by mistake.
      url: PLAIN_PATH.test(path) ? path : redactText(path),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      ...(request.reason !== null && { reason: redactText(request.reason).slice(0, REASON_LENGTH) }),
    },
    'request',
  )
  done()
}
