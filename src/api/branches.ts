import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MAIN_BRANCH } from '../rules/branches.ts'
import { branchExists, branchNotFound, invalid } from '../rules/errors.ts'
import { userOrManagementToken } from './authentication.ts'
import { checkTokenMayUse } from './branch-access.ts'
import { hook } from './checks.ts'
import { noticeAlone, noticeWith, single } from './envelope.ts'
import { answerList } from './listing.ts'
import { BranchParameters, CreateBranch } from './schemas/branch.ts'
import { ListingQuery } from './schemas/listing.ts'
import { Force } from './schemas/token.ts'
import { isInScopes, removeFromScopes } from './scope-references.ts'

/** The notices (R) speak of a queue; here the work is done at once (C). */
export const branches: FastifyPluginAsyncTypebox = async (app) => {
  const may = (acl: 'read' | 'write') =>
    hook(userOrManagementToken(`${acl} branches and aliases`, { scope: { module: 'branch', acl } }))
  const mayRead = may('read')
  const mayWrite = may('write')

  app.get(
    '/stacks/branches',
    { onRequest: mayRead, schema: { querystring: ListingQuery }, config: { operation: 'Branch fetch' } },
    async ({ world, stack, query }) =>
      answerList('branches', world.store.branches, stack.api_key, query, 'Branch fetch'),
  )

  app.get(
    '/stacks/branches/:uid',
    { onRequest: mayRead, schema: { params: BranchParameters } },
    async (request) => {
      checkTokenMayUse(request, request.params.uid)
      const body = request.world.store.branches.body(request.stack.api_key, request.params.uid)
      if (body === undefined) throw branchNotFound(request.params.uid)
      return single('branch', body)
    },
  )

  app.post(
    '/stacks/branches',
    { onRequest: mayWrite, schema: { body: CreateBranch }, config: { operation: 'Branch creation' } },
    async (request, reply) => {
      const { world, stack, callerUid } = request
      const { store } = world
      const { uid, source } = request.body.branch
      checkTokenMayUse(request, source)
      const branch = store.write(() => {
        if (store.branches.body(stack.api_key, source) === undefined)
          throw invalid('Branch creation', { source: [`'${source}' branch was not found.`] })
        // C: an alias's name is taken, too, since the header `branch` takes either.
        if ([store.branches.body, store.branches.targetOf].some((find) => find(stack.api_key, uid)))
          throw branchExists()
        const now = world.timestamp()
        const made = {
          uid,
          source,
          created_by: callerUid,
          updated_by: callerUid,
          created_at: now,
          updated_at: now,
        }
        store.branches.insert(stack.api_key, made)
        return made
      })
      reply.code(201)
      return noticeWith(
        'Your request to create branch is in progress. Please check organization bulk task queue for more details.',
        'branch',
        JSON.stringify({ ...branch, alias: [] }),
      )
    },
  )

  app.delete(
    '/stacks/branches/:uid',
    {
      onRequest: mayWrite,
      schema: { params: BranchParameters, querystring: Force },
      config: { operation: 'Branch deletion' },
    },
    async (request) => {
      const { world, stack, params, query } = request
      const { store } = world
      const apiKey = stack.api_key
      const refuse = (why: string) => invalid('Branch deletion', { branch: [why] })
      checkTokenMayUse(request, params.uid)
      store.write(() => {
        if (store.branches.body(apiKey, params.uid) === undefined) throw branchNotFound(params.uid)
        if (params.uid === MAIN_BRANCH) throw refuse(`'${MAIN_BRANCH}' cannot be deleted.`)
        const aliases = store.branches.aliases(apiKey).filter(({ branch }) => branch === params.uid)
        if (query.force !== 'true') {
          if (aliases.length > 0)
            throw refuse('an alias points to this branch. Move it first or pass force=true.')
          if (isInScopes(store, apiKey, 'branches', params.uid))
            throw refuse('a token has this branch in its scope. Change it first or pass force=true.')
        }
        store.branches.delete(apiKey, params.uid)
        removeFromScopes(store, apiKey, 'branches', params.uid)
        for (const { alias } of aliases) removeFromScopes(store, apiKey, 'branch_aliases', alias)
      })
      return noticeAlone(
        'Your request to delete branch is in progress. Please check organization bulk task queue for more details.',
      )
    },
  )
}
