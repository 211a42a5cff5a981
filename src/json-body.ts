import { isUtf8 } from 'node:buffer'
import fp from 'fastify-plugin'
import { DEPTH_LIMIT } from './rules/caps.ts'
import { isDeeper } from './rules/depth.ts'
import { bodyTooDeep, notJson, wrongContentType } from './rules/errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as it was sent; empty where there is none, or none was read. */
    bodyText: string
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
      if (!isUtf8(body as Buffer)) return done(notJson())
      parseJson(request, request.bodyText, (error, value) => {
        if (error) done(notJson())
        else if (isDeeper(value, DEPTH_LIMIT)) done(bodyTooDeep(DEPTH_LIMIT))
        else done(null, value)
      })
    })
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
      request.bodyText = body.toString()
      done(body.length === 0 ? null : wrongContentType())
    })
  },
  { name: 'json-body' },
)
