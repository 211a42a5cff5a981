import type { FastifyRequest } from 'fastify'
import { notLoggedIn, stackNotFound } from '../rules/errors.ts'
import { type Action, checkPermission, type Role } from '../rules/roles.ts'
import { isExpired } from '../rules/token.ts'
import type { Stack } from '../world/store/stacks.ts'
import type { World } from '../world/world.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The stack that the api_key names. */
    stack: Stack
    /** The uid of the user who calls, or for whom a management token does. */
    callerUid: string
  }
}

const header = (request: FastifyRequest, name: string) => {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

/**
 * The hooks that let a request in, to be set as a route's `onRequest`: a refusal then comes before the body is
 * read. First the stack, then the credential, then the role.
 */
export function createAuthentication({ store, clock }: World) {
  function authenticateStack(request: FastifyRequest): void {
    const stack = store.stacks.find(header(request, 'api_key'))
    if (!stack) throw stackNotFound()
    request.stack = stack
  }

  function authenticateUser(request: FastifyRequest, namedHeader: 'authtoken' | undefined): void {
    const user = store.users.findByAuthtoken(header(request, 'authtoken'))
    if (!user) throw notLoggedIn(namedHeader)
    request.callerUid = user.uid
  }

  /** Answers the user's role in the stack. */
  function authenticateMember(request: FastifyRequest): Role {
    authenticateUser(request, 'authtoken')
    const role = store.stacks.roleOf(request.stack, request.callerUid)
    // C: who is no member is not told that there is such a stack.
    if (!role) throw stackNotFound()
    return role
  }

  function authenticateManagementToken(request: FastifyRequest): void {
    const found = store.managementTokens.findByValue(request.stack.api_key, header(request, 'authorization'))
    if (!found || isExpired(found.expires_on, clock.now())) throw notLoggedIn('authorization')
    // C: what a management token changes counts as changed by the one who made it.
    request.callerUid = found.created_by
  }

  return {
    /** Lets in whoever is logged in, whatever the stack. */
    anyUser:
      ({ namesHeader }: { namesHeader: boolean }) =>
      async (request: FastifyRequest) => {
        authenticateUser(request, namesHeader ? 'authtoken' : undefined)
      },

    /** Lets in a user whose role permits the action. A management token is of no use here (D). */
    user: (action: Action) => async (request: FastifyRequest) => {
      authenticateStack(request)
      checkPermission(authenticateMember(request), action)
    },

    /** Lets in such a user, or a management token of the stack. Where both are given, both must be good. */
    userOrManagementToken:
      (action: Action, { needsBoth }: { needsBoth: boolean }) =>
      async (request: FastifyRequest) => {
        authenticateStack(request)
        const hasManagementToken = request.headers.authorization !== undefined
        if (hasManagementToken) authenticateManagementToken(request)
        const hasAuthtoken = request.headers['authtoken'] !== undefined
        const role =
          needsBoth || !hasManagementToken || hasAuthtoken ? authenticateMember(request) : undefined
        if (needsBoth && !hasManagementToken) throw notLoggedIn('authorization')
        if (role) checkPermission(role, action)
      },
  }
}

export type Authentication = ReturnType<typeof createAuthentication>
