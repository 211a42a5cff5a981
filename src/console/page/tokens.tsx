import { useEffect, useState } from 'preact/hooks'
import { address, go } from './address.ts'
import { run } from './api.ts'
import { CreateToken } from './create-token.tsx'
import { actor, credentials, nameOf, now, people, stack, stacks, state, tokenFacts } from './model.ts'
import { Chips, Empty, Icon, More, Refused, ROWS, Segments, Select } from './parts.tsx'
import { TokenSheet } from './token-sheet.tsx'
import {
  branchesOf,
  dateOf,
  dateTimeOf,
  environmentsOf,
  expiryInWords,
  inWords,
  permissionsOf,
  ROLE_NAMES,
  type Scope,
} from './words.ts'

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

interface List {
  tokens: Token[]
  count: number
}

export const pathOf = (kind: 'delivery' | 'management') => `/v3/stacks/${kind}_tokens`

/** Lists the tokens as the chosen user sees them, and again whenever the world changes. */
function useTokens(kind: 'delivery' | 'management') {
  const [list, setList] = useState<List>()
  const [error, setError] = useState<unknown>()
  const { api_key: apiKey, authtoken } = credentials.value
  // A new state means that the list may have changed.
  useEffect(() => {
    let isCurrent = true
    const query = `?include_count=true&limit=${ROWS}`
    run<List>({ method: 'GET', path: `${pathOf(kind)}${query}`, headers: credentials.value }).then(
      (found) => {
        if (!isCurrent) return
        setList(found)
        setError(undefined)
      },
      (reason) => {
        if (!isCurrent) return
        setList(undefined)
        setError(reason)
      },
    )
    return () => {
      isCurrent = false
    }
  }, [kind, apiKey, authtoken, state.value])
  return { list, error }
}

/** The stack and the user, for every view that calls the API. */
export function Context({ withUser = true }: { withUser?: boolean }) {
  return (
    <div class="context">
      <Select
        label="Stack"
        value={stack.value?.api_key ?? ''}
        choices={stacks.value.map(({ name, api_key: apiKey = '' }) => ({ value: apiKey, label: name }))}
        onChange={(apiKey) => go({ stack: apiKey })}
      />
      {withUser && (
        <Select
          label="As"
          value={actor.value?.user.uid ?? ''}
          choices={people.value
            .filter(({ authtoken }) => authtoken !== undefined)
            .map(({ user, role }) => ({
              value: user.uid ?? '',
              label: `${nameOf(user.uid)} (${role ? ROLE_NAMES[role] : 'not in the stack'})`,
            }))}
          onChange={(user) => go({ user })}
        />
      )}
    </div>
  )
}

const KINDS = [
  { value: 'delivery', label: 'Delivery' },
  { value: 'management', label: 'Management' },
] as const

export function Tokens() {
  const { kind } = address.value
  const { list, error } = useTokens(kind)
  const [isCreating, create] = useState(false)
  const [openUid, open] = useState<string>()
  const opened = list?.tokens.find(({ uid }) => uid === openUid)
  return (
    <>
      <div class="top">
        <h1>Tokens</h1>
        <Context />
      </div>
      <div class="bar">
        <Segments
          label="Kind of token"
          value={kind}
          choices={[...KINDS]}
          onChange={(value) => go({ kind: value })}
        />
        <button type="button" class="button primary" onClick={() => create(true)}>
          <Icon name="plus" />
          Create token
        </button>
      </div>
      {error !== undefined && <Refused error={error} />}
      {list && list.tokens.length === 0 && (
        <Empty title={`This stack has no ${kind} tokens`}>
          Create one here, or let your program create one: it shows up at once.
        </Empty>
      )}
      {list && list.tokens.length > 0 && (
        <>
          <div class={`list ${kind}`}>
            <div class="head" aria-hidden="true">
              {(kind === 'delivery' ? DELIVERY : MANAGEMENT).map((title) => (
                <span key={title}>{title}</span>
              ))}
            </div>
            <ul>
              {list.tokens.map((token) => (
                <Row key={token.uid} token={token} kind={kind} onOpen={() => open(token.uid)} />
              ))}
            </ul>
          </div>
          <More shown={list.tokens.length} total={list.count} noun="tokens" />
        </>
      )}
      {isCreating && <CreateToken kind={kind} onClose={() => create(false)} />}
      {opened && <TokenSheet token={opened} kind={kind} onClose={() => open(undefined)} />}
    </>
  )
}

const DELIVERY = ['Name', 'Environments', 'Branches', 'Preview token', 'Created', 'Last used']
const MANAGEMENT = ['Name', 'Permissions', 'Branches', 'Expires', 'Created', 'Last used']

/** A cell whose title shows where the head of the list has no room, and is read out. */
export function Cell({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <span class="cell">
      <span class="title">{title}</span>
      <span>{children}</span>
    </span>
  )
}

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

function Row({ token, kind, onOpen }: { token: Token; kind: 'delivery' | 'management'; onOpen: () => void }) {
  const permissions = permissionsOf(token.scope).map(({ module, rights }) => `${module}: ${rights}`)
  return (
    <li class="line">
      <span class="cell name">
        <button type="button" class="open" onClick={onOpen}>
          {token.name}
        </button>
        {token.description && <small>{token.description}</small>}
      </span>
      {kind === 'delivery' ? (
        <Cell title="Environments">
          <Chips names={environmentsOf(token.scope)} />
        </Cell>
      ) : (
        <Cell title="Permissions">
          <Chips names={permissions} most={2} />
        </Cell>
      )}
      <Cell title="Branches">
        <Chips names={branchesOf(token.scope)} />
      </Cell>
      {kind === 'delivery' ? (
        <Cell title="Preview token">{token.preview_token ? 'yes' : <span class="muted">no</span>}</Cell>
      ) : (
        <Cell title="Expires">
          <Expiry expiresOn={token.expires_on} />
        </Cell>
      )}
      <Cell title="Created">
        <span title={dateTimeOf(token.created_at)}>{dateOf(token.created_at)}</span>
        <small>by {nameOf(token.created_by)}</small>
      </Cell>
      <Cell title="Last used">
        <span class="muted">{lastUse(token.uid)}</span>
      </Cell>
    </li>
  )
}
