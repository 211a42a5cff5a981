import { signal } from '@preact/signals'
import type { Introspection } from '../../control/introspection.ts'
import { go } from './address.ts'
import type { Command } from './api.ts'
import { now, stacks } from './model.ts'
import { Curl, Icon, Refused, Select, useOutcome } from './parts.tsx'
import { dateTimeOf, inWords, plural } from './words.ts'

const introspect = (token: string): Command => ({
  method: 'POST',
  path: '/_mock/tokens/introspect',
  body: { token },
})

/** The values of all tokens, by what a person calls them. */
const known = () =>
  stacks.value.flatMap(({ name: stackName, delivery_tokens = [], management_tokens = [] }) => [
    ...delivery_tokens.flatMap(({ name, token, preview_token }) => [
      { value: token ?? '', label: `${name} (delivery, ${stackName})` },
      ...(typeof preview_token === 'string'
        ? [{ value: preview_token, label: `${name} (preview, ${stackName})` }]
        : []),
    ]),
    ...management_tokens.map(({ name, token }) => ({
      value: token ?? '',
      label: `${name} (management, ${stackName})`,
    })),
  ])

/** The text in the field. It is a secret, so the address of the page does not hold it. */
const text = signal('')
/** The token that was asked about last. */
const asked = signal<{ value: string } | undefined>(undefined)

function ask(value: string): void {
  text.value = value
  asked.value = { value: value.trim() }
}

/** Opens this view with the answer about a token. */
export function TryIt({ value }: { value: string }) {
  const open = () => {
    ask(value)
    go({ view: 'try' })
    // The button goes with its view, and must not take the focus along.
    setTimeout(() => document.getElementById('main')?.focus())
  }
  return (
    <button type="button" class="button" onClick={open}>
      <Icon name="try" />
      Try it
    </button>
  )
}

export function TryToken() {
  const token = text.value
  const { value } = asked.value ?? {}
  const outcome = useOutcome<Introspection>(value, introspect(value ?? ''), asked.value)
  // An answer must not stand below another token.
  const { found, error } = outcome?.question === token.trim() ? outcome : {}
  return (
    <>
      <div class="top">
        <h1>Try a token</h1>
      </div>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault()
          ask(token)
        }}
      >
        <div class="bar filters">
          <label class="field grow">
            <span>Token</span>
            <input
              class="mono"
              type="text"
              autocomplete="off"
              spellcheck={false}
              required
              placeholder="Paste the value of any token"
              value={token}
              onInput={(event) => {
                text.value = event.currentTarget.value
              }}
            />
          </label>
          <Select
            label="Or pick one"
            value={known().some(({ value }) => value === token) ? token : ''}
            choices={[{ value: '', label: 'A token of this world' }, ...known()]}
            onChange={(value) => {
              if (value === '') text.value = ''
              else ask(value)
            }}
          />
          <button type="submit" class="button primary">
            Try it
          </button>
        </div>
        <Curl command={introspect(token.trim() || 'TOKEN')} />
      </form>
      <div aria-live="polite">
        {error !== undefined && <Refused error={error} />}
        {found && <Answer found={found} />}
      </div>
    </>
  )
}

type Known = Extract<Introspection, { uid: string }>

function Answer({ found }: { found: Introspection }) {
  const { active, reason } = found
  const token = 'uid' in found ? found : undefined
  return (
    <section class="card answer" aria-labelledby="answer">
      <p class={`verdict ${active ? 'good' : 'bad'}`}>
        <Icon name={active ? 'yes' : 'no'} />
        {active ? 'This token works' : 'This token does not work'}
      </p>
      <h2 id="answer">{token?.name ?? 'An unknown token'}</h2>
      {reason && <p>{reason}</p>}
      {token && (
        <>
          <Facts token={token} />
          <div class="places">
            <Places
              title="Environments"
              places={token.environments.map(({ name: place, ...rest }) => ({ place, ...rest }))}
            />
            <Places
              title="Branches and aliases"
              places={token.branches.map(({ uid: place, ...rest }) => ({ place, ...rest }))}
            />
          </div>
        </>
      )}
    </section>
  )
}

function Facts({ token }: { token: Known }) {
  const { token_type: type, uid, stack, scope, exp, iat, uses, last_used_at: lastUsed } = token
  const stackName = stacks.value.find(({ api_key: apiKey }) => apiKey === stack)?.name
  return (
    <dl class="facts">
      <dt>Kind</dt>
      <dd>{type} token</dd>
      <dt>Stack</dt>
      <dd>
        {stackName} <code>{stack}</code>
      </dd>
      <dt>Uid</dt>
      <dd>
        <code>{uid}</code>
      </dd>
      {type === 'management' && (
        <>
          <dt>Scope</dt>
          <dd>
            <code>{scope}</code>
          </dd>
          <dt>Expires</dt>
          <dd>
            {exp === undefined ? 'never' : inWords(exp * 1000, now.value)}
            {exp !== undefined && <small>{dateTimeOf(exp * 1000)}</small>}
          </dd>
        </>
      )}
      <dt>Created</dt>
      <dd>{dateTimeOf(iat * 1000)}</dd>
      <dt>Used</dt>
      <dd>
        {lastUsed ? `${plural(uses, 'time')}, last ${inWords(Date.parse(lastUsed), now.value)}` : 'never'}
      </dd>
    </dl>
  )
}

interface Place {
  place: string
  allowed: boolean
  reason?: string
}

function Places({ title, places }: { title: string; places: Place[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <ul class="access">
        {places.map(({ place, allowed, reason }) => (
          <li key={place} class={allowed ? 'good' : 'bad'}>
            <Icon name={allowed ? 'yes' : 'no'} />
            <span>
              {place}
              <span class="hidden">{allowed ? ': allowed' : ': refused'}</span>
              {reason && <small>{reason}</small>}
            </span>
          </li>
        ))}
      </ul>
      {places.length === 0 && <p class="muted">The stack has none.</p>}
    </section>
  )
}
