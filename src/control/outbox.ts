import { Type } from '@sinclair/typebox'
import type { Call } from '../server/call.ts'
import { Done, done, route } from './route.ts'

const Outbox = Type.Object({
  messages: Type.Array(
    Type.Object({
      from: Type.String(),
      to: Type.String(),
      subject: Type.String(),
      text: Type.String(),
      sent_at: Type.String(),
      api_key: Type.String(),
      token_uid: Type.String(),
      expires_on: Type.String(),
    }),
  ),
})

export const outboxRoutes = [
  route({
    method: 'GET',
    path: '/outbox',
    summary: 'The e-mails sent, newest first',
    response: Outbox,
    run: listMessages,
  }),
  route({
    method: 'DELETE',
    path: '/outbox',
    summary: 'Empties the outbox',
    response: Done,
    run: clearOutbox,
  }),
]

function listMessages({ control }: Call) {
  return { messages: control.outbox.list() }
}

function clearOutbox({ control }: Call) {
  control.outbox.clear()
  return done('The outbox is empty.')
}
