import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { organizationNotFound } from '../rules/errors.ts'
import type { Listing } from '../world/store/listing.ts'
import { anyUser } from './authentication.ts'
import { hook } from './checks.ts'
import { single } from './envelope.ts'
import { answerList } from './listing.ts'
import { ListingQuery } from './schemas/listing.ts'
import { TokenParameters } from './schemas/token.ts'

/** There is one organization, and each user is in it (C). */
export const organizations: FastifyPluginAsyncTypebox = async (app) => {
  const loggedIn = hook(anyUser({ namesHeader: true }))

  app.get(
    '/organizations',
    {
      onRequest: loggedIn,
      schema: { querystring: ListingQuery },
      config: { operation: 'Organization fetch' },
    },
    async ({ world, query }) => {
      const { organization } = world.store
      const collection = {
        list: (_user: string, listing: Listing) => organization.list(listing),
        count: (_user: string, listing: Listing) => organization.count(listing),
      }
      return answerList('organizations', collection, '', query, 'Organization fetch')
    },
  )

  app.get(
    '/organizations/:uid',
    { onRequest: loggedIn, schema: { params: TokenParameters } },
    async ({ world, params }) => {
      const { organization } = world.store
      if (organization.get().uid !== params.uid) throw organizationNotFound()
      return single('organization', organization.body())
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
