import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { invalid } from '../rules/errors.ts'
import { noticeWith, single } from './envelope.ts'
import { member } from './permit.ts'
import { UpdateStackSettings } from './schemas/stack.ts'

/** What set-up scripts call before they make a preview token. Settings are kept as sent (C). */
export const stackSettings: FastifyPluginAsyncTypebox = async (app) => {
  app.get('/stacks/settings', { config: { permit: member('read the stack') } }, async ({ stack }) =>
    single('stack_settings', stack.settings),
  )

  app.post(
    '/stacks/settings',
    {
      schema: { body: UpdateStackSettings },
      config: { permit: member('change the stack'), operation: 'Stack settings update' },
    },
    async ({ world, stack, body }, reply) => {
      const { stack_settings: sent } = body
      const livePreview = Object(sent['live_preview']) as Record<string, unknown>
      if (livePreview['enabled'] === true && !livePreview['default-env'])
        throw invalid('Stack settings update', {
          'settings.live_preview': ['default-env is a required field.'],
        })
      // C: what the request leaves out stays, and the stack counts as updated.
      const settings = JSON.stringify({ ...(JSON.parse(stack.settings) as object), ...sent })
      world.store.stacks.update({ ...stack, settings, updated_at: world.timestamp() })
      reply.code(201)
      return noticeWith('Stack settings updated successfully.', 'stack_settings', settings)
    },
  )
}
