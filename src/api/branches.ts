import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MAIN_BRANCH } from '../rules/branches.ts'
import { branchExists, branchNotFound, deletionUnconfirmed, invalid } from '../rules/errors.ts'
import { noticeAlone, noticeWith, single } from './envelope.ts'
import { answerList } from './listing.ts'
import { checkBranchInScope, member, memberOrManagementToken } from './permit.ts'
import { BranchParameters, CreateBranch } from './schemas/branch.ts'
import { ListingQuery } from './schemas/listing.ts'
import { Force, isTrue } from './schemas/token.ts'
import { removeFromScopes } from './scope-references.ts'

/** The notices (R) speak of a queue; here the work is done at once (C). */
export const branches: FastifyPluginAsyncTypebox = async (app) => {
  const mayRead = memberOrManagementToken('read branches and aliases', {
    module: { module: 'branch', acl: 'read' },
  })
  // I: a management token makes and deletes no branch.
  const mayWrite = member('write branches and aliases')

  app.get(
    '/stacks/branches',
    { schema: { querystring: ListingQuery }, config: { permit: mayRead, operation: 'Branch fetch' } },
    async ({ world, stack, query }) =>
      answerList('branches', world.store.branches, stack.api_key, query, 'Branch fetch'),
  )

  app.get(
    '/stacks/branches/:uid',
    { schema: { params: BranchParameters }, config: { permit: mayRead } },
    async (request) => {
      checkBranchInScope(request, request.params.uid)
      const body = request.world.store.branches.body(request.stack.api_key, request.params.uid)
      if (body === undefined) throw branchNotFound(request.params.uid)
      return single('branch', body)
    },
  )

  app.post(
    '/stacks/branches',
    { schema: { body: CreateBranch }, config: { permit: mayWrite, operation: 'Branch creation' } },
    async (request, reply) => {
      const { world, stack, callerUid } = request
      const { store } = world
      const { uid, source } = request.body.branch
      const branch = store.write(() => {
        if (store.branches.body(stack.api_key, source) === undefined)
          throw invalid('Branch creation', { source: [`'${source}' branch was not found.`] })
        // C: an alias's name is taken, too, since the header `branch` takes either.
        if (store.branches.body(stack.api_key, uid) !== undefined) throw branchExists('branch')
        if (store.branches.targetOf(stack.api_key, uid) !== undefined) throw branchExists('branch alias')
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
      schema: { params: BranchParameters, querystring: Force },
      config: { permit: mayWrite, operation: 'Branch deletion' },
    },
    async (request) => {
      const { world, stack, params, query } = request
      const { store } = world
      const apiKey = stack.api_key
      const refuse = (why: string) => invalid('Branch deletion', { branch: [why] })
      store.write(() => {
        if (store.branches.body(apiKey, params.uid) === undefined) throw branchNotFound(params.uid)
        if (params.uid === MAIN_BRANCH) throw refuse(`'${MAIN_BRANCH}' cannot be deleted.`)
        if (store.branches.isSource(apiKey, params.uid))
          throw refuse(`'${params.uid}' is the source of another branch. Delete that first.`)
        if (!isTrue(query.force)) throw deletionUnconfirmed('Branch', params.uid)
        // D: the aliases that point to it go, too.
        const aliases = store.branches.aliases(apiKey).filter(({ branch }) => branch === params.uid)
        store.branches.delete(apiKey, params.uid)
        removeFromScopes(store, apiKey, 'branches', params.uid)
        for (const { alias } of aliases) removeFromScopes(store, apiKey, 'branch_aliases', alias)
      })
      return noticeAlone('Your branch deletion is in progress. Please refresh in a while.')
    },
  )
}
