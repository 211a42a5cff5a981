import { Type } from '@sinclair/typebox'
import { checkTokenCap } from '../rules/caps.ts'
import * as deliveryToken from '../rules/delivery-token.ts'
import {
  invalid,
  NOT_UNIQUE,
  type Operation,
  previewTokenLinked,
  scopeTooLarge,
  tokenCapReached,
  tokenNotFound,
} from '../rules/errors.ts'
import { isTrue } from '../rules/input.ts'
import { scopeErrors } from '../rules/scope.ts'
import type { Call } from '../server/call.ts'
import { deliveryTokenEnvelopes, deliveryTokenResponses, ListOf, NoticeWith, noticeWith } from './envelope.ts'
import { EnvironmentInScope } from './environments.ts'
import { listBody } from './lists.ts'
import { member } from './permit.ts'
import {
  ByUid,
  entryOf,
  Flag,
  Force,
  ListQuery,
  Name,
  OptionalText,
  route,
  Scope,
  SOME_UID,
  Stamps,
  TokenBody,
  TokenUpdateBody,
} from './route.ts'

const fields = {
  name: Name,
  description: OptionalText,
  scope: Scope('delivery', 'module', 'acl', 'environments', 'branches', 'branch_aliases', '_metadata'),
}
const CreateBody = TokenBody(fields)
const UpdateBody = TokenUpdateBody(fields)
/** A: the flag works only in the query; in the body it is ignored. */
const CreateQuery = Type.Object({ create_with_preview_token: Flag })
/** A: real clients send this flag. It has no effect, since a preview token is always shown. */
const FetchQuery = Type.Object({ include_preview_token: Flag })

/** The body of a delivery token (R keys). */
export const DeliveryToken = Type.Object(
  {
    name: Type.String(),
    description: Type.String(),
    scope: Type.Array(
      Type.Object({
        ...entryOf('delivery', EnvironmentInScope),
        _metadata: Type.Optional(Type.Object({ uid: Type.String() })),
      }),
    ),
    uid: Type.String(),
    ...Stamps,
    token: Type.String({ description: 'The value that clients send.' }),
    type: Type.Literal('delivery'),
    preview_token: Type.Optional(Type.String({ description: 'Absent if the token has no preview token.' })),
  },
  { $id: 'DeliveryToken' },
)
const responses = deliveryTokenResponses(DeliveryToken)

const notFound = () => tokenNotFound('Delivery Token', SOME_UID)
/** What creating and updating refuse alike. */
const invalidToken = (operation: Operation) => [
  invalid(operation, { name: [NOT_UNIQUE] }),
  ...scopeErrors('delivery').map((errors) => invalid(operation, errors)),
  scopeTooLarge(),
]

const mayRead = member('read delivery tokens')
const mayWrite = member('write delivery tokens')

const LIST = '/stacks/delivery_tokens'
const ONE = '/stacks/delivery_tokens/:uid'

export const deliveryTokenRoutes = [
  route({
    method: 'GET',
    path: LIST,
    permit: mayRead,
    operation: 'Delivery Token fetch',
    query: ListQuery,
    summary: 'Get all delivery tokens',
    response: ListOf('tokens', DeliveryToken),
    run: listDeliveryTokens,
  }),
  route({
    method: 'GET',
    path: ONE,
    permit: mayRead,
    operation: 'Delivery Token fetch',
    params: ByUid,
    query: FetchQuery,
    summary: 'Get a single delivery token',
    response: responses.fetched,
    failures: () => [notFound()],
    run: fetchDeliveryToken,
  }),
  route({
    method: 'POST',
    path: LIST,
    permit: mayWrite,
    operation: 'Delivery Token creation',
    query: CreateQuery,
    body: CreateBody,
    status: 201,
    summary: 'Create delivery token',
    response: NoticeWith('token', DeliveryToken),
    failures: () => [...invalidToken('Delivery Token creation'), tokenCapReached('Delivery Token', 20)],
    run: createDeliveryToken,
  }),
  route({
    method: 'PUT',
    path: ONE,
    permit: mayWrite,
    operation: 'Delivery Token update',
    params: ByUid,
    body: UpdateBody,
    summary: 'Update delivery token',
    response: responses.updated,
    failures: () => [notFound(), ...invalidToken('Delivery Token update')],
    run: updateDeliveryToken,
  }),
  route({
    method: 'DELETE',
    path: ONE,
    permit: mayWrite,
    operation: 'Delivery Token deletion',
    params: ByUid,
    query: Force,
    summary: 'Delete delivery token',
    response: responses.deleted,
    failures: () => [notFound(), previewTokenLinked()],
    run: deleteDeliveryToken,
  }),
]

function listDeliveryTokens({ world, apiKey, query }: Call<{ query: typeof ListQuery }>): string {
  return listBody('tokens', world.store.deliveryTokens, apiKey, query, 'Delivery Token fetch')
}

function fetchDeliveryToken({ world, apiKey, params }: Call<{ params: typeof ByUid }>): string {
  const body = world.store.deliveryTokens.body(apiKey, params.uid)
  if (body === undefined) throw tokenNotFound('Delivery Token', params.uid)
  return deliveryTokenEnvelopes[world.settings.profile].fetched(body)
}

function createDeliveryToken(call: Call<{ query: typeof CreateQuery; body: typeof CreateBody }>): string {
  const { store, settings } = call.world
  const withPreviewToken = isTrue(call.query.create_with_preview_token)
  const token = deliveryToken.create(call.body.token, withPreviewToken, contextOf(call))
  const { deliveryTokenCap: cap } = settings
  if (cap !== undefined) checkTokenCap('Delivery Token', store.deliveryTokens.count(call.apiKey), cap)
  const body = store.deliveryTokens.insert(call.apiKey, token)
  return noticeWith('Delivery Token created successfully.', 'token', body)
}

function updateDeliveryToken(call: Call<{ params: typeof ByUid; body: typeof UpdateBody }>): string {
  const { store, settings } = call.world
  const found = findDeliveryToken(call, call.params.uid)
  const token = deliveryToken.update(found, call.body.token, contextOf(call))
  return deliveryTokenEnvelopes[settings.profile].updated(store.deliveryTokens.update(call.apiKey, token))
}

function deleteDeliveryToken(call: Call<{ params: typeof ByUid; query: typeof Force }>): string {
  const { store, settings } = call.world
  const { uid } = call.params
  const previewToken = store.deliveryTokens.previewTokenOf(call.apiKey, uid)
  if (previewToken === undefined) throw tokenNotFound('Delivery Token', uid)
  deliveryToken.checkDeletion(previewToken, isTrue(call.query.force), settings.profile)
  store.deliveryTokens.delete(call.apiKey, uid)
  return deliveryTokenEnvelopes[settings.profile].deleted()
}

function contextOf({ world, apiKey, callerUid }: Call): deliveryToken.DeliveryTokenContext {
  const { store, clock, ids } = world
  return { apiKey, store, ids, callerUid, now: clock.timestamp() }
}

/** @throws 422/141 for an unknown uid */
export function findDeliveryToken({ world, apiKey }: Call, uid: string): deliveryToken.DeliveryToken {
  const found = world.store.deliveryTokens.find(apiKey, uid)
  if (!found) throw tokenNotFound('Delivery Token', uid)
  return found
}
