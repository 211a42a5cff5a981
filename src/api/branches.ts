import { Type } from '@sinclair/typebox'
import { branchDenied, branchExists, branchNotFound, deletionUnconfirmed, invalid } from '../rules/errors.ts'
import { isTrue } from '../rules/input.ts'
import { BRANCH_UID, MAIN_BRANCH } from '../rules/names.ts'
import type { Call } from '../server/call.ts'
import { ListOf, NoticeAlone, NoticeWith, noticeAlone, noticeWith, Single, single } from './envelope.ts'
import { listBody } from './lists.ts'
import { checkBranchInScope, member, memberOrManagementToken } from './permit.ts'
import { ByUid, EmptyArray, Force, ListQuery, route, Stamps } from './route.ts'
import { removeFromScopes } from './scopes.ts'

const CreateBody = Type.Object({
  branch: Type.Object({
    uid: Type.String({ minLength: 1, pattern: BRANCH_UID }),
    source: Type.String({ minLength: 1 }),
  }),
})

const keys = {
  uid: Type.String(),
  source: Type.String({ description: 'The branch that it was created from; empty for main.' }),
  ...Stamps,
}
const Branch = Type.Object(
  {
    ...keys,
    deleted_at: Type.Literal(false),
    alias: Type.Array(Type.Object({ uid: Type.String() }), { description: 'The aliases that point to it.' }),
  },
  { $id: 'Branch' },
)
const CreatedBranch = Type.Object({ ...keys, alias: EmptyArray }, { $id: 'CreatedBranch' })

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
    summary: 'Get all branches',
    response: ListOf('branches', Branch),
    run: listBranches,
  }),
  route({
    method: 'GET',
    path: ONE,
    permit: mayRead,
    params: ByUid,
    summary: 'Get a single branch',
    response: Single('branch', Branch),
    failures: () => [branchDenied('release'), branchNotFound('release')],
    run: fetchBranch,
  }),
  route({
    method: 'POST',
    path: LIST,
    permit: mayWrite,
    operation: 'Branch creation',
    body: CreateBody,
    status: 201,
    summary: 'Create branch',
    response: NoticeWith('branch', CreatedBranch),
    failures: () => [sourceNotFound('release'), branchExists('branch'), branchExists('branch alias')],
    run: createBranch,
  }),
  route({
    method: 'DELETE',
    path: ONE,
    permit: mayWrite,
    operation: 'Branch deletion',
    params: ByUid,
    query: Force,
    summary: 'Delete branch',
    response: NoticeAlone,
    failures: () => [
      branchNotFound('release'),
      mainStays(),
      isSource('release'),
      deletionUnconfirmed('Branch', 'release'),
    ],
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
  if (!branches.has(apiKey, source)) throw sourceNotFound(source)
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
  if (uid === MAIN_BRANCH) throw mainStays()
  if (store.branches.isSource(apiKey, uid)) throw isSource(uid)
  if (!isTrue(call.query.force)) throw deletionUnconfirmed('Branch', uid)
  // D: this also deletes the aliases that point to the branch.
  const aliases = store.branches.aliases(apiKey).filter(({ branch }) => branch === uid)
  store.branches.delete(apiKey, uid)
  store.entries.leaveBranch(apiKey, uid)
  removeFromScopes(store, apiKey, 'branches', uid)
  for (const { alias } of aliases) removeFromScopes(store, apiKey, 'branch_aliases', alias)
  return noticeAlone('Your branch deletion is in progress. Please refresh in a while.')
}

const sourceNotFound = (source: string) =>
  invalid('Branch creation', { source: [`'${source}' branch was not found.`] })

const mainStays = () => invalid('Branch deletion', { branch: [`'${MAIN_BRANCH}' cannot be deleted.`] })

const isSource = (uid: string) =>
  invalid('Branch deletion', { branch: [`'${uid}' is the source of another branch. Delete that first.`] })
