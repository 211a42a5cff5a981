import type { FastifyRequest } from 'fastify'
import { branchNotFound } from '../rules/errors.ts'
import { checkBranchAccess } from '../rules/management-access.ts'
import { header } from './authentication.ts'

/** @throws 422/901 where a management token is used that may not work on the branch or alias of that name */
export function checkTokenMayUse({ world, stack, managementToken }: FastifyRequest, name: string): void {
  const target = world.store.branches.targetOf(stack.api_key, name) ?? name
  if (managementToken) checkBranchAccess(managementToken.scope, name, target)
}

/**
 * Refuses a `branch` header that names a branch or alias outside a management token's scope, or none at all. Without
 * the header nothing is checked, since what is asked for belongs to the whole stack (C).
 */
export function checkBranchHeader(request: FastifyRequest): void {
  const { branches } = request.world.store
  const apiKey = request.stack.api_key
  const name = header(request, 'branch')
  // A stack whose organization has no branches knows nothing of the header.
  if (name === '' || branches.all(apiKey).length === 0) return
  checkTokenMayUse(request, name)
  const known = branches.targetOf(apiKey, name) ?? branches.body(apiKey, name)
  if (known === undefined) throw branchNotFound(name)
}
