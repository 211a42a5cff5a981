import { expiryOf } from '../rules/time.ts'
import type { Store } from '../store/index.ts'
import type { Message } from '../store/messages.ts'
import type { Stack } from '../store/stacks.ts'
import type { User } from '../store/users.ts'

const FROM = 'no-reply@contentstack-tokens-mock.invalid'

/**
 * Puts the e-mails that are due at `now` (milliseconds since 1970) into the outbox and returns them, in the order of their
 * due times. Finding, marking and storing them is one transaction. An e-mail that is overdue when its expiry is set is sent
 * at that moment. If the token has expired by then, no e-mail is sent (C).
 */
export function sendNotices(store: Store, now: number): Message[] {
  if (!store.managementTokens.isAnyDue(now)) return []
  return store.write(() =>
    store.managementTokens.due(now).flatMap(({ apiKey, dueAt, token }) => {
      const expiresOn = token.expires_on as string
      store.managementTokens.update(apiKey, { ...token, notice_sent_for: expiresOn })
      const sentAt = Math.max(dueAt, Date.parse(token.updated_at))
      if (sentAt >= (expiryOf(expiresOn) as number)) return []
      const stack = store.stacks.find(apiKey) as Stack
      // The user who created the token, or the stack's owner if this world has no such user.
      const receiver = (store.users.find(token.created_by) ?? store.users.find(stack.owner_uid)) as User
      const message: Message = {
        from: FROM,
        to: receiver.email,
        subject: `A management token expires soon: ${token.name}`,
        text: `The management token "${token.name}" (${token.uid}) of the stack "${stack.name}" expires on ${expiresOn}.`,
        sent_at: new Date(sentAt).toISOString(),
        api_key: apiKey,
        token_uid: token.uid,
        expires_on: expiresOn,
      }
      store.messages.insert(message)
      return [message]
    }),
  )
}

/** Marks the e-mails that are due at `now` as sent, since a new state starts without e-mails from the past. */
export function skipNotices(store: Store, now: number): void {
  if (!store.managementTokens.isAnyDue(now)) return
  store.write(() => {
    for (const { apiKey, token } of store.managementTokens.due(now))
      store.managementTokens.update(apiKey, { ...token, notice_sent_for: token.expires_on })
  })
}
