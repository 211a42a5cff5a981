import type { FastifyRequest } from 'fastify'
import { noPreviewToken, previewTokenExists, tokenNotFound } from '../rules/errors.ts'
import type { Call } from '../server/call.ts'
import { DeliveryToken, findDeliveryToken } from './delivery-tokens.ts'
import { NoticeAlone, NoticeWith, noticeAlone, noticeWith } from './envelope.ts'
import { memberOrManagementToken } from './permit.ts'
import { ByUid, route, SOME_UID } from './route.ts'

const PATH = '/stacks/delivery_tokens/:uid/preview_token'

const mayWrite = memberOrManagementToken('write preview tokens')
const needsBoth = memberOrManagementToken('write preview tokens', { needsBoth: true })

/** In the profile `documented`, a deletion requires both credentials (page). */
const mayDelete = ({ world }: FastifyRequest) =>
  world.settings.profile === 'documented' ? needsBoth : mayWrite

const notFound = () => tokenNotFound('Delivery Token', SOME_UID)

/** A delivery token has at most one preview token (D). Creating or deleting it updates the delivery token (page). */
export const previewTokenRoutes = [
  route({
    method: 'POST',
    path: PATH,
    permit: mayWrite,
    params: ByUid,
    status: 201,
    summary: 'Create preview token',
    response: NoticeWith('token', DeliveryToken),
    failures: () => [notFound(), previewTokenExists()],
    run: createPreviewToken,
  }),
  route({
    method: 'DELETE',
    path: PATH,
    permit: mayDelete,
    permits: { documented: [needsBoth], live: [mayWrite], compatible: [mayWrite] },
    params: ByUid,
    summary: 'Delete preview token',
    response: NoticeAlone,
    failures: () => [notFound(), noPreviewToken()],
    run: deletePreviewToken,
  }),
]

function createPreviewToken(call: Call<{ params: typeof ByUid }>): string {
  const found = findDeliveryToken(call, call.params.uid)
  if (found.preview_token !== null) throw previewTokenExists()
  const { world, apiKey, callerUid } = call
  const body = world.store.deliveryTokens.update(apiKey, {
    ...found,
    preview_token: world.ids.token(),
    updated_by: callerUid,
    updated_at: world.clock.timestamp(),
  })
  return noticeWith('Preview token created successfully.', 'token', body)
}

function deletePreviewToken(call: Call<{ params: typeof ByUid }>): string {
  const found = findDeliveryToken(call, call.params.uid)
  if (found.preview_token === null) throw noPreviewToken()
  const { world, apiKey, callerUid } = call
  world.store.deliveryTokens.update(apiKey, {
    ...found,
    preview_token: null,
    updated_by: callerUid,
    updated_at: world.clock.timestamp(),
  })
  return noticeAlone('Preview token deleted successfully.')
}
