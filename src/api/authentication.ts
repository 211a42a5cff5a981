import type { FastifyRequest } from 'fastify'
import { notLoggedIn, stackNotFound } from '../rules/errors.ts'
import { checkScopePermits, type ModuleAccess } from '../rules/management-access.ts'
import { type Action, checkPermission, type Role } from '../rules/roles.ts'
import { isExpired } from '../rules/token.ts'
import type { ManagementToken } from '../world/store/management-tokens.ts'
import type { Stack } from '../world/store/stacks.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The stack that the api_key names. */
    stack: Stack
    /** The uid of the user who calls, or for whom a management token does. */
    callerUid: string
    /** The management token that was let in; undefined where only a user was. */
    managementToken: ManagementToken | undefined
  }
}

// The checks that let a request in: first the stack, then the credential, then the role.

/** A header's value; empty where there is none. */
export const header = (request: FastifyRequest, name: string) => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

function authenticateStack(request: FastifyRequest): void {
  const apiKey = header(request, 'api_key')
  const stack = request.world.store.stacks.find(apiKey)
  if (!stack) {
    throw stackNotFound(
      apiKey === '' ? 'The header api_key is missing.' : `No stack has the api_key '${apiKey}'.`,
    )
  }
  request.stack = stack
}

function authenticateUser(request: FastifyRequest, namedHeader: 'authtoken' | undefined): void {
  const authtoken = header(request, 'authtoken')
  const user = request.world.store.users.findByAuthtoken(authtoken)
  if (!user) {
    throw notLoggedIn(
      authtoken === ''
        ? 'The header authtoken is missing.'
        : 'The authtoken is unknown, or its login has ended.',
      namedHeader,
    )
  }
  request.callerUid = user.uid
}

/** Answers the user's role in the stack. */
function authenticateMember(request: FastifyRequest): Role {
  authenticateUser(request, 'authtoken')
  const role = request.world.store.stacks.roleOf(request.stack.api_key, request.callerUid)
  // C: who is no member is not told that there is such a stack.
  if (!role) throw stackNotFound('The user of this authtoken does not work in the stack.')
  return role
}

function authenticateManagementToken(request: FastifyRequest): ManagementToken {
  const { store, clock } = request.world
  const found = store.managementTokens.findByValue(request.stack.api_key, header(request, 'authorization'))
  if (!found) throw notLoggedIn('The management token is unknown in this stack, or deleted.', 'authorization')
  if (isExpired(found.expires_on, clock.now()))
    throw notLoggedIn(`The management token expired on ${found.expires_on}.`, 'authorization')
  // C: what a management token changes counts as changed by the one who made it.
  request.callerUid = found.created_by
  request.managementToken = found
  return found
}

/** Lets in whoever is logged in, whatever the stack. */
export const anyUser =
  ({ namesHeader }: { namesHeader: boolean }) =>
  (request: FastifyRequest): void =>
    authenticateUser(request, namesHeader ? 'authtoken' : undefined)

/** Lets in a user whose role permits the action. A management token is of no use here (D). */
export const user =
  (action: Action) =>
  (request: FastifyRequest): void => {
    authenticateStack(request)
    checkPermission(authenticateMember(request), action)
  }

/**
 * Lets in such a user, or a management token of the stack whose scope has the module, where one is named. Where both
 * credentials are given, both must be good.
 */
export const userOrManagementToken =
  (action: Action, { needsBoth = false, scope }: { needsBoth?: boolean; scope?: ModuleAccess } = {}) =>
  (request: FastifyRequest): void => {
    authenticateStack(request)
    const hasManagementToken = header(request, 'authorization') !== ''
    const managementToken = hasManagementToken ? authenticateManagementToken(request) : undefined
    const hasAuthtoken = header(request, 'authtoken') !== ''
    const role = needsBoth || !hasManagementToken || hasAuthtoken ? authenticateMember(request) : undefined
    if (needsBoth && !hasManagementToken)
      throw notLoggedIn('The profile documented asks for the header authorization, too.', 'authorization')
    if (role) checkPermission(role, action)
    if (managementToken && scope) checkScopePermits(managementToken.scope, scope)
  }
