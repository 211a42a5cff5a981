import { Type } from '@sinclair/typebox'
import { checkTokenCap, MANAGEMENT_TOKEN_CAP } from '../rules/caps.ts'
import { invalid, type Operation, tokenCapReached, tokenNotFound } from '../rules/errors.ts'
import * as managementToken from '../rules/management-token.ts'
import { scopeErrors } from '../rules/scope.ts'
import { expiryErrors } from '../rules/time.ts'
import type { Call } from '../server/call.ts'
import { ListOf, NoticeAlone, NoticeWith, noticeAlone, noticeWith, Single, single } from './envelope.ts'
import { listBody } from './lists.ts'
import { member } from './permit.ts'
import {
  ByUid,
  entryOf,
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
  scope: Scope('management', 'module', 'acl', 'branches', 'branch_aliases'),
  expires_on: OptionalText,
  is_email_notification_enabled: Type.Optional(Type.Boolean()),
  // A: accepted and echoed
  rate_limit_enabled: Type.Optional(Type.Boolean()),
}
const CreateBody = TokenBody(fields)
const UpdateBody = TokenUpdateBody(fields)

/** The keys of a management token (R). */
const keys = {
  name: Type.String(),
  description: Type.String(),
  scope: Type.Array(Type.Object(entryOf('management', Type.String()))),
  expires_on: Type.Union([Type.String(), Type.Null()], {
    description: 'As the request sent it; null for a token that never expires.',
  }),
  is_email_notification_enabled: Type.Boolean(),
  rate_limit_enabled: Type.Optional(Type.Boolean()),
  uid: Type.String(),
  ...Stamps,
}
const ManagementToken = Type.Object(keys, { $id: 'ManagementToken' })
const CreatedManagementToken = Type.Object(
  {
    ...keys,
    token: Type.String({ description: 'The value that clients send. Only this response shows it.' }),
  },
  { $id: 'CreatedManagementToken' },
)

const notFound = () => tokenNotFound('Management Token', SOME_UID)
/** What creating and updating refuse alike. */
const invalidToken = (operation: Operation) =>
  [...scopeErrors('management'), ...expiryErrors()].map((errors) => invalid(operation, errors))

const mayRead = member('read management tokens')
const mayWrite = member('write management tokens')

const LIST = '/stacks/management_tokens'
const ONE = '/stacks/management_tokens/:uid'

export const managementTokenRoutes = [
  route({
    method: 'GET',
    path: LIST,
    permit: mayRead,
    operation: 'Management Token fetch',
    query: ListQuery,
    summary: 'Get all management tokens',
    response: ListOf('tokens', ManagementToken),
    run: listManagementTokens,
  }),
  route({
    method: 'GET',
    path: ONE,
    permit: mayRead,
    params: ByUid,
    summary: 'Get a single management token',
    response: Single('token', ManagementToken),
    failures: () => [notFound()],
    run: fetchManagementToken,
  }),
  route({
    method: 'POST',
    path: LIST,
    permit: mayWrite,
    operation: 'Management Token creation',
    body: CreateBody,
    status: 201,
    summary: 'Create management token',
    response: NoticeWith('token', CreatedManagementToken),
    failures: () => [
      ...invalidToken('Management Token creation'),
      tokenCapReached('Management Token', MANAGEMENT_TOKEN_CAP),
    ],
    run: createManagementToken,
  }),
  route({
    method: 'PUT',
    path: ONE,
    permit: mayWrite,
    operation: 'Management Token update',
    params: ByUid,
    body: UpdateBody,
    summary: 'Update management token',
    response: NoticeWith('token', ManagementToken),
    failures: () => [notFound(), ...invalidToken('Management Token update')],
    run: updateManagementToken,
  }),
  route({
    method: 'DELETE',
    path: ONE,
    permit: mayWrite,
    params: ByUid,
    summary: 'Delete management token',
    response: NoticeAlone,
    failures: () => [notFound()],
    run: deleteManagementToken,
  }),
]

function listManagementTokens({ world, apiKey, query }: Call<{ query: typeof ListQuery }>): string {
  return listBody('tokens', world.store.managementTokens, apiKey, query, 'Management Token fetch')
}

function fetchManagementToken({ world, apiKey, params }: Call<{ params: typeof ByUid }>): string {
  const body = world.store.managementTokens.body(apiKey, params.uid)
  if (body === undefined) throw tokenNotFound('Management Token', params.uid)
  return single('token', body)
}

function createManagementToken(call: Call<{ body: typeof CreateBody }>): string {
  const { store, settings } = call.world
  const token = managementToken.create(call.body.token, contextOf(call))
  const count = store.managementTokens.count(call.apiKey)
  checkTokenCap('Management Token', count, settings.managementTokenCap)
  const body = store.managementTokens.insert(call.apiKey, token)
  // Only this response shows the value (page), as its last key.
  const withValue = `${body.slice(0, -1)},"token":"${token.token}"}`
  return noticeWith('Management Token created successfully.', 'token', withValue)
}

function updateManagementToken(call: Call<{ params: typeof ByUid; body: typeof UpdateBody }>): string {
  const { managementTokens } = call.world.store
  const found = managementTokens.find(call.apiKey, call.params.uid)
  if (!found) throw tokenNotFound('Management Token', call.params.uid)
  const token = managementToken.update(found, call.body.token, contextOf(call))
  const body = managementTokens.update(call.apiKey, token)
  return noticeWith('Management Token updated successfully.', 'token', body)
}

function deleteManagementToken({ world, apiKey, params }: Call<{ params: typeof ByUid }>): string {
  if (!world.store.managementTokens.delete(apiKey, params.uid))
    throw tokenNotFound('Management Token', params.uid)
  return noticeAlone('Management Token deleted successfully.')
}

function contextOf({ world, apiKey, callerUid }: Call): managementToken.ManagementTokenContext {
  const { store, clock, ids, settings } = world
  return { apiKey, store, ids, callerUid, now: clock.timestamp(), profile: settings.profile }
}
