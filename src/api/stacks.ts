import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { MAIN_BRANCH } from '../rules/branches.ts'
import { organizationNotFound } from '../rules/errors.ts'
import { DEFAULT_MASTER_LOCALE } from '../rules/stack.ts'
import { anyUser, header, user } from './authentication.ts'
import { hook } from './checks.ts'
import { noticeAlone, noticeWith, single } from './envelope.ts'
import { answerList } from './listing.ts'
import { ListingQuery } from './schemas/listing.ts'
import { CreateStack, UpdateStack } from './schemas/stack.ts'

/** In a header (A), or in the query, where the JavaScript client's documented call puts it. */
function namesOrganization(request: FastifyRequest): void {
  const { organization_uid: inQuery } = request.query as { organization_uid?: unknown }
  const named = header(request, 'organization_uid') || inQuery
  if (named !== request.world.store.organization.get().uid) throw organizationNotFound()
}

export const stacks: FastifyPluginAsyncTypebox = async (app) => {
  const loggedIn = anyUser({ namesHeader: true })
  const mayRead = user('read the stack')
  const namesStack = (request: FastifyRequest) => header(request, 'api_key') !== ''

  app.get(
    '/stacks',
    {
      onRequest: hook((request) => {
        if (namesStack(request)) return mayRead(request)
        loggedIn(request)
        if (header(request, 'organization_uid') !== '') namesOrganization(request)
      }),
      schema: { querystring: ListingQuery },
      config: { operation: 'Stack fetch' },
    },
    async (request) => {
      const { store } = request.world
      if (namesStack(request)) return single('stack', store.stacks.body(request.stack.api_key))
      return answerList('stacks', store.stacks, request.callerUid, request.query, 'Stack fetch')
    },
  )

  app.post(
    '/stacks',
    {
      // Anyone in the organization may make one, and then owns it (C).
      onRequest: [hook(loggedIn), hook(namesOrganization)],
      schema: { body: CreateStack },
      config: { operation: 'Stack creation' },
    },
    async (request, reply) => {
      const { world, callerUid } = request
      const { store, ids } = world
      const { name, description, master_locale: masterLocale } = request.body.stack
      const now = world.timestamp()
      const body = store.write(() => {
        const apiKey = ids.uid()
        const inserted = store.stacks.insert({
          api_key: apiKey,
          uid: ids.uid(),
          name,
          description: description ?? '',
          master_locale: masterLocale ?? DEFAULT_MASTER_LOCALE,
          master_key: ids.uid(),
          owner_uid: callerUid,
          created_at: now,
          updated_at: now,
        })
        store.branches.insert(apiKey, {
          uid: MAIN_BRANCH,
          source: '',
          created_by: callerUid,
          updated_by: callerUid,
          created_at: now,
          updated_at: now,
        })
        return inserted
      })
      reply.code(201)
      return noticeWith('Stack created successfully.', 'stack', body)
    },
  )

  app.put(
    '/stacks',
    {
      onRequest: hook(user('change the stack')),
      schema: { body: UpdateStack },
      config: { operation: 'Stack update' },
    },
    async ({ world, stack, body: { stack: input } }) => {
      const { name = stack.name, description = stack.description } = input
      const body = world.store.stacks.update({
        ...stack,
        name,
        description: description ?? '',
        updated_at: world.timestamp(),
      })
      return noticeWith('Stack updated successfully.', 'stack', body)
    },
  )

  app.delete('/stacks', { onRequest: hook(user('delete the stack')) }, async ({ world, stack }) => {
    world.store.stacks.delete(stack.api_key)
    return noticeAlone('Stack deleted successfully!')
  })
}
