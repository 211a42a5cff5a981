import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { checkBranchAccess, whyUnusable } from '../rules/access.ts'
import {
  type ApiError,
  branchUnknown,
  type CredentialHeader,
  notLoggedIn,
  notPermitted,
  stackNotFound,
} from '../rules/errors.ts'
import { checkScopePermits, type ManagementToken, type ModuleAccess } from '../rules/management-token.ts'
import { type Action, PERMISSIONS } from '../rules/roles.ts'
import { bearerOf, header, managementTokenOf } from '../server/credentials.ts'
import { whyNoAuthtoken, whyNoBearer, whyNoManagementToken } from './refused-credentials.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The api_key of the request's stack; empty before the request is permitted, and on calls that are not about a stack. */
    apiKey: string
    /** The uid of the calling user, or of the user who created the calling management token. */
    callerUid: string
    /** The management token that makes the call; undefined if a user makes it. */
    managementToken: ManagementToken | undefined
    /** The branch that the header `branch` names on the management API; undefined without the header, or without branches. */
    branch: string | undefined
  }
}

/** Who may make a call. */
export type Permit =
  /** Any user who is logged in, member of a stack or not. */
  | { who: 'user'; namesHeader: boolean }
  /** A member of the stack whose role permits the action, or a management token where one is accepted (D). */
  | { who: 'member'; action: Action; onStackItself: boolean; managementToken?: ManagementTokenPermit }
  /** In an existing stack, whoever the function does not refuse. */
  | {
      who: 'reader'
      /** The header of the credential. */
      header: CredentialHeader
      check: (request: FastifyRequest, reply: FastifyReply) => void
      /** What the function refuses, for the OpenAPI document. */
      failures: () => ApiError[]
    }

/** The permit of a route; may depend on the request. */
export type RoutePermit = Permit | ((request: FastifyRequest) => Permit)

interface ManagementTokenPermit {
  /** The access that the token's scope has to grant; if absent, any scope is enough. */
  module?: ModuleAccess
  /** Whether the call also needs a member's authtoken. */
  needsBoth?: boolean
}

export const user = ({ namesHeader }: { namesHeader: boolean }): Permit => ({ who: 'user', namesHeader })

export const member = (action: Action): Permit => ({ who: 'member', action, onStackItself: false })

/** For `/stacks` itself, which alone refuses an unknown api_key with 422 (A). */
export const memberOnStackItself = (action: Action): Permit => ({
  who: 'member',
  action,
  onStackItself: true,
})

export const memberOrManagementToken = (
  action: Action,
  managementToken: ManagementTokenPermit = {},
): Permit => ({ who: 'member', action, onStackItself: false, managementToken })

/**
 * Returns a hook that permits or refuses a request. It checks the stack first, then the credential, the role or scope, and the
 * branch. Then it throws the failure of an invalid body. It runs after the body has arrived, so no other request runs
 * between this check and the operation.
 *
 * @param ofUnknownRoute the permit of an unknown route, to which a fault rule responds after the permit
 * @throws 412/109, 422/109, 401/105, 403/316, 401/161, 422/901 or 422/900
 */
export const permitRequestsWith = (ofUnknownRoute: RoutePermit) =>
  function permitRequest(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
    const configured = request.is404 ? ofUnknownRoute : request.routeOptions.config.route?.permit
    const needed = typeof configured === 'function' ? configured(request) : configured
    if (needed?.who === 'user') authenticateUser(request, needed.namesHeader ? 'authtoken' : undefined)
    else if (needed) permitInStack(request, reply, needed)
    done(request.faultAfterPermit ?? request.bodyComplaint)
  }

