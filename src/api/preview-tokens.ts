import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { invalid, NOT_VALID } from '../rules/errors.ts'
import type { DeliveryToken } from '../store/delivery-tokens.ts'
import type { World } from '../world/world.ts'
import { findDeliveryToken } from './delivery-tokens.ts'
import { noticeAlone, noticeWith } from './envelope.ts'
import type { Settings } from './options.ts'
import { memberOrManagementToken } from './permit.ts'
import { TokenParameters } from './schemas/token.ts'

/** One preview token a delivery token (D). To make or delete it changes the delivery token (page). */
export const previewTokens: FastifyPluginAsyncTypebox<Settings> = async (app, { profile }) => {
  app.post(
    '/stacks/delivery_tokens/:uid/preview_token',
    {
      schema: { params: TokenParameters },
      config: { permit: memberOrManagementToken('write preview tokens') },
    },
    async (request, reply) => {
      const { world, stack, params, callerUid } = request
      const { store } = world
      const body = store.write(() => {
        const found = findDeliveryToken(store, stack.api_key, params.uid)
        if (found.preview_token !== null) {
          throw invalid('Preview token creation', { preview_token: ['already exists.'] })
        }
        return setPreviewToken(world, stack.api_key, found, world.ids.token(), callerUid)
      })
      reply.code(201)
      return noticeWith('Preview token created successfully.', 'token', body)
    },
  )

  app.delete(
    '/stacks/delivery_tokens/:uid/preview_token',
    {
      schema: { params: TokenParameters },
      config: {
        permit: memberOrManagementToken('write preview tokens', { needsBoth: profile === 'documented' }),
      },
    },
    async (request) => {
      const { world, stack, params, callerUid } = request
      const { store } = world
      store.write(() => {
        const found = findDeliveryToken(store, stack.api_key, params.uid)
        if (found.preview_token === null) {
          throw invalid('Preview token deletion', { preview_token: [NOT_VALID] })
        }
        setPreviewToken(world, stack.api_key, found, null, callerUid)
      })
      return noticeAlone('Preview token deleted successfully.')
    },
  )
}

const setPreviewToken = (
  world: World,
  apiKey: string,
  token: DeliveryToken,
  previewToken: string | null,
  callerUid: string,
) =>
  world.store.deliveryTokens.update(apiKey, {
    ...token,
    preview_token: previewToken,
    updated_by: callerUid,
    updated_at: world.timestamp(),
  })
