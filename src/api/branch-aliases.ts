import { Type } from '@sinclair/typebox'
import { branchDenied, branchNotFound, deletionUnconfirmed, invalid, NOT_VALID } from '../rules/errors.ts'
import { isTrue } from '../rules/input.ts'
import { BRANCH_UID } from '../rules/names.ts'
import type { Call } from '../server/call.ts'
import { ListOf, NoticeAlone, NoticeWith, noticeAlone, noticeWith, Single, single } from './envelope.ts'
import { listBody } from './lists.ts'
import { checkBranchInScope, member, memberOrManagementToken } from './permit.ts'
import { Force, ListQuery, route, Stamps } from './route.ts'
import { removeFromScopes } from './scopes.ts'

const AssignBody = Type.Object({
  branch_alias: Type.Object({ target_branch: Type.String({ minLength: 1 }) }),
})
const ByAlias = Type.Object({ alias: Type.String() })

const BranchAlias = Type.Object(
  {
    uid: Type.String({ description: 'The uid of the branch that it points to.' }),
    source: Type.String({ description: 'The branch that this one was created from; empty for main.' }),
    ...Stamps,
    deleted_at: Type.Literal(false),
    alias: Type.String(),
  },
  { $id: 'BranchAlias' },
)

const notFound = () => branchNotFound('deploy', 'Branch alias')

const mayRead = memberOrManagementToken('read branches and aliases', {
  module: { module: 'branch_alias', acl: 'read' },
})
const mayAssign = memberOrManagementToken('write branches and aliases', {
  module: { module: 'branch_alias', acl: 'write' },
})
/** I: a management token may assign an alias but not delete one. */
const mayDelete = member('write branches and aliases')

const LIST = '/stacks/branch_aliases'
const ONE = '/stacks/branch_aliases/:alias'

/** Bodies show the branch, with the alias in the key `alias` (R). */
export const branchAliasRoutes = [
  route({
    method: 'GET',
    path: LIST,
    permit: mayRead,
    operation: 'Branch alias fetch',
    query: ListQuery,
    summary: 'Get all branch aliases',
    response: ListOf('branch_aliases', BranchAlias),
    run: listBranchAliases,
  }),
  route({
    method: 'GET',
    path: ONE,
    permit: mayRead,
    params: ByAlias,
    summary: 'Get a single branch alias',
    response: Single('branch_alias', BranchAlias),
    failures: () => [branchDenied('deploy'), notFound()],
    run: fetchBranchAlias,
  }),
  route({
    method: 'PUT',
    path: ONE,
    permit: mayAssign,
    operation: 'Branch alias assignment',
    params: ByAlias,
    body: AssignBody,
    summary: 'Assign branch alias',
    response: NoticeWith('branch_alias', BranchAlias),
    failures: () => [branchDenied('main'), invalidAlias(), isBranch('deploy'), branchNotFound('main')],
    run: assignBranchAlias,
  }),
  route({
    method: 'DELETE',
    path: ONE,
    permit: mayDelete,
    operation: 'Branch alias deletion',
    params: ByAlias,
    query: Force,
    summary: 'Delete branch alias',
    response: NoticeAlone,
    failures: () => [notFound(), deletionUnconfirmed('Branch alias', 'deploy')],
    run: deleteBranchAlias,
  }),
]

function listBranchAliases({ world, apiKey, query }: Call<{ query: typeof ListQuery }>): string {
  const { branches } = world.store
  const collection = {
    list: branches.listAliases.bind(branches),
    count: branches.countAliases.bind(branches),
  }
  return listBody('branch_aliases', collection, apiKey, query, 'Branch alias fetch')
}

function fetchBranchAlias(call: Call<{ params: typeof ByAlias }>): string {
  const { alias } = call.params
  checkBranchInScope(call, alias)
  const body = call.world.store.branches.aliasBody(call.apiKey, alias)
  if (body === undefined) throw branchNotFound(alias, 'Branch alias')
  return single('branch_alias', body)
}

function assignBranchAlias(call: Call<{ params: typeof ByAlias; body: typeof AssignBody }>): string {
  const { apiKey } = call
  const { branches } = call.world.store
  const { alias } = call.params
  const { target_branch: branch } = call.body.branch_alias
  checkBranchInScope(call, branch)
  // Moving an existing alias also changes the branch that it points to.
  if (branches.targetOf(apiKey, alias) !== undefined) checkBranchInScope(call, alias)
  if (!new RegExp(BRANCH_UID).test(alias)) throw invalidAlias()
  // C: an alias must not have the name of a branch, since the header `branch` may hold either.
  if (branches.has(apiKey, alias)) throw isBranch(alias)
  if (!branches.has(apiKey, branch)) throw branchNotFound(branch)
  branches.assignAlias(apiKey, { alias, branch })
  const body = branches.aliasBody(apiKey, alias) as string
  return noticeWith('Branch alias assigned successfully.', 'branch_alias', body)
}

function deleteBranchAlias(call: Call<{ params: typeof ByAlias; query: typeof Force }>): string {
  const { apiKey } = call
  const { store } = call.world
  const { alias } = call.params
  if (store.branches.targetOf(apiKey, alias) === undefined) throw branchNotFound(alias, 'Branch alias')
  if (!isTrue(call.query.force)) throw deletionUnconfirmed('Branch alias', alias)
  store.branches.deleteAlias(apiKey, alias)
  removeFromScopes(store, apiKey, 'branch_aliases', alias)
  return noticeAlone('Branch alias deleted successfully.')
}

const invalidAlias = () => invalid('Branch alias assignment', { alias: [NOT_VALID] })

const isBranch = (alias: string) => invalid('Branch alias assignment', { alias: [`'${alias}' is a branch.`] })
