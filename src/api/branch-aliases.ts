import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { BRANCH_UID } from '../rules/branches.ts'
import { branchNotFound, deletionUnconfirmed, invalid, NOT_VALID } from '../rules/errors.ts'
import { noticeAlone, noticeWith, single } from './envelope.ts'
import { answerList } from './listing.ts'
import { checkBranchInScope, member, memberOrManagementToken } from './permit.ts'
import { AssignBranchAlias, BranchAliasParameters } from './schemas/branch.ts'
import { ListingQuery } from './schemas/listing.ts'
import { Force, isTrue } from './schemas/token.ts'
import { removeFromScopes } from './scope-references.ts'

/** Answers show the branch, and in `alias` the name by which it was asked for (R). */
export const branchAliases: FastifyPluginAsyncTypebox = async (app) => {
  const may = (acl: 'read' | 'write') =>
    memberOrManagementToken(`${acl} branches and aliases`, { module: { module: 'branch_alias', acl } })
  const mayRead = may('read')
  const mayAssign = may('write')
  // I: a management token may assign an alias and delete none.
  const mayDelete = member('write branches and aliases')

  app.get(
    '/stacks/branch_aliases',
    {
      schema: { querystring: ListingQuery },
      config: { permit: mayRead, operation: 'Branch alias fetch' },
    },
    async ({ world, stack, query }) => {
      const { listAliases: list, countAliases: count } = world.store.branches
      return answerList('branch_aliases', { list, count }, stack.api_key, query, 'Branch alias fetch')
    },
  )

  app.get(
    '/stacks/branch_aliases/:alias',
    { schema: { params: BranchAliasParameters }, config: { permit: mayRead } },
    async (request) => {
      checkBranchInScope(request, request.params.alias)
      const body = request.world.store.branches.aliasBody(request.stack.api_key, request.params.alias)
      if (body === undefined) throw branchNotFound(request.params.alias, 'Branch alias')
      return single('branch_alias', body)
    },
  )

  app.put(
    '/stacks/branch_aliases/:alias',
    {
      schema: { params: BranchAliasParameters, body: AssignBranchAlias },
      config: { permit: mayAssign, operation: 'Branch alias assignment' },
    },
    async (request) => {
      const { store } = request.world
      const { alias } = request.params
      const apiKey = request.stack.api_key
      const branch = request.body.branch_alias.target_branch
      checkBranchInScope(request, branch)
      const body = store.write(() => {
        // One that there is already is taken away from the branch that it points to.
        if (store.branches.targetOf(apiKey, alias) !== undefined) checkBranchInScope(request, alias)
        if (!new RegExp(BRANCH_UID).test(alias))
          throw invalid('Branch alias assignment', { alias: [NOT_VALID] })
        // C: a branch's name is taken, since the header `branch` takes either.
        if (store.branches.body(apiKey, alias) !== undefined)
          throw invalid('Branch alias assignment', { alias: [`'${alias}' is a branch.`] })
        if (store.branches.body(apiKey, branch) === undefined) throw branchNotFound(branch)
        store.branches.assignAlias(apiKey, { alias, branch })
        return store.branches.aliasBody(apiKey, alias) as string
      })
      return noticeWith('Branch alias assigned successfully.', 'branch_alias', body)
    },
  )

  app.delete(
    '/stacks/branch_aliases/:alias',
    {
      schema: { params: BranchAliasParameters, querystring: Force },
      config: { permit: mayDelete, operation: 'Branch alias deletion' },
    },
    async (request) => {
      const { world, stack, params, query } = request
      const { store } = world
      const apiKey = stack.api_key
      store.write(() => {
        if (store.branches.targetOf(apiKey, params.alias) === undefined)
          throw branchNotFound(params.alias, 'Branch alias')
        if (!isTrue(query.force)) throw deletionUnconfirmed('Branch alias', params.alias)
        store.branches.deleteAlias(apiKey, params.alias)
        removeFromScopes(store, apiKey, 'branch_aliases', params.alias)
      })
      return noticeAlone('Branch alias deleted successfully.')
    },
  )
}
