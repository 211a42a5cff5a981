import type { FastifyReply, FastifyRequest } from 'fastify'
import { branchOf, memberOrManagementToken, type Permit } from '../api/permit.ts'
import { whyNoReader } from '../api/refused-credentials.ts'
import type { Route } from '../api/route.ts'
import {
  checkBranchAccess,
  checkEnvironmentAccess,
  environmentsIn,
  type TokenKind,
  whyUnusable,
} from '../rules/access.ts'
import type { DeliveryToken } from '../rules/delivery-token.ts'
import {
  branchDenied,
  environmentDenied,
  environmentUnknown,
  notLoggedIn,
  previewHashMissing,
} from '../rules/errors.ts'
import { MAIN_BRANCH } from '../rules/names.ts'
import type { ScopeEntry } from '../rules/scope.ts'
import { header } from '../server/credentials.ts'
import type { Reading } from '../store/entries.ts'
import { contentHostOf } from './host.ts'

/** Which entries of a stack a request may read, and which of their versions. */
export type Readable = Pick<Reading, 'branch' | 'environments' | 'isDraft'>

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined if the request is not permitted yet, or means the management API. */
    readable: Readable | undefined
  }
}

const HEADERS = { delivery: 'access_token', preview: 'preview_token' } as const

const READERS: Record<'delivery' | 'preview', Permit> = {
  delivery: {
    who: 'reader',
    header: HEADERS.delivery,
    check: permitDelivery,
    failures: () => [
      notLoggedIn('The header access_token is missing.', 'access_token'),
      ...branchFailures(),
      environmentUnknown('production'),
    ],
  },
  preview: {
    who: 'reader',
    header: HEADERS.preview,
    check: permitPreview,
    failures: () => [
      notLoggedIn('The header preview_token is missing.', 'preview_token'),
      previewHashMissing(),
      ...branchFailures(),
      environmentUnknown('production'),
      environmentDenied("The preview token's scope does not name the environment."),
    ],
  },
}

const branchFailures = () => [branchDenied('release'), branchDenied('release', undefined, 'branch alias')]

/** Lets the host that a request means choose between a token that reads and `onManagement`. */
const byHost = (onManagement: Permit) => (request: FastifyRequest) => {
  const host = contentHostOf(request)
  return host === 'management' ? onManagement : READERS[host]
}

/** Who may read content of a module. Only the management API limits the rate (D). */
export function readersOf(module: string): Pick<Route, 'permit' | 'permits' | 'isUnlimited'> {
  const onManagement = memberOrManagementToken('read locales and content', {
    module: { module, acl: 'read' },
  })
  return {
    permit: byHost(onManagement),
    permits: [onManagement, READERS.delivery, READERS.preview],
    isUnlimited: (request) => contentHostOf(request) !== 'management',
  }
}

/** Permits any good credential. */
export const anyReader = byHost(memberOrManagementToken('read locales and content'))

/** @throws 401/105 (R), 422/901 or 422/141 */
function permitDelivery(request: FastifyRequest): void {
  const value = header(request, 'access_token')
  const found = request.world.store.deliveryTokens.findByValue(request.apiKey, value)
  const scope = scopeOf(request, 'delivery', value, found)
  request.readable = readableInScope('delivery', request, scope)
}

/** @throws 401/105 (R), 400/382 (R), 422/901, 422/141 or 403/162 */
function permitPreview(request: FastifyRequest, reply: FastifyReply): void {
  const value = header(request, 'preview_token')
  const found = request.world.store.deliveryTokens.findByPreviewToken(request.apiKey, value)
  // R: a 401 of the preview host lacks the header.
  reply.removeHeader('access-control-allow-origin')
  const scope = scopeOf(request, 'preview', value, found)
  reply.header('access-control-allow-origin', '*')
  // The service asks for a hash that it has made; here any will do (C). A timestamp needs none (D).
  if (!isSent(request, 'live_preview') && !isSent(request, 'preview_timestamp')) throw previewHashMissing()
  request.readable = readableInScope('preview', request, scope)
}

/** Returns the scope of the token, and counts its use. @throws 401/105 if there is no token, or it cannot be used */
function scopeOf(
  request: FastifyRequest,
  kind: 'delivery' | 'preview',
  value: string,
  found: DeliveryToken | undefined,
): ScopeEntry[] {
  const { apiKey, world } = request
  const now = world.clock.now()
  if (!found) throw notLoggedIn(whyNoReader(request, HEADERS[kind], value), HEADERS[kind])
  const unusable = whyUnusable(kind, found.scope, null, now)
  if (unusable !== undefined) throw notLoggedIn(unusable, HEADERS[kind])
  world.uses.count(apiKey, value, now)
  return found.scope
}

const parametersOf = (request: FastifyRequest) => request.query as Record<string, unknown>

const isSent = (request: FastifyRequest, name: string) =>
  header(request, name) !== '' || Boolean(parametersOf(request)[name])

function readableInScope(
  kind: 'delivery' | 'preview',
  request: FastifyRequest,
  scope: readonly ScopeEntry[],
): Readable {
  const name = header(request, 'branch') || MAIN_BRANCH
  const branch = branchOf(request, name, (target) => checkBranchAccess(kind, scope, name, target))
  return readableOf(kind, request, scope, branch)
}

/**
 * What a request may read in a branch: of the environment that it names, or without one everything that the token may read.
 * The preview host always reads the latest versions, and the management API does so without an environment (D).
 *
 * @param scope of the token; does not matter on the management API
 * @throws 422/141 or 403/162
 */
export function readableOf(
  kind: TokenKind,
  request: FastifyRequest,
  scope: readonly ScopeEntry[],
  branch: string | undefined,
): Readable {
  const { environment } = parametersOf(request)
  // The schema refuses a repeated parameter.
  if (typeof environment !== 'string' || environment === '')
    return { branch, environments: environmentsIn(kind, scope), isDraft: kind !== 'delivery' }
  const uid = request.world.store.environments.uidOfName(request.apiKey, environment)
  checkEnvironmentAccess(kind, scope, environment, uid)
  return { branch, environments: [uid], isDraft: kind === 'preview' }
}
