import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { DEPTH_LIMIT } from '../rules/caps.ts'
import { type ApiError, bodyTooDeep, notJson, notUtf8, wrongContentType } from '../rules/errors.ts'
import { HALF_PAIR, isDeeper, wellFormed } from '../rules/input.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it was sent; empty if there is none, or if it was not read. */
    bodyText: string
    /** The failure for an invalid body; sent once the request is permitted. */
    bodyComplaint: ApiError | undefined
  }
  interface FastifyContextConfig {
    /** The most levels of nesting in the body; defaults to the limit of the emulated API. */
    depthLimit?: number
  }
}

/** Replaces a malformed content type. */
const UNREADABLE = 'application/octet-stream'

const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i
const UTF8 = /^utf-?8$/i

/**
 * Reads request bodies. An empty body is valid with any content type (A): the official JavaScript client posts an empty
 * form to preview_token, and the Python client sends the JSON content type with GET. The schema of a call says whether it
 * needs a body.
 */
export function readBodies(app: FastifyInstance): void {
  app.decorateRequest('bodyText', '')
  app.decorateRequest('bodyComplaint', undefined)
  app.addHook('onRequest', mendContentType)
  // Drops keys that could change a prototype, such as `__proto__`.
  const parse = app.getDefaultJsonParser('remove', 'remove')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, function readJson(request, body, done) {
    const text = body.toString()
    request.bodyText = text
    if (text === '') return done(null)
    const charset = CHARSET.exec(request.headers['content-type'] as string)?.[1] ?? 'utf-8'
    // JSON in UTF-16 or UTF-32 has a zero among its first four bytes, but may still be valid UTF-8.
    if (!UTF8.test(charset) || !isUtf8(body as Buffer) || (body as Buffer).subarray(0, 4).includes(0)) {
      request.bodyComplaint = notUtf8()
      return done(null)
    }
    void parse(request, text, (error, value) => {
      const { depthLimit = DEPTH_LIMIT } = request.routeOptions.config
      if (error) request.bodyComplaint = notJson()
      else if (isDeeper(value, depthLimit)) request.bodyComplaint = bodyTooDeep(depthLimit)
      if (request.bodyComplaint) return done(null)
      done(null, HALF_PAIR.test(text) ? wellFormed(value) : value)
    })
  })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, function refuseBody(request, body, done) {
    request.bodyText = body.toString()
    if (body.length > 0) request.bodyComplaint = wrongContentType()
    done(null)
  })
}

/** Fails the request if its body is invalid. The emulated API does this in its permit hook instead. */
export function complain(request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void {
  done(request.bodyComplaint)
}

/** Removes the content type if there is no body. Replaces a malformed one, since a chunked body may turn out to be empty. */
function mendContentType({ headers }: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const type = headers['content-type']
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
  if (!hasBody) delete headers['content-type']
  else if (type === undefined || !/^\s*[^\s/;]+\/[^\s/;]+\s*(;|$)/.test(type))
    headers['content-type'] = UNREADABLE
  done()
}
