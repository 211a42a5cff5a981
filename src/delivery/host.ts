import type { FastifyRequest } from 'fastify'
import { header } from '../server/credentials.ts'

/** The service's hosts that serve content. */
type ContentHost = 'management' | 'delivery' | 'preview'

/** The names of the service's hosts, in every region (D). */
const SERVICE_NAME = /^(?:[a-z\d-]+-)?(api|cdn|rest-preview)\.contentstack\.(?:io|com)(?::\d+)?$/i

const HOSTS: Record<string, ContentHost> = { api: 'management', cdn: 'delivery', 'rest-preview': 'preview' }

/**
 * Which of the service's hosts a request means. One port serves all three, so the header of the credential decides, unless
 * the request names one of the service's own hosts. Preview clients also send an access_token.
 */
export function contentHostOf(request: FastifyRequest): ContentHost {
  const [, named = ''] = SERVICE_NAME.exec(header(request, 'host')) ?? []
  const host = HOSTS[named.toLowerCase()]
  if (host) return host
  if (header(request, 'preview_token') !== '') return 'preview'
  return header(request, 'access_token') === '' ? 'management' : 'delivery'
}
