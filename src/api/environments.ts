import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { environmentNotFound, invalid, NOT_UNIQUE } from '../rules/errors.ts'
import { type Environment, listedBody } from '../store/environments.ts'
import type { Store } from '../store/index.ts'
import { noticeAlone, noticeWith, single } from './envelope.ts'
import { answerList } from './listing.ts'
import { memberOrManagementToken } from './permit.ts'
import { CreateEnvironment, EnvironmentParameters, UpdateEnvironment } from './schemas/environment.ts'
import { ListingQuery } from './schemas/listing.ts'
import { removeFromScopes, renderTokensOf } from './scope-references.ts'

/** Environments are addressed by their names (R). */
export const environments: FastifyPluginAsyncTypebox = async (app) => {
  const may = (acl: 'read' | 'write') =>
    memberOrManagementToken(`${acl} environments`, { module: { module: 'environment', acl } })
  const mayRead = may('read')
  const mayWrite = may('write')

  app.get(
    '/environments',
    {
      schema: { querystring: ListingQuery },
      config: { permit: mayRead, operation: 'Environment fetch' },
    },
    async ({ world, stack, query }) =>
      answerList('environments', world.store.environments, stack.api_key, query, 'Environment fetch'),
  )

  app.get(
    '/environments/:name',
    { schema: { params: EnvironmentParameters }, config: { permit: mayRead } },
    async ({ world, stack, params }) =>
      single('environment', listedBody(find(world.store, stack.api_key, params.name))),
  )

  app.post(
    '/environments',
    {
      schema: { body: CreateEnvironment },
      config: { permit: mayWrite, operation: 'Environment creation' },
    },
    async (request, reply) => {
      const { world, stack, callerUid } = request
      const { store, ids } = world
      const { name, urls = [], deploy_content: deployContent, servers } = request.body.environment
      const environment = store.write(() => {
        if (store.environments.findByName(stack.api_key, name))
          throw invalid('Environment creation', { name: [NOT_UNIQUE] })
        const now = world.timestamp()
        return store.environments.insert(stack.api_key, {
          deploy_content: deployContent,
          servers,
          urls,
          name,
          uid: ids.uid(),
          created_by: callerUid,
          updated_by: callerUid,
          created_at: now,
          updated_at: now,
          _version: 1,
        })
      })
      reply.code(201)
      return noticeWith('Environment created successfully.', 'environment', writtenBody(environment))
    },
  )

  app.put(
    '/environments/:name',
    {
      schema: { params: EnvironmentParameters, body: UpdateEnvironment },
      config: { permit: mayWrite, operation: 'Environment update' },
    },
    async (request) => {
      const { world, stack, callerUid } = request
      const { store } = world
      const { name, urls, deploy_content: deployContent, servers } = request.body.environment
      const environment = store.write(() => {
        const found = find(store, stack.api_key, request.params.name)
        const taken = name === undefined ? undefined : store.environments.findByName(stack.api_key, name)
        if (taken && taken.uid !== found.uid) throw invalid('Environment update', { name: [NOT_UNIQUE] })
        // C: what the request leaves out stays.
        const changed = store.environments.update(stack.api_key, {
          ...found,
          deploy_content: deployContent ?? found.deploy_content,
          servers: servers ?? found.servers,
          urls: urls ?? found.urls,
          name: name ?? found.name,
          updated_by: callerUid,
          updated_at: world.timestamp(),
          _version: found._version + 1,
        })
        renderTokensOf(store, stack.api_key, found.uid)
        return changed
      })
      return noticeWith('Environment updated successfully.', 'environment', writtenBody(environment))
    },
  )

  app.delete(
    '/environments/:name',
    { schema: { params: EnvironmentParameters }, config: { permit: mayWrite } },
    async ({ world, stack, params }) => {
      const { store } = world
      store.write(() => {
        const { uid } = find(store, stack.api_key, params.name)
        store.environments.delete(stack.api_key, uid)
        removeFromScopes(store, stack.api_key, 'environments', uid)
      })
      return noticeAlone('Environment deleted successfully.')
    },
  )
}

/** @throws 422/248 for an unknown name, also where it is a uid (R) */
function find(store: Store, apiKey: string, name: string): Environment {
  const found = store.environments.findByName(apiKey, name)
  if (!found) throw environmentNotFound(name)
  return found
}

/** As the answers to a write show it: with an empty object as its ACL (R). */
const writtenBody = (environment: Environment) => listedBody(environment, {})
