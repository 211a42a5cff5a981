import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { checkTokenCap } from '../rules/caps.ts'
import { invalid, type Operation, tokenNotFound } from '../rules/errors.ts'
import { checkManagementScope, type ScopeEntry } from '../rules/scope.ts'
import { checkExpiresOn, checkExpiryAhead } from '../rules/token.ts'
import type { World } from '../world/world.ts'
import { noticeAlone, noticeWith, type Profile, single } from './envelope.ts'
import { answerList } from './listing.ts'
import type { Settings } from './options.ts'
import { member } from './permit.ts'
import { ListingQuery } from './schemas/listing.ts'
import { CreateManagementToken, UpdateManagementToken } from './schemas/management-token.ts'
import { TokenParameters } from './schemas/token.ts'
import { contentsOfStack } from './stack-contents.ts'

export const managementTokens: FastifyPluginAsyncTypebox<Settings> = async (
  app,
  { managementTokenCap, profile },
) => {
  const mayRead = member('read management tokens')
  const mayWrite = member('write management tokens')

  app.get(
    '/stacks/management_tokens',
    {
      schema: { querystring: ListingQuery },
      config: { permit: mayRead, operation: 'Management Token fetch' },
    },
    async (request) =>
      answerList(
        'tokens',
        request.world.store.managementTokens,
        request.stack.api_key,
        request.query,
        'Management Token fetch',
      ),
  )

  app.get(
    '/stacks/management_tokens/:uid',
    { schema: { params: TokenParameters }, config: { permit: mayRead } },
    async (request) => {
      const body = request.world.store.managementTokens.body(request.stack.api_key, request.params.uid)
      if (body === undefined) throw tokenNotFound('Management Token', request.params.uid)
      return single('token', body)
    },
  )

  app.post(
    '/stacks/management_tokens',
    {
      schema: { body: CreateManagementToken },
      config: { permit: mayWrite, operation: 'Management Token creation' },
    },
    async (request, reply) => {
      const { world, stack } = request
      const { store, ids } = world
      const input = request.body.token
      const apiKey = stack.api_key
      const expiresOn = input.expires_on ?? null
      const token = ids.token()
      const body = store.write(() => {
        const scope = check(world, 'Management Token creation', apiKey, input, profile)
        checkTokenCap('Management Token', store.managementTokens.count(apiKey), managementTokenCap)
        const now = world.timestamp()
        return store.managementTokens.insert(apiKey, {
          name: input.name,
          description: input.description ?? '',
          scope,
          expires_on: expiresOn,
          is_email_notification_enabled: input.is_email_notification_enabled ?? false,
          rate_limit_enabled: input.rate_limit_enabled ?? null,
          notice_sent_for: null,
          uid: ids.uid(),
          token,
          created_by: request.callerUid,
          updated_by: request.callerUid,
          created_at: now,
          updated_at: now,
        })
      })
      reply.code(201)
      // The one answer that shows the value (page): its last key.
      return noticeWith(
        'Management Token created successfully.',
        'token',
        `${body.slice(0, -1)},"token":"${token}"}`,
      )
    },
  )

  app.put(
    '/stacks/management_tokens/:uid',
    {
      schema: { params: TokenParameters, body: UpdateManagementToken },
      config: { permit: mayWrite, operation: 'Management Token update' },
    },
    async (request) => {
      const { world, stack } = request
      const { store } = world
      const input = request.body.token
      const apiKey = stack.api_key
      const body = store.write(() => {
        const found = store.managementTokens.find(apiKey, request.params.uid)
        if (!found) throw tokenNotFound('Management Token', request.params.uid)
        // C: what the request leaves out stays.
        const expiresOn = input.expires_on === undefined ? found.expires_on : input.expires_on
        const scope = check(world, 'Management Token update', apiKey, input, profile)
        return store.managementTokens.update(apiKey, {
          ...found,
          name: input.name ?? found.name,
          description: input.description === undefined ? found.description : (input.description ?? ''),
          scope: input.scope ? scope : found.scope,
          expires_on: expiresOn,
          is_email_notification_enabled:
            input.is_email_notification_enabled ?? found.is_email_notification_enabled,
          rate_limit_enabled: input.rate_limit_enabled ?? found.rate_limit_enabled,
          updated_by: request.callerUid,
          updated_at: world.timestamp(),
        })
      })
      return noticeWith('Management Token updated successfully.', 'token', body)
    },
  )

  app.delete(
    '/stacks/management_tokens/:uid',
    { schema: { params: TokenParameters }, config: { permit: mayWrite } },
    async (request) => {
      if (!request.world.store.managementTokens.delete(request.stack.api_key, request.params.uid)) {
        throw tokenNotFound('Management Token', request.params.uid)
      }
      return noticeAlone('Management Token deleted successfully.')
    },
  )
}

function check(
  { store, clock }: World,
  operation: Operation,
  apiKey: string,
  { scope, expires_on: expiresOn = null }: { scope?: unknown[]; expires_on?: string | null },
  profile: Profile,
): ScopeEntry[] {
  const checked = scope
    ? checkManagementScope(scope, contentsOfStack(store, apiKey))
    : { scope: [], errors: {} }
  const errors = {
    ...checked.errors,
    ...checkExpiresOn(expiresOn),
    // The page's own samples expire in 2020, so that only the profile `live` refuses it.
    ...(profile === 'live' && checkExpiryAhead(expiresOn, clock.now())),
  }
  if (Object.keys(errors).length > 0) throw invalid(operation, errors)
  return checked.scope
}
