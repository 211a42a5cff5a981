import { isUtf8 } from 'node:buffer'
import fp from 'fastify-plugin'
import { DEPTH_LIMIT } from '../rules/caps.ts'
import { isDeeper } from '../rules/depth.ts'
import { type ApiError, bodyTooDeep, notJson, notUtf8, wrongContentType } from '../rules/errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it was sent; empty where there is none, or none was read. */
    bodyText: string
    /** What is wrong with the body that was sent; told once the request is permitted. */
    bodyComplaint: ApiError | undefined
  }
  interface FastifyContextConfig {
    /** How many levels deep the body may be nested; absent: as deep as the emulated API takes it. */
    depthLimit?: number
  }
}

/** A content type that stands for any that is not one. */
const UNREADABLE = 'application/octet-stream'

/**
 * Reads request bodies. No body is fine with any content type (A): the official JavaScript client posts an empty
 * form to preview_token, the Python client names JSON on GET. Whether a call needs one is its schema's matter.
 */
export const jsonBody = fp(
  async (app) => {
    app.decorateRequest('bodyText', '')
    app.decorateRequest('bodyComplaint', undefined)
    app.addHook('onRequest', async ({ headers }) => {
      const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
      // One that cannot be read says nothing about a body that is not there, as a chunked one may turn out to be.
      if (!hasBody) delete headers['content-type']
      else if (!/^\s*[^\s/;]+\/[^\s/;]+\s*(;|$)/.test(headers['content-type'] ?? ''))
        headers['content-type'] = UNREADABLE
    })
    // Keys that would reach a prototype are dropped.
    const parseJson = app.getDefaultJsonParser('remove', 'remove')
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
      request.bodyText = body.toString()
      if (body.length === 0) return done(null)
      if (!isUnicode(request.headers['content-type'], body as Buffer)) {
        request.bodyComplaint = notUtf8()
        return done(null)
      }
      const { depthLimit = DEPTH_LIMIT } = request.routeOptions.config
      parseJson(request, request.bodyText, (error, value) => {
        if (error) request.bodyComplaint = notJson()
        else if (isDeeper(value, depthLimit)) request.bodyComplaint = bodyTooDeep(depthLimit)
        done(null, request.bodyComplaint ? undefined : value)
      })
    })
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
      request.bodyText = body.toString()
      if (body.length > 0) request.bodyComplaint = wrongContentType()
      done(null)
    })
  },
  { name: 'json-body' },
)

/** Whether a body is UTF-8, by its bytes and by the charset that its content type names. */
function isUnicode(contentType = '', body: Buffer): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1] ?? 'utf-8'
  // JSON in UTF-16 or UTF-32 has a zero among its first bytes, which UTF-8 would allow.
  return /^utf-?8$/i.test(charset) && isUtf8(body) && !body.subarray(0, 4).includes(0)
}
