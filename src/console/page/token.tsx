import type { Kind } from './address.ts'
import { now, tokenFacts } from './model.ts'
import { expiryInWords, inWords, type Scope } from './words.ts'

// What the list of tokens, the sheet of one and the form for a new one share.

/** A token as the API lists it. */
export interface Token {
  uid: string
  name: string
  description?: string
  scope: Scope
  created_by: string
  created_at: string
  /** Only of delivery tokens. */
  token?: string
  preview_token?: string | null
  /** Only of management tokens. */
  expires_on?: string | null
  is_email_notification_enabled?: boolean
}

export const pathOf = (kind: Kind) => `/v3/stacks/${kind}_tokens`

/** When a token was last used, in words. */
export function lastUse(uid: string): string {
  const facts = tokenFacts.value.filter((token) => token.uid === uid)
  const times = facts.flatMap(({ last_used_at: at }) => (at === null ? [] : [Date.parse(at)]))
  return times.length === 0 ? 'never' : inWords(Math.max(...times), now.value)
}

export function Expiry({ expiresOn }: { expiresOn: string | null | undefined }) {
  const words = expiryInWords(expiresOn, now.value)
  const isExpired = words.startsWith('expired')
  const isSoon = !isExpired && expiresOn && Date.parse(expiresOn) - now.value < 7 * 86_400_000
  return (
    <span class={isExpired ? 'pill bad' : isSoon ? 'pill warn' : ''} title={expiresOn ?? undefined}>
      {words}
    </span>
  )
}
