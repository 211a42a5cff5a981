import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { checkManagementTokenCap } from '../rules/caps.ts'
import { invalid, type Operation, tokenNotFound } from '../rules/errors.ts'
import { checkManagementScope, type ScopeEntry } from '../rules/scope.ts'
import { checkExpiresOn } from '../rules/token.ts'
import type { Store } from '../world/store/index.ts'
import { user } from './authentication.ts'
import { hook } from './checks.ts'
import { noticeAlone, noticeWith, single } from './envelope.ts'
import { answerList } from './listing.ts'
import type { Settings } from './options.ts'
import { ListingQuery } from './schemas/listing.ts'
import { CreateManagementToken, UpdateManagementToken } from './schemas/management-token.ts'
import { TokenParameters } from './schemas/token.ts'
import { contentsOfStack } from './stack-contents.ts'

export const managementTokens: FastifyPluginAsyncTypebox<Settings> = async (app, { managementTokenCap }) => {
  const mayRead = hook(user('read management tokens'))
  const mayWrite = hook(user('write management tokens'))

  app.get(
    '/stacks/management_tokens',
    {
      onRequest: mayRead,
      schema: { querystring: ListingQuery },
      config: { operation: 'Management Token fetch' },
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
    { onRequest: mayRead, schema: { params: TokenParameters } },
    async (request) => {
      const body = request.world.store.managementTokens.body(request.stack.api_key, request.params.uid)
      if (body === undefined) throw tokenNotFound('Management Token', request.params.uid)
      return single('token', body)
    },
  )

  app.post(
    '/stacks/management_tokens',
    {
      onRequest: mayWrite,
      schema: { body: CreateManagementToken },
      config: { operation: 'Management Token creation' },
    },
    async (request, reply) => {
      const { world, stack } = request
      const { store, ids } = world
      const input = request.body.token
      const apiKey = stack.api_key
      const expiresOn = input.expires_on ?? null
      const token = ids.token()
      const body = store.write(() => {
        const scope = check(store, 'Management Token creation', apiKey, expiresOn, input.scope)
        checkManagementTokenCap(store.managementTokens.count(apiKey), managementTokenCap)
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
      onRequest: mayWrite,
      schema: { params: TokenParameters, body: UpdateManagementToken },
      config: { operation: 'Management Token update' },
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
        const scope = check(store, 'Management Token update', apiKey, expiresOn, input.scope)
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
    { onRequest: mayWrite, schema: { params: TokenParameters } },
    async (request) => {
      if (!request.world.store.managementTokens.delete(request.stack.api_key, request.params.uid)) {
        throw tokenNotFound('Management Token', request.params.uid)
      }
      return noticeAlone('Management Token deleted successfully.')
    },
  )
}

function check(
  store: Store,
  operation: Operation,
  apiKey: string,
  expiresOn: string | null,
  scope: unknown[] | undefined,
): ScopeEntry[] {
  const checked = scope
    ? checkManagementScope(scope, contentsOfStack(store, apiKey))
    : { scope: [], errors: {} }
  const errors = { ...checked.errors, ...checkExpiresOn(expiresOn) }
  if (Object.keys(errors).length > 0) throw invalid(operation, errors)
  return checked.scope
}
