import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { MAIN_BRANCH } from '../rules/branches.ts'
import { organizationNotFound } from '../rules/errors.ts'
import { DEFAULT_MASTER_LOCALE } from '../rules/stack.ts'
import { header } from '../server/credentials.ts'
import type { Store } from '../store/index.ts'
import type { Listing } from '../store/listing.ts'
import { noticeAlone, noticeWith, single } from './envelope.ts'
import { answerList } from './listing.ts'
import { memberOnStackItself, user } from './permit.ts'
import { CreateStack, CreateStackQuery, FetchStacksQuery, UpdateStack } from './schemas/stack.ts'
import { isTrue } from './schemas/token.ts'

/** In a header (A), or in the query, where the JavaScript client's documented call puts it. */
function namesOrganization(request: FastifyRequest): void {
  const { organization_uid: inQuery } = request.query as { organization_uid?: unknown }
  const named = header(request, 'organization_uid') || inQuery
  if (named !== request.world.store.organization.get().uid) throw organizationNotFound()
}

export const stacks: FastifyPluginAsyncTypebox = async (app) => {
  const loggedIn = user({ namesHeader: true })
  const mayRead = memberOnStackItself('read the stack')
  const namesStack = (request: FastifyRequest) => header(request, 'api_key') !== ''

  app.get(
    '/stacks',
    {
      schema: { querystring: FetchStacksQuery },
      config: {
        permit: (request) => (namesStack(request) ? mayRead : loggedIn),
        operation: 'Stack fetch',
      },
    },
    async (request) => {
      const { store } = request.world
      const shown = isTrue(request.query.include_collaborators)
        ? (body: string) => withCollaborators(store, body)
        : (body: string) => body
      if (namesStack(request)) return single('stack', shown(store.stacks.body(request.stack.api_key)))
      if (header(request, 'organization_uid') !== '') namesOrganization(request)
      const collection = {
        list: (userUid: string, listing: Listing) => store.stacks.list(userUid, listing).map(shown),
        count: store.stacks.count,
      }
      return answerList('stacks', collection, request.callerUid, request.query, 'Stack fetch')
    },
  )

  app.post(
    '/stacks',
    {
      schema: { body: CreateStack, querystring: CreateStackQuery },
      // Anyone in the organization may make one, and then owns it (C).
      config: { permit: loggedIn, operation: 'Stack creation' },
    },
    async (request, reply) => {
      const { world, callerUid } = request
      const { store, ids } = world
      namesOrganization(request)
      const { name, description, master_locale: masterLocale } = request.body.stack
      const now = world.timestamp()
      const body = store.write(() => {
        const apiKey = ids.uid()
        const inserted = store.stacks.insert({
          api_key: apiKey,
          uid: ids.uid(),
          name,
          description: description ?? null,
          master_locale: masterLocale ?? DEFAULT_MASTER_LOCALE,
          master_key: ids.uid(),
          settings: '{}',
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
      schema: { body: UpdateStack },
      config: { permit: memberOnStackItself('change the stack'), operation: 'Stack update' },
    },
    async ({ world, stack, body: { stack: input } }) => {
      const { name = stack.name, description = stack.description } = input
      const body = world.store.stacks.update({
        ...stack,
        name,
        description: input.description === null ? '' : description,
        updated_at: world.timestamp(),
      })
      return noticeWith('Stack updated successfully.', 'stack', body)
    },
  )

  app.delete(
    '/stacks',
    { config: { permit: memberOnStackItself('delete the stack') } },
    async ({ world, stack }) => {
      world.store.stacks.delete(stack.api_key)
      return noticeAlone('Stack deleted successfully!')
    },
  )
}

/** A stack's body with the users who work in it (R shape, C plan_id and roles). */
function withCollaborators(store: Store, body: string): string {
  const { api_key: apiKey, org_uid: organizationUid } = JSON.parse(body) as Record<
    'api_key' | 'org_uid',
    string
  >
  const collaborators = store.stacks
    .collaborators(apiKey)
    .map(({ uid, email, role, created_at, updated_at }) => ({
      uid,
      email,
      plan_id: ['tokens-mock'],
      org_uid: [organizationUid],
      roles: [role],
      created_at,
      updated_at,
    }))
  return `${body.slice(0, -1)},"collaborators":${JSON.stringify(collaborators)}}`
}
