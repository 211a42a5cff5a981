import fp from 'fastify-plugin'
import { notJson, wrongContentType } from '../rules/errors.ts'

/**
 * Reads request bodies. No body is fine with any content type (A): the official JavaScript client posts an empty
 * form to preview_token, the Python client names JSON on GET. Whether a call needs one is its schema's matter.
 */
export const jsonBody = fp(
  async (app) => {
    app.addHook('onRequest', async ({ headers }) => {
      const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
      // Even one that cannot be read says nothing about a body that is not there.
      if (!hasBody) delete headers['content-type']
    })
    // Keys that would reach a prototype are dropped.
    const parseJson = app.getDefaultJsonParser('remove', 'remove')
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
      if (body === '') return done(null)
      parseJson(request, body as string, (error, value) => done(error && notJson(), value))
    })
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
      done(body.length === 0 ? null : wrongContentType())
    })
  },
  { name: 'json-body' },
)
