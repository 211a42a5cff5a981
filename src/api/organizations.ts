import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { organizationNotFound } from '../rules/errors.ts'
import { PLANNED_DELIVERY_TOKENS, planOf } from '../rules/organization.ts'
import type { Listing } from '../store/listing.ts'
import type { World } from '../world/world.ts'
import { single } from './envelope.ts'
import { answerList } from './listing.ts'
import type { Settings } from './options.ts'
import { user } from './permit.ts'
import { ListingQuery } from './schemas/listing.ts'
import { FetchOrganizationQuery } from './schemas/organization.ts'
import { isTrue, TokenParameters } from './schemas/token.ts'

/** There is one organization, and each user is in it (C). */
export const organizations: FastifyPluginAsyncTypebox<Settings> = async (
  app,
  { managementTokenCap, deliveryTokenCap },
) => {
  const loggedIn = user({ namesHeader: true })

  app.get(
    '/organizations',
    {
      schema: { querystring: ListingQuery },
      config: { permit: loggedIn, operation: 'Organization fetch' },
    },
    async ({ world, query, callerUid }) => {
      const { organization } = world.store
      const collection = {
        list: (_user: string, listing: Listing) =>
          organization.list(listing).map((body) => withOwner(world, body, callerUid)),
        count: (_user: string, listing: Listing) => organization.count(listing),
      }
      return answerList('organizations', collection, '', query, 'Organization fetch')
    },
  )

  app.get(
    '/organizations/:uid',
    {
      schema: { params: TokenParameters, querystring: FetchOrganizationQuery },
      config: { permit: loggedIn, operation: 'Organization fetch' },
    },
    async ({ world, params, query, callerUid }) => {
      const { organization } = world.store
      if (organization.get().uid !== params.uid) throw organizationNotFound()
      const body = withOwner(world, organization.body(), callerUid)
      if (!isTrue(query.include_plan)) return single('organization', body)
      const plan = planOf({
        managementTokensLimit: managementTokenCap,
        deliveryTokens: deliveryTokenCap ?? PLANNED_DELIVERY_TOKENS,
      })
      return single('organization', `${body.slice(0, -1)},"plan":${JSON.stringify(plan)}}`)
    },
  )

  app.get(
    '/organizations/:uid/stacks',
    {
      schema: { params: TokenParameters, querystring: ListingQuery },
      config: { permit: loggedIn, operation: 'Stack fetch' },
    },
    async ({ world, params, query, callerUid }) => {
      const { store } = world
      if (store.organization.get().uid !== params.uid) throw organizationNotFound()
      return answerList('stacks', store.stacks, callerUid, query, 'Stack fetch')
    },
  )
}

/** R: only its owner sees the key `owner`. */
const withOwner = ({ store }: World, body: string, callerUid: string) =>
  store.organization.get().owner_uid === callerUid ? `${body.slice(0, -1)},"owner":true}` : body
