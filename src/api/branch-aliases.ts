import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { BRANCH_UID } from '../rules/branches.ts'
import { branchNotFound, invalid, NOT_VALID } from '../rules/errors.ts'
import { userOrManagementToken } from './authentication.ts'
import { checkTokenMayUse } from './branch-access.ts'
import { hook } from './checks.ts'
import { noticeAlone, noticeWith, single } from './envelope.ts'
import { answerList } from './listing.ts'
import { AssignBranchAlias, BranchAliasParameters } from './schemas/branch.ts'
import { ListingQuery } from './schemas/listing.ts'
import { Force } from './schemas/token.ts'
import { isInScopes, removeFromScopes } from './scope-references.ts'

/** Answers show the branch, and in `alias` the name by which it was asked for (R). */
export const branchAliases: FastifyPluginAsyncTypebox = async (app) => {
  const may = (acl: 'read' | 'write') =>
    hook(userOrManagementToken(`${acl} branches and aliases`, { scope: { module: 'branch_alias', acl } }))
  const mayRead = may('read')
  const mayWrite = may('write')

  app.get(
    '/stacks/branch_aliases',
    {
      onRequest: mayRead,
      schema: { querystring: ListingQuery },
      config: { operation: 'Branch alias fetch' },
    },
    async ({ world, stack, query }) => {
      const { listAliases: list, countAliases: count } = world.store.branches
      return answerList('branch_aliases', { list, count }, stack.api_key, query, 'Branch alias fetch')
    },
  )

  app.get(
    '/stacks/branch_aliases/:alias',
    { onRequest: mayRead, schema: { params: BranchAliasParameters } },
    async (request) => {
      checkTokenMayUse(request, request.params.alias)
      const body = request.world.store.branches.aliasBody(request.stack.api_key, request.params.alias)
      if (body === undefined) throw branchNotFound(request.params.alias, 'Branch alias')
      return single('branch_alias', body)
    },
  )

  app.put(
    '/stacks/branch_aliases/:alias',
    {
      onRequest: mayWrite,
      schema: { params: BranchAliasParameters, body: AssignBranchAlias },
      config: { operation: 'Branch alias assignment' },
    },
    async (request) => {
      const { store } = request.world
      const { alias } = request.params
      const apiKey = request.stack.api_key
      const branch = request.body.branch_alias.target_branch
      checkTokenMayUse(request, branch)
      const body = store.write(() => {
        // One that there is already is taken away from the branch that it points to.
        if (store.branches.targetOf(apiKey, alias) !== undefined) checkTokenMayUse(request, alias)
        if (!new RegExp(BRANCH_UID).test(alias))
          throw invalid('Branch alias assignment', { uid: [NOT_VALID] })
        // C: a branch's name is taken, since the header `branch` takes either.
        if (store.branches.body(apiKey, alias) !== undefined)
          throw invalid('Branch alias assignment', { uid: [`'${alias}' is a branch.`] })
        if (store.branches.body(apiKey, branch) === undefined)
          throw invalid('Branch alias assignment', { target_branch: [`'${branch}' branch was not found.`] })
        store.branches.assignAlias(apiKey, { alias, branch })
        return store.branches.aliasBody(apiKey, alias) as string
      })
      return noticeWith('Branch alias assigned successfully.', 'branch_alias', body)
    },
  )

  app.delete(
    '/stacks/branch_aliases/:alias',
    {
      onRequest: mayWrite,
      schema: { params: BranchAliasParameters, querystring: Force },
      config: { operation: 'Branch alias deletion' },
    },
    async (request) => {
      const { world, stack, params, query } = request
      const { store } = world
      const apiKey = stack.api_key
      checkTokenMayUse(request, params.alias)
      store.write(() => {
        if (store.branches.targetOf(apiKey, params.alias) === undefined)
          throw branchNotFound(params.alias, 'Branch alias')
        if (query.force !== 'true' && isInScopes(store, apiKey, 'branch_aliases', params.alias)) {
          throw invalid('Branch alias deletion', {
            branch_alias: ['a token has this alias in its scope. Change it first or pass force=true.'],
          })
        }
        store.branches.deleteAlias(apiKey, params.alias)
        removeFromScopes(store, apiKey, 'branch_aliases', params.alias)
      })
      return noticeAlone('Branch alias deleted successfully.')
    },
  )
}
