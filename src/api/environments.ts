import { Type } from '@sinclair/typebox'
import { ENVIRONMENTS_SIZE } from '../rules/caps.ts'
import {
  environmentNotFound,
  environmentsTooLarge,
  invalid,
  NOT_UNIQUE,
  scopeTooLarge,
} from '../rules/errors.ts'
import { updated } from '../rules/input.ts'
import { ENVIRONMENT_NAME } from '../rules/names.ts'
import type { Call } from '../server/call.ts'
import { type Environment as EnvironmentRow, environmentBody } from '../store/environments.ts'
import { ListOf, NoticeAlone, NoticeWith, noticeAlone, noticeWith, Single, single } from './envelope.ts'
import { listBody } from './lists.ts'
import { memberOrManagementToken } from './permit.ts'
import { EmptyArray, EmptyObject, ListQuery, route, Stamps } from './route.ts'
import { removeFromScopes, renderTokensOf } from './scopes.ts'

const fields = {
  name: Type.String({ minLength: 1, pattern: ENVIRONMENT_NAME }),
  // A: an entry may omit either key.
  urls: Type.Optional(
    Type.Array(Type.Object({ locale: Type.Optional(Type.String()), url: Type.Optional(Type.String()) })),
  ),
  deploy_content: Type.Optional(Type.Boolean()),
  servers: Type.Optional(Type.Array(Type.Unknown())),
}
const CreateBody = Type.Object({ environment: Type.Object(fields) })
const UpdateBody = Type.Object({ environment: Type.Partial(Type.Object(fields)) })
const ByName = Type.Object({ name: Type.String() })

/** The keys of an environment (R). */
const keys = {
  urls: Type.Array(Type.Object({ url: Type.Optional(Type.String()), locale: Type.Optional(Type.String()) })),
  name: Type.String(),
  uid: Type.String(),
  ...Stamps,
  _version: Type.Integer({ minimum: 1 }),
}
const Environment = Type.Object({ ...keys, ACL: EmptyArray }, { $id: 'Environment' })
const WrittenEnvironment = Type.Object({ ...keys, ACL: EmptyObject }, { $id: 'WrittenEnvironment' })
/** An environment in the scope of a delivery token (page). */
export const EnvironmentInScope = Type.Object(
  {
    ...keys,
    ACL: EmptyArray,
    deploy_content: Type.Optional(Type.Boolean()),
    servers: Type.Optional(Type.Array(Type.Unknown())),
    app_user_object_uid: Type.Literal('system'),
    tags: EmptyArray,
  },
  { $id: 'EnvironmentInScope' },
)

const notFound = () => environmentNotFound('production')

const mayRead = memberOrManagementToken('read environments', {
  module: { module: 'environment', acl: 'read' },
})
const mayWrite = memberOrManagementToken('write environments', {
  module: { module: 'environment', acl: 'write' },
})

const LIST = '/environments'
/** The path names an environment by its name, not its uid (R). */
const ONE = '/environments/:name'

export const environmentRoutes = [
  route({
    method: 'GET',
    path: LIST,
    permit: mayRead,
    operation: 'Environment fetch',
    query: ListQuery,
    summary: 'Get all environments',
    response: ListOf('environments', Environment),
    run: listEnvironments,
  }),
  route({
    method: 'GET',
    path: ONE,
    permit: mayRead,
    params: ByName,
    summary: 'Get a single environment',
    response: Single('environment', Environment),
    failures: () => [notFound()],
    run: fetchEnvironment,
  }),
  route({
    method: 'POST',
    path: LIST,
    permit: mayWrite,
    operation: 'Environment creation',
    body: CreateBody,
    status: 201,
    summary: 'Create environment',
    response: NoticeWith('environment', WrittenEnvironment),
    failures: () => [
      invalid('Environment creation', { name: [NOT_UNIQUE] }),
      environmentsTooLarge('Environment creation'),
    ],
    run: createEnvironment,
  }),
  route({
    method: 'PUT',
    path: ONE,
    permit: mayWrite,
    operation: 'Environment update',
    params: ByName,
    body: UpdateBody,
    summary: 'Update environment',
    response: NoticeWith('environment', WrittenEnvironment),
    failures: () => [
      notFound(),
      invalid('Environment update', { name: [NOT_UNIQUE] }),
      environmentsTooLarge('Environment update'),
      scopeTooLarge(),
    ],
    run: updateEnvironment,
  }),
  route({
    method: 'DELETE',
    path: ONE,
    permit: mayWrite,
    params: ByName,
    summary: 'Delete environment',
    response: NoticeAlone,
    failures: () => [notFound()],
    run: deleteEnvironment,
  }),
]

