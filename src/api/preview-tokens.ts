import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { invalid, NOT_VALID } from '../rules/errors.ts'
import type { DeliveryToken } from '../world/store/delivery-tokens.ts'
import { findDeliveryToken } from './delivery-tokens.ts'
import { noticeAlone, noticeWith } from './envelope.ts'
import type { ApiOptions } from './options.ts'
import { TokenParameters } from './schemas/token.ts'

/** One preview token a delivery token (D). To make or delete it changes the delivery token (page). */
export const previewTokens: FastifyPluginAsyncTypebox<ApiOptions> = async (app, options) => {
  const { world, authentication, profile } = options
  const { store, ids } = world

  app.post(
    '/stacks/delivery_tokens/:uid/preview_token',
    {
      onRequest: authentication.userOrManagementToken('write preview tokens', { needsBoth: false }),
      schema: { params: TokenParameters },
    },
    async (request, reply) => {
      const { stack, params, callerUid } = request
      const body = store.write(() => {
        const found = findDeliveryToken(store, stack.api_key, params.uid)
        if (found.preview_token !== null) {
          throw invalid('Preview token creation', { preview_token: ['already exists.'] })
        }
        return setPreviewToken(stack.api_key, found, ids.token(), callerUid)
      })
      reply.code(201)
      return noticeWith('Preview token created successfully.', body)
    },
  )

  app.delete(
    '/stacks/delivery_tokens/:uid/preview_token',
    {
      onRequest: authentication.userOrManagementToken('write preview tokens', {
        needsBoth: profile === 'documented',
      }),
      schema: { params: TokenParameters },
    },
    async (request) => {
      const { stack, params, callerUid } = request
      store.write(() => {
        const found = findDeliveryToken(store, stack.api_key, params.uid)
        if (found.preview_token === null) {
          throw invalid('Preview token deletion', { preview_token: [NOT_VALID] })
        }
        setPreviewToken(stack.api_key, found, null, callerUid)
      })
      return noticeAlone('Preview token deleted successfully.')
    },
  )

  const setPreviewToken = (
    apiKey: string,
    token: DeliveryToken,
    previewToken: string | null,
    callerUid: string,
  ) =>
    store.deliveryTokens.update(apiKey, {
      ...token,
      preview_token: previewToken,
      updated_by: callerUid,
      updated_at: world.timestamp(),
    })
}
