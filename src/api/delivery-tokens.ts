import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { checkTokenCap } from '../rules/caps.ts'
import { type FieldErrors, invalid, NOT_UNIQUE, type Operation, tokenNotFound } from '../rules/errors.ts'
import { checkDeliveryScope, type ScopeEntry } from '../rules/scope.ts'
import type { DeliveryToken } from '../store/delivery-tokens.ts'
import type { Store } from '../store/index.ts'
import type { World } from '../world/world.ts'
import { deliveryTokenEnvelopes, noticeWith } from './envelope.ts'
import { answerList } from './listing.ts'
import type { Settings } from './options.ts'
import { member } from './permit.ts'
import {
  CreateDeliveryToken,
  CreateDeliveryTokenQuery,
  FetchDeliveryTokenQuery,
  UpdateDeliveryToken,
} from './schemas/delivery-token.ts'
import { ListingQuery } from './schemas/listing.ts'
import { Force, isTrue, TokenParameters } from './schemas/token.ts'
import { contentsOfStack } from './stack-contents.ts'

export const deliveryTokens: FastifyPluginAsyncTypebox<Settings> = async (
  app,
  { profile, deliveryTokenCap = Number.POSITIVE_INFINITY },
) => {
  const envelope = deliveryTokenEnvelopes[profile]
  const mayRead = member('read delivery tokens')
  const mayWrite = member('write delivery tokens')

  app.get(
    '/stacks/delivery_tokens',
    {
      schema: { querystring: ListingQuery },
      config: { permit: mayRead, operation: 'Delivery Token fetch' },
    },
    async (request) =>
      answerList(
        'tokens',
        request.world.store.deliveryTokens,
        request.stack.api_key,
        request.query,
        'Delivery Token fetch',
      ),
  )

  app.get(
    '/stacks/delivery_tokens/:uid',
    {
      schema: { params: TokenParameters, querystring: FetchDeliveryTokenQuery },
      config: { permit: mayRead, operation: 'Delivery Token fetch' },
    },
    async (request) => {
      const body = request.world.store.deliveryTokens.body(request.stack.api_key, request.params.uid)
      if (body === undefined) throw tokenNotFound('Delivery Token', request.params.uid)
      return envelope.fetched(body)
    },
  )

  app.post(
    '/stacks/delivery_tokens',
    {
      schema: { querystring: CreateDeliveryTokenQuery, body: CreateDeliveryToken },
      config: { permit: mayWrite, operation: 'Delivery Token creation' },
    },
    async (request, reply) => {
      const { world, stack } = request
      const { store, ids } = world
      const { name, description, scope } = request.body.token
      const apiKey = stack.api_key
      const body = store.write(() => {
        const now = world.timestamp()
        const checked = check(world, 'Delivery Token creation', apiKey, { name, scope })
        checkTokenCap('Delivery Token', store.deliveryTokens.count(apiKey), deliveryTokenCap)
        return store.deliveryTokens.insert(apiKey, {
          name,
          description: description ?? '',
          scope: checked,
          uid: ids.uid(),
          token: ids.token(),
          preview_token: isTrue(request.query.create_with_preview_token) ? ids.token() : null,
          created_by: request.callerUid,
          updated_by: request.callerUid,
          created_at: now,
          updated_at: now,
        })
      })
      reply.code(201)
      return noticeWith('Delivery Token created successfully.', 'token', body)
    },
  )

  app.put(
    '/stacks/delivery_tokens/:uid',
    {
      schema: { params: TokenParameters, body: UpdateDeliveryToken },
      config: { permit: mayWrite, operation: 'Delivery Token update' },
    },
    async (request) => {
      const { world, stack } = request
      const { store } = world
      const { name, description, scope } = request.body.token
      const apiKey = stack.api_key
      const body = store.write(() => {
        const found = findDeliveryToken(store, apiKey, request.params.uid)
        const checked = check(world, 'Delivery Token update', apiKey, {
          name: name ?? found.name,
          uid: found.uid,
          ...(scope && { scope }),
        })
        // C: what the request leaves out stays.
        return store.deliveryTokens.update(apiKey, {
          ...found,
          name: name ?? found.name,
          description: description === undefined ? found.description : (description ?? ''),
          scope: scope ? checked : found.scope,
          updated_by: request.callerUid,
          updated_at: world.timestamp(),
        })
      })
      return envelope.updated(body)
    },
  )

  app.delete(
    '/stacks/delivery_tokens/:uid',
    {
      schema: { params: TokenParameters, querystring: Force },
      config: { permit: mayWrite, operation: 'Delivery Token deletion' },
    },
    async (request) => {
      const { store } = request.world
      const apiKey = request.stack.api_key
      store.write(() => {
        const { uid, preview_token: previewToken } = findDeliveryToken(store, apiKey, request.params.uid)
        // C where refused; D for the live service, which deletes both.
        if (previewToken !== null && profile !== 'live' && !isTrue(request.query.force)) {
          throw invalid('Delivery Token deletion', {
            preview_token: ['is linked to this delivery token. Delete it first or pass force=true.'],
          })
        }
        store.deliveryTokens.delete(apiKey, uid)
      })
      return envelope.deleted()
    },
  )
}

/** Checks a name against the others' and a scope, and gives each entry of the scope a new uid (R). */
function check(
  { store, ids }: World,
  operation: Operation,
  apiKey: string,
  { name, scope = [], uid }: { name: string; scope?: unknown[]; uid?: string },
): ScopeEntry[] {
  const checked =
    scope.length > 0 ? checkDeliveryScope(scope, contentsOfStack(store, apiKey)) : { scope: [], errors: {} }
  const errors: FieldErrors = { ...checked.errors }
  const bearer = store.deliveryTokens.uidOfName(apiKey, name)
  if (bearer !== undefined && bearer !== uid) errors['name'] = [NOT_UNIQUE]
  if (Object.keys(errors).length > 0) throw invalid(operation, errors)
  return checked.scope.map((entry) => ({ ...entry, _metadata: { uid: ids.metadataUid() } }))
}

/** @throws 422/141 for an unknown uid */
export function findDeliveryToken(store: Store, apiKey: string, uid: string): DeliveryToken {
  const found = store.deliveryTokens.find(apiKey, uid)
  if (!found) throw tokenNotFound('Delivery Token', uid)
  return found
}
