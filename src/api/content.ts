import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { answerList } from './listing.ts'
import { memberOrManagementToken } from './permit.ts'
import { ListingQuery } from './schemas/listing.ts'

/** The lists of a stack without content, and the module that a management token needs for each (C). */
const LISTS = {
  content_types: 'content_type',
  global_fields: 'global_field',
  assets: 'asset',
  extensions: 'extension',
  roles: 'role',
  webhooks: 'webhook',
  workflows: 'workflow',
  labels: 'label',
  // No management token can have this module: only $all reads it.
  taxonomies: 'taxonomy',
}

const EMPTY = { list: () => [], count: () => 0 }

/** Content is not served: export, import and clone of csdx walk through these lists, and find them empty. */
export const content: FastifyPluginAsyncTypebox = async (app) => {
  for (const [name, module] of Object.entries(LISTS)) {
    app.get(
      `/${name}`,
      {
        schema: { querystring: ListingQuery },
        config: {
          permit: memberOrManagementToken('read locales and content', { module: { module, acl: 'read' } }),
          operation: 'Content fetch',
        },
      },
      async ({ stack, query }) => answerList(name, EMPTY, stack.api_key, query, 'Content fetch'),
    )
  }
}
