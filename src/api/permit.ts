import type { FastifyRequest } from 'fastify'
import { branchUnknown, notLoggedIn, stackNotFound } from '../rules/errors.ts'
import { checkBranchAccess, checkScopePermits, type ModuleAccess } from '../rules/management-access.ts'
import { type Action, checkPermission, type Role } from '../rules/roles.ts'
import { isExpired } from '../rules/token.ts'
import { bearerOf, header, managementTokenOf } from '../server/credentials.ts'
import type { ManagementToken } from '../store/management-tokens.ts'
import type { Stack } from '../store/stacks.ts'
import { whyNoAuthtoken, whyNoBearer, whyNoManagementToken } from './refused-credentials.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The stack that the api_key names. */
    stack: Stack
    /** The uid of the user who calls, or for whom a management token does. */
    callerUid: string
    /** The management token that makes the call; undefined where a user does. */
    managementToken: ManagementToken | undefined
  }
  interface FastifyContextConfig {
    /** Who may make the call; absent: anyone. */
    permit?: Permit | ((request: FastifyRequest) => Permit)
  }
}

/** Who may make a call. */
export type Permit =
  /** Any user who is logged in, whatever the stack. */
  | { who: 'user'; namesHeader: boolean }
  /** A member of the stack whose role permits the action. A management token is of no use (D). */
  | { who: 'member'; action: Action; onStackItself: boolean }
  /** Such a member, or a management token whose scope has the module, where one is named. */
  | {
      who: 'member or management token'
      action: Action
      module: ModuleAccess | undefined
      needsBoth: boolean
    }

export const user = ({ namesHeader }: { namesHeader: boolean }): Permit => ({ who: 'user', namesHeader })

export const member = (action: Action): Permit => ({ who: 'member', action, onStackItself: false })

/** For `/stacks` itself, which alone answers an unknown api_key with 422 (A). */
export const memberOnStackItself = (action: Action): Permit => ({
  who: 'member',
  action,
  onStackItself: true,
})

export const memberOrManagementToken = (
  action: Action,
  { module, needsBoth = false }: { module?: ModuleAccess; needsBoth?: boolean } = {},
): Permit => ({ who: 'member or management token', action, module, needsBoth })

/**
 * Lets a request in: first the stack, then the credential, then the role or scope, then the branch.
 *
 * @throws 412/109, 422/109, 401/105, 403/316, 401/161, 422/901 or 422/900
 */
export function permit(request: FastifyRequest): void {
  const { permit: configured } = request.routeOptions.config
  const permit = typeof configured === 'function' ? configured(request) : configured
  if (!permit) return
  if (permit.who === 'user') {
    authenticateUser(request, permit.namesHeader ? 'authtoken' : undefined)
    return
  }
  const onStackItself = permit.who === 'member' && permit.onStackItself
  authenticateStack(request, onStackItself)
  if (permit.who === 'member') {
    checkPermission(authenticateMember(request, onStackItself), permit.action)
  } else {
    permitMemberOrManagementToken(request, permit)
  }
  if (!onStackItself) checkBranchHeader(request)
}

function permitMemberOrManagementToken(
  request: FastifyRequest,
  { action, module, needsBoth }: Extract<Permit, { who: 'member or management token' }>,
): void {
  const value = managementTokenOf(request)
  // I: the management token decides, whatever the header authtoken holds.
  if (value !== '') {
    const { scope } = authenticateManagementToken(request, value)
    if (module) checkScopePermits(scope, module)
    if (!needsBoth) return
  }
  const role = authenticateMember(request, false)
  if (needsBoth && value === '')
    throw notLoggedIn(
      'The profile documented also requires a management token in the header authorization.',
      'authorization',
    )
  checkPermission(role, action)
}

function authenticateStack(request: FastifyRequest, onStackItself: boolean): void {
  const apiKey = header(request, 'api_key')
  const stack = request.world.store.stacks.find(apiKey)
  if (!stack) {
    throw stackNotFound(
      apiKey === '' ? 'The header api_key is missing.' : `No stack has the api_key '${apiKey}'.`,
      onStackItself,
    )
  }
  request.stack = stack
}

/** An OAuth access token counts as its user's authtoken, and decides where both are sent (A / I). */
function authenticateUser(request: FastifyRequest, namedHeader: 'authtoken' | undefined): void {
  const { users } = request.world.store
  const bearer = bearerOf(request)
  const user =
    bearer === undefined
      ? users.findByAuthtoken(header(request, 'authtoken'))
      : users.findByOauthToken(bearer)
  if (user) request.callerUid = user.uid
  else if (bearer === undefined) throw notLoggedIn(whyNoAuthtoken(request), namedHeader)
  else throw notLoggedIn(whyNoBearer(request, bearer), 'authorization')
}

/** Returns the user's role in the stack. */
function authenticateMember(request: FastifyRequest, onStackItself: boolean): Role {
  authenticateUser(request, 'authtoken')
  const role = request.world.store.stacks.roleOf(request.stack.api_key, request.callerUid)
  // C: a user outside the stack does not learn that it exists.
  if (!role) throw stackNotFound('The caller is not a member of the stack.', onStackItself)
  return role
}

function authenticateManagementToken(request: FastifyRequest, value: string): ManagementToken {
  const { store, clock } = request.world
  const found = store.managementTokens.findByValue(request.stack.api_key, value)
  if (!found) throw notLoggedIn(whyNoManagementToken(request, value), 'authorization')
  if (isExpired(found.expires_on, clock.now()))
    throw notLoggedIn(`The management token expired on ${found.expires_on}.`, 'authorization')
  // C: what a management token changes counts as changed by the user who created the token.
  request.callerUid = found.created_by
  request.managementToken = found
  return found
}

/**
 * Refuses a `branch` header that names a branch or alias outside a management token's scope (A), or none at all (D).
 * Without the header nothing is checked, since what is asked for belongs to the whole stack (C).
 */
function checkBranchHeader(request: FastifyRequest): void {
  const name = header(request, 'branch')
  const { branches } = request.world.store
  const apiKey = request.stack.api_key
  // A stack without branches ignores the header (D).
  if (name === '' || !branches.isAny(apiKey)) return
  checkBranchInScope(request, name)
  if (branches.targetOf(apiKey, name) === undefined && branches.body(apiKey, name) === undefined)
    throw branchUnknown(name)
}

/** @throws 422/901 where a management token makes the call and may not work on the branch or alias of that name */
export function checkBranchInScope({ world, stack, managementToken }: FastifyRequest, name: string): void {
  if (!managementToken) return
  const target = world.store.branches.targetOf(stack.api_key, name) ?? name
  checkBranchAccess(managementToken.scope, name, target)
}
