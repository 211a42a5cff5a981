import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { DEPTH_LIMIT } from '../rules/caps.ts'
import { type ApiError, bodyTooDeep, notJson, notUtf8, wrongContentType } from '../rules/errors.ts'
import { HALF_PAIR, isDeeper, wellFormed } from '../rules/input.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it was sent; empty where there is none, or none was read. */
    bodyText: string
    /** What is wrong with the body that was sent; thrown once the request is permitted. */
    bodyComplaint: ApiError | undefined
  }
  interface FastifyContextConfig {
    /** How many levels deep the body may be nested; absent: as deep as the emulated API takes it. */
    depthLimit?: number
  }
}

/** A content type that stands for any that is malformed. */
const UNREADABLE = 'application/octet-stream'

const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i
const UTF8 = /^utf-?8$/i

/**
 * Reads request bodies. No body is fine with any content type (A): the official JavaScript client posts an empty
 * form to preview_token, the Python client names JSON on GET. Whether a call needs a body is its schema's matter.
 */
export function readBodies(app: FastifyInstance): void {
  app.decorateRequest('bodyText', '')
  app.decorateRequest('bodyComplaint', undefined)
  app.addHook('onRequest', mendContentType)
  // Keys that would reach a prototype are dropped.
  const parse = app.getDefaultJsonParser('remove', 'remove')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, function readJson(request, body, done) {
    const text = body.toString()
    request.bodyText = text
    if (text === '') return done(null)
    const charset = CHARSET.exec(request.headers['content-type'] as string)?.[1] ?? 'utf-8'
    // JSON in UTF-16 or UTF-32 has a zero among its first bytes, which UTF-8 would allow.
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

/** Reports what is wrong with the body. The emulated API does so once it has permitted the request. */
export function complain(request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void {
  done(request.bodyComplaint)
}

/** A content type that cannot be read says nothing about a body that is not there, as a chunked one may turn out to be. */
function mendContentType({ headers }: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const type = headers['content-type']
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
  if (!hasBody) delete headers['content-type']
  else if (type === undefined || !/^\s*[^\s/;]+\/[^\s/;]+\s*(;|$)/.test(type))
    headers['content-type'] = UNREADABLE
  done()
}
