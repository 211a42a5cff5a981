import { Type } from '@sinclair/typebox'
import { checkTokenCap } from '../rules/caps.ts'
import { tokenNotFound } from '../rules/errors.ts'
import * as managementToken from '../rules/management-token.ts'
import type { Call } from '../server/call.ts'
import { noticeAlone, noticeWith, single } from './envelope.ts'
import { listBody } from './lists.ts'
import { member } from './permit.ts'
import { ByUid, ListQuery, Name, OptionalText, route, Scope, TokenBody, TokenUpdateBody } from './route.ts'

const fields = {
  name: Name,
  description: OptionalText,
  scope: Scope('module', 'acl', 'branches', 'branch_aliases'),
  expires_on: OptionalText,
  is_email_notification_enabled: Type.Optional(Type.Boolean()),
  // A: accepted and echoed
  rate_limit_enabled: Type.Optional(Type.Boolean()),
}
const CreateBody = TokenBody(fields)
const UpdateBody = TokenUpdateBody(fields)

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
    run: listManagementTokens,
  }),
  route({ method: 'GET', path: ONE, permit: mayRead, params: ByUid, run: fetchManagementToken }),
  route({
    method: 'POST',
    path: LIST,
    permit: mayWrite,
    operation: 'Management Token creation',
    body: CreateBody,
    status: 201,
    run: createManagementToken,
  }),
  route({
    method: 'PUT',
    path: ONE,
    permit: mayWrite,
    operation: 'Management Token update',
    params: ByUid,
    body: UpdateBody,
    run: updateManagementToken,
  }),
  route({ method: 'DELETE', path: ONE, permit: mayWrite, params: ByUid, run: deleteManagementToken }),
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
