import type { FastifyRequest } from 'fastify'
import { header, managementTokenOf } from '../server/credentials.ts'

// The reason of a 401, in a sentence: which credential was sent, and why it is refused. Never contains the credential.

export function whyNoAuthtoken(request: FastifyRequest): string {
  const managementToken = managementTokenOf(request)
  const sentElse =
    managementToken === ''
      ? ''
      : ` The header authorization holds ${kindOf(request, managementToken)}, which cannot make this call.`
  const authtoken = header(request, 'authtoken')
  if (authtoken !== '') {
    const kind = kindOf(request, authtoken)
    return kind === UNKNOWN
      ? `The authtoken is unknown or revoked.${sentElse}`
      : `The header authtoken holds ${kind}.${sentElse}`
  }
  if (sentElse === '' && header(request, 'access_token') !== '')
    return 'The header authtoken is missing. The header access_token does not count here.'
  return `The header authtoken is missing.${sentElse}`
}

export function whyNoBearer(request: FastifyRequest, value: string): string {
  const kind = kindOf(request, value)
  return kind === UNKNOWN
    ? 'The OAuth access token after Bearer is unknown or revoked.'
    : `The header authorization holds ${kind}, which is sent without Bearer.`
}

export function whyNoManagementToken(request: FastifyRequest, value: string): string {
  const kind = kindOf(request, value)
  if (kind === OAUTH) return `The header authorization holds ${kind}. Write Bearer before it.`
  if (kind !== UNKNOWN) return `The header authorization holds ${kind}.`
  return 'The stack has no such management token. It may have been deleted.'
}

/** @param name the kind of token that the header should hold */
export function whyNoReader(
  request: FastifyRequest,
  name: 'access_token' | 'preview_token',
  value: string,
): string {
  if (value === '') return `The header ${name} is missing.`
  const kind = kindOf(request, value)
  if (kind !== UNKNOWN) return `The header ${name} holds ${kind}.`
  return `The stack has no such ${name === 'access_token' ? 'delivery' : 'preview'} token. It may have been deleted.`
}

const UNKNOWN = 'an unknown value'
const OAUTH = 'an OAuth access token'

/** Which kind of credential a refused value would be in another header. */
function kindOf({ world, apiKey: askedFor }: FastifyRequest, value: string): string {
  const { store } = world
  if (store.users.uidOfAuthtoken(value)) return 'an authtoken'
  if (store.users.uidOfOauthToken(value)) return OAUTH
  for (const [kind, apiKey] of Object.entries(store.stacksOfToken(value))) {
    if (apiKey !== undefined)
      return askedFor !== '' && apiKey !== askedFor ? `a ${kind} token of another stack` : `a ${kind} token`
  }
  return UNKNOWN
}
