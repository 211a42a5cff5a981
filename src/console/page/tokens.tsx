import { useState } from 'preact/hooks'
import { address, go, type Kind } from './address.ts'
import { Context } from './context.tsx'
import { CreateToken } from './create-token.tsx'
import { credentials, nameOf, stack, state } from './model.ts'
import { Chips, Empty, Icon, More, Refused, ROWS, Segments, useOutcome } from './parts.tsx'
import { Expiry, lastUse, pathOf, type Token } from './token.tsx'
import { TokenSheet } from './token-sheet.tsx'
import { branchesOf, dateOf, dateTimeOf, environmentsOf, permissionsOf } from './words.ts'

interface List {
  tokens: Token[]
  count: number
}

/** Lists the tokens as the chosen user sees them, and again whenever the world changes. */
function useTokens(kind: Kind): { list?: List | undefined; error?: unknown } {
  const { api_key: apiKey, authtoken } = credentials.value
  const question = [kind, apiKey, authtoken].join(' ')
  const path = `${pathOf(kind)}?include_count=true&limit=${ROWS}`
  // A new state means that the list may have changed.
  const outcome = useOutcome<List>(question, { method: 'GET', path, headers: credentials.value }, state.value)
  // The tokens of one kind must not show as those of the other until these arrive.
  return outcome?.question === question ? { list: outcome.found, error: outcome.error } : {}
}

const KINDS = [
  { value: 'delivery', label: 'Delivery' },
  { value: 'management', label: 'Management' },
] as const

export function Tokens() {
  const { kind } = address.value
  const { list, error } = useTokens(kind)
  const place = `${kind} ${stack.value?.api_key}`
  /** Where the open form creates a token. */
  const [target, create] = useState<string>()
  const [openUid, open] = useState<string>()
  const opened = list?.tokens.find(({ uid }) => uid === openUid)
  // A form of another kind or stack, and a window whose token went, must not open by itself when that comes back.
  if (target !== undefined && target !== place) create(undefined)
  if (openUid !== undefined && list && !opened) open(undefined)
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
        {stack.value && (
          <button type="button" class="button primary" onClick={() => create(place)}>
            <Icon name="plus" />
            Create token
          </button>
        )}
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
      {target === place && stack.value && (
        <CreateToken kind={kind} entry={stack.value} onClose={() => create(undefined)} />
      )}
      {opened && <TokenSheet token={opened} kind={kind} onClose={() => open(undefined)} />}
    </>
  )
}

const DELIVERY = ['Name', 'Environments', 'Branches', 'Preview token', 'Created', 'Last used']
const MANAGEMENT = ['Name', 'Permissions', 'Branches', 'Expires', 'Created', 'Last used']

/** A cell whose title shows where the head of the list has no room, and is read out. */
function Cell({ title, children }: { title: string; children: preact.ComponentChildren }) {
  return (
    <span class="cell">
      <span class="title">{title}</span>
      <span>{children}</span>
    </span>
  )
}

function Row({ token, kind, onOpen }: { token: Token; kind: Kind; onOpen: () => void }) {
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
