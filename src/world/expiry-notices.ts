import { expiryOf } from '../rules/token.ts'
import type { Store } from '../store/index.ts'
import type { Message } from '../store/messages.ts'
import type { Stack } from '../store/stacks.ts'
import type { User } from '../store/users.ts'

const FROM = 'no-reply@contentstack-tokens-mock.invalid'

/**
 * Puts into the outbox what has fallen due by `now` (milliseconds since 1970), in the order of that, and answers it. One
 * whose expiry was set when it was due already goes out at that moment; where the token had expired by then, none does (C).
 */
export function sendNotices(store: Store, now: number): Message[] {
  const due = store.managementTokens.withNoticeDue(now)
  if (due.length === 0) return []
  return store.write(() =>
    due.flatMap(({ apiKey, dueAt, token }) => {
      const expiresOn = token.expires_on as string
      store.managementTokens.update(apiKey, { ...token, notice_sent_for: expiresOn })
      const sentAt = Math.max(dueAt, Date.parse(token.updated_at))
      if (sentAt >= (expiryOf(expiresOn) as number)) return []
      const stack = store.stacks.find(apiKey) as Stack
      // The one who made it, where that is a user of this world.
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

/** Counts what has fallen due by `now` as told of: a new state has no e-mails from before it. */
export function skipNotices({ managementTokens, write }: Store, now: number): void {
  const due = managementTokens.withNoticeDue(now)
  if (due.length === 0) return
  write(() => {
    for (const { apiKey, token } of due)
      managementTokens.update(apiKey, { ...token, notice_sent_for: token.expires_on })
  })
}
