import { Type } from '@sinclair/typebox'
import { branchExists, branchNotFound, deletionUnconfirmed, invalid } from '../rules/errors.ts'
import { isTrue } from '../rules/input.ts'
import { BRANCH_UID, MAIN_BRANCH } from '../rules/names.ts'
import type { Call } from '../server/call.ts'
import { noticeAlone, noticeWith, single } from './envelope.ts'
import { listBody } from './lists.ts'
import { checkBranchInScope, member, memberOrManagementToken } from './permit.ts'
import { ByUid, Force, ListQuery, route } from './route.ts'
import { removeFromScopes } from './scopes.ts'

const CreateBody = Type.Object({
  branch: Type.Object({
    uid: Type.String({ minLength: 1, pattern: BRANCH_UID }),
    source: Type.String({ minLength: 1 }),
  }),
})

const mayRead = memberOrManagementToken('read branches and aliases', {
  module: { module: 'branch', acl: 'read' },
})
/** I: a management token cannot create or delete a branch. */
const mayWrite = member('write branches and aliases')

const LIST = '/stacks/branches'
const ONE = '/stacks/branches/:uid'

export const branchRoutes = [
  route({
    method: 'GET',
    path: LIST,
    permit: mayRead,
    operation: 'Branch fetch',
    query: ListQuery,
    run: listBranches,
  }),
  route({ method: 'GET', path: ONE, permit: mayRead, params: ByUid, run: fetchBranch }),
  route({
    method: 'POST',
    path: LIST,
    permit: mayWrite,
    operation: 'Branch creation',
    body: CreateBody,
    status: 201,
    run: createBranch,
  }),
  route({
    method: 'DELETE',
    path: ONE,
    permit: mayWrite,
    operation: 'Branch deletion',
    params: ByUid,
    query: Force,
    run: deleteBranch,
  }),
]

// The notices (R) mention a queue, but this server does the work at once (C).

function listBranches({ world, apiKey, query }: Call<{ query: typeof ListQuery }>): string {
  return listBody('branches', world.store.branches, apiKey, query, 'Branch fetch')
}

function fetchBranch(call: Call<{ params: typeof ByUid }>): string {
  const { world, apiKey, params } = call
  checkBranchInScope(call, params.uid)
  const body = world.store.branches.body(apiKey, params.uid)
  if (body === undefined) throw branchNotFound(params.uid)
  return single('branch', body)
}

function createBranch({ world, apiKey, callerUid, body }: Call<{ body: typeof CreateBody }>): string {
  const { branches, entries } = world.store
  const { uid, source } = body.branch
  if (!branches.has(apiKey, source))
    throw invalid('Branch creation', { source: [`'${source}' branch was not found.`] })
  // C: a branch must not have the name of an alias, since the header `branch` may hold either.
  if (branches.has(apiKey, uid)) throw branchExists('branch')
  if (branches.targetOf(apiKey, uid) !== undefined) throw branchExists('branch alias')
  const now = world.clock.timestamp()
  const branch = {
    uid,
    source,
    created_by: callerUid,
    updated_by: callerUid,
    created_at: now,
    updated_at: now,
  }
  branches.insert(apiKey, branch)
  entries.addToBranch(apiKey, uid, source)
  return noticeWith(
    'Your request to create branch is in progress. Please check organization bulk task queue for more details.',
    'branch',
    JSON.stringify({ ...branch, alias: [] }),
  )
}

function deleteBranch(call: Call<{ params: typeof ByUid; query: typeof Force }>): string {
  const { store } = call.world
  const { apiKey } = call
  const { uid } = call.params
  if (!store.branches.has(apiKey, uid)) throw branchNotFound(uid)
  if (uid === MAIN_BRANCH) throw refuseDeletion(`'${MAIN_BRANCH}' cannot be deleted.`)
  if (store.branches.isSource(apiKey, uid))
    throw refuseDeletion(`'${uid}' is the source of another branch. Delete that first.`)
  if (!isTrue(call.query.force)) throw deletionUnconfirmed('Branch', uid)
  // D: this also deletes the aliases that point to the branch.
  const aliases = store.branches.aliases(apiKey).filter(({ branch }) => branch === uid)
  store.branches.delete(apiKey, uid)
  store.entries.leaveBranch(apiKey, uid)
  removeFromScopes(store, apiKey, 'branches', uid)
  for (const { alias } of aliases) removeFromScopes(store, apiKey, 'branch_aliases', alias)
  return noticeAlone('Your branch deletion is in progress. Please refresh in a while.')
}

const refuseDeletion = (why: string) => invalid('Branch deletion', { branch: [why] })