function permitInStack(
  request: FastifyRequest,
  reply: FastifyReply,
  needed: Exclude<Permit, { who: 'user' }>,
): void {
  const onStackItself = needed.who === 'member' && needed.onStackItself
  const { stacks } = request.world.store
  const apiKey = header(request, 'api_key')
  const ownerUid = stacks.ownerOf(apiKey)
  if (ownerUid === undefined) throw stackNotFound(whyNoStack(apiKey), onStackItself)
  request.apiKey = apiKey
  if (needed.who === 'reader') {
    needed.check(request, reply)
    return
  }
  const { action, managementToken } = needed
  const value = managementToken ? managementTokenOf(request) : ''
  // I: a management token takes precedence over the header authtoken.
  if (value !== '') authenticateManagementToken(request, value, managementToken?.module)
  if (value === '' || managementToken?.needsBoth) {
    const callerUid = authenticateUser(request, 'authtoken')
    const role = callerUid === ownerUid ? 'owner' : stacks.memberRole(apiKey, callerUid)
    // C: a user outside the stack must not learn that it exists.
    if (!role) throw stackNotFound('The caller is not a member of the stack.', onStackItself)
    if (value === '' && managementToken?.needsBoth) throw noManagementToken()
    if (!PERMISSIONS[action].includes(role)) throw notPermitted(`The role ${role} may not ${action}.`)
  }
  // C: a request without the header is not checked, since its resource belongs to the whole stack.
  const name = header(request, 'branch')
  if (!onStackItself && name !== '') request.branch = branchOfCaller(request, name)
}

const whyNoStack = (apiKey: string) =>
  apiKey === '' ? 'The header api_key is missing.' : `No stack has the api_key '${apiKey}'.`

const noManagementToken = () =>
  notLoggedIn(
    'The profile documented also requires a management token in the header authorization.',
    'authorization',
  )

/**
 * Returns the user's uid. An OAuth access token works like an authtoken of its user, and takes precedence over one (A / I).
 */
function authenticateUser(request: FastifyRequest, namedHeader: 'authtoken' | undefined): string {
  const { users } = request.world.store
  const bearer = request.headers.authorization === undefined ? undefined : bearerOf(request)
  const uid =
    bearer === undefined ? users.uidOfAuthtoken(header(request, 'authtoken')) : users.uidOfOauthToken(bearer)
  if (uid === undefined) {
    if (bearer === undefined) throw notLoggedIn(whyNoAuthtoken(request), namedHeader)
    throw notLoggedIn(whyNoBearer(request, bearer), 'authorization')
  }
  request.callerUid = uid
  return uid
}

function authenticateManagementToken(
  request: FastifyRequest,
  value: string,
  module: ModuleAccess | undefined,
): void {
  const { store, clock } = request.world
  const found = store.managementTokens.findByValue(request.apiKey, value)
  if (!found) throw notLoggedIn(whyNoManagementToken(request, value), 'authorization')
  const now = clock.now()
  const unusable = whyUnusable('management', found.scope, found.expires_on, now)
  if (unusable !== undefined) throw notLoggedIn(unusable, 'authorization')
  request.world.uses.count(request.apiKey, value, now)
  if (module) checkScopePermits(found.scope, module)
  // C: changes by a management token are attributed to the user who created it.
  request.callerUid = found.created_by
  request.managementToken = found
}

/**
 * Returns the branch that a name in the header `branch` means, which may be an alias. Undefined for a stack without branches,
 * which ignores the header (D).
 *
 * @param check refuses a branch or alias, whether it exists or not; `target` is the branch of an alias
 * @throws 422/900 for an unknown branch (D)
 */
export function branchOf(
  { world, apiKey }: FastifyRequest,
  name: string,
  check: (target: string | undefined) => void,
): string | undefined {
  const { branches } = world.store
  if (!branches.isAny(apiKey)) return undefined
  const target = branches.targetOf(apiKey, name)
  check(target)
  if (target === undefined && !branches.has(apiKey, name)) throw branchUnknown(name)
  return target ?? name
}

/** The same for the caller of the management API. @throws 422/901 outside the scope of a management token (A), 422/900 (D) */
export const branchOfCaller = (request: FastifyRequest, name: string) =>
  branchOf(request, name, () => checkBranchInScope(request, name))

/** @throws 422/901 if a management token makes the call and may not use the branch or alias (A) */
export function checkBranchInScope({ world, apiKey, managementToken }: FastifyRequest, name: string): void {
  if (!managementToken) return
  checkBranchAccess('management', managementToken.scope, name, world.store.branches.targetOf(apiKey, name))
}