function listEnvironments({ world, apiKey, query }: Call<{ query: typeof ListQuery }>): string {
  return listBody('environments', world.store.environments, apiKey, query, 'Environment fetch')
}

function fetchEnvironment(call: Call<{ params: typeof ByName }>): string {
  return single('environment', environmentBody(findEnvironment(call)))
}

function createEnvironment({ world, apiKey, callerUid, body }: Call<{ body: typeof CreateBody }>): string {
  const { store, clock, ids } = world
  const { name, urls, deploy_content: deployContent, servers } = body.environment
  if (store.environments.uidOfName(apiKey, name) !== undefined)
    throw invalid('Environment creation', { name: [NOT_UNIQUE] })
  const now = clock.timestamp()
  const environment: EnvironmentRow = {
    deploy_content: deployContent,
    servers,
    urls: (urls ?? []).map(knownKeys),
    name,
    uid: ids.uid(),
    created_by: callerUid,
    updated_by: callerUid,
    created_at: now,
    updated_at: now,
    _version: 1,
  }
  store.environments.insert(apiKey, environment)
  if (store.environments.size(apiKey) > ENVIRONMENTS_SIZE) throw environmentsTooLarge('Environment creation')
  return noticeWith('Environment created successfully.', 'environment', writtenBody(environment))
}

function updateEnvironment(call: Call<{ params: typeof ByName; body: typeof UpdateBody }>): string {
  const { world, apiKey, callerUid, body } = call
  const { store, clock } = world
  const { name, urls, deploy_content: deployContent, servers } = body.environment
  const found = findEnvironment(call)
  const takenBy = name === undefined ? undefined : store.environments.uidOfName(apiKey, name)
  if (takenBy !== undefined && takenBy !== found.uid)
    throw invalid('Environment update', { name: [NOT_UNIQUE] })
  const environment = updated(found, {
    deploy_content: deployContent,
    servers,
    urls: urls?.map(knownKeys),
    name,
    updated_by: callerUid,
    updated_at: clock.timestamp(),
    _version: found._version + 1,
  })
  store.environments.update(apiKey, environment)
  if (store.environments.size(apiKey) > ENVIRONMENTS_SIZE) throw environmentsTooLarge('Environment update')
  renderTokensOf(store, apiKey, found.uid)
  return noticeWith('Environment updated successfully.', 'environment', writtenBody(environment))
}

function deleteEnvironment(call: Call<{ params: typeof ByName }>): string {
  const { world, apiKey } = call
  const { uid } = findEnvironment(call)
  world.store.environments.delete(apiKey, uid)
  world.store.entries.unpublish(apiKey, uid)
  removeFromScopes(world.store, apiKey, 'environments', uid)
  return noticeAlone('Environment deleted successfully.')
}

/** @throws 422/248 for an unknown name, even if it is a uid (R) */
function findEnvironment({ world, apiKey, params }: Call<{ params: typeof ByName }>): EnvironmentRow {
  const found = world.store.environments.findByName(apiKey, params.name)
  if (!found) throw environmentNotFound(params.name)
  return found
}

const knownKeys = ({ url, locale }: { url?: string; locale?: string }) => ({
  ...(url !== undefined && { url }),
  ...(locale !== undefined && { locale }),
})

/** The body in the response to a write, which has an empty object as its ACL (R). */
const writtenBody = (environment: EnvironmentRow) => environmentBody(environment, {})
