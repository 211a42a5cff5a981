import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { organizationNotFound } from '../rules/errors.ts'
import type { Organization } from '../world/store/organization.ts'
import { anyUser } from './authentication.ts'
import { hook } from './checks.ts'
import { listOf, single } from './envelope.ts'
import { answerList } from './listing.ts'
import { ListingQuery } from './schemas/listing.ts'
import { TokenParameters } from './schemas/token.ts'

/** There is one organization, and each user is in it (C). */
export const organizations: FastifyPluginAsyncTypebox = async (app) => {
  const loggedIn = hook(anyUser({ namesHeader: false }))

  app.get('/organizations', { onRequest: loggedIn }, async ({ world }) =>
    listOf('organizations', [bodyOf(world.store.organization.get())]),
  )

  app.get(
    '/organizations/:uid',
    { onRequest: loggedIn, schema: { params: TokenParameters } },
    async ({ world, params }) => {
      const organization = world.store.organization.get()
      if (organization.uid !== params.uid) throw organizationNotFound()
      return single('organization', bodyOf(organization))
    },
  )

  app.get(
    '/organizations/:uid/stacks',
    {
      onRequest: loggedIn,
      schema: { params: TokenParameters, querystring: ListingQuery },
      config: { operation: 'Stack fetch' },
    },
    async ({ world, params, query, callerUid }) => {
      const { store } = world
      if (store.organization.get().uid !== params.uid) throw organizationNotFound()
      return answerList('stacks', store.stacks, callerUid, query, 'Stack fetch')
    },
  )
}

/** The keys of D, as far as they can be answered here. */
function bodyOf({ uid, name, owner_uid, created_at, updated_at }: Organization): string {
  return JSON.stringify({ uid, name, owner_uid, enabled: true, created_at, updated_at, tags: [] })
}
