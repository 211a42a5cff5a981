import { useRef, useState } from 'preact/hooks'
import { PROFILE_HINTS } from '../../rules/profiles.ts'
import type { FaultReading, Preset } from '../../world/faults.ts'
import { DEFAULT_WORLD, pageOf, prefix, worldName } from './address.ts'
import type { Command } from './api.ts'
import { Context } from './context.tsx'
import { act, faults, loadRequests, nameOf, people, profile, refresh, stack, worlds } from './model.ts'
import { announce, Curl, Dialog, Refused, Secret, Select, Switch, useAction, Value } from './parts.tsx'
import { plural, ROLE_NAMES } from './words.ts'

export function World() {
  return (
    <>
      <div class="top">
        <h1>World</h1>
        <Context withUser={false} />
      </div>
      <div class="columns">
        <ThisWorld />
        <Faults />
      </div>
      <Credentials />
      <Documents />
    </>
  )
}

const RESET: Command = { method: 'POST', path: '/_mock/reset' }

function ThisWorld() {
  const [name, setName] = useState('')
  const [isAsking, ask] = useState(false)
  const url = `${location.origin}${prefix}`
  return (
    <section class="card" aria-labelledby="this-world">
      <h2 id="this-world">{worldName === DEFAULT_WORLD ? 'The default world' : `World “${worldName}”`}</h2>
      <p class="muted">A world is an isolated copy of everything that can change.</p>
      <dl class="facts">
        <dt>Address</dt>
        <dd>
          <Value text={url} what="the address" />
        </dd>
        <dt>Profile</dt>
        <dd>
          {profile.value}
          {profile.value && <small>{PROFILE_HINTS[profile.value]}</small>}
        </dd>
      </dl>
      <div class="pair">
        <Select
          label="Go to a world"
          value={worldName}
          choices={worlds.value.map((value) => ({ value, label: value }))}
          onChange={(value) => location.assign(pageOf(value))}
        />
        <form
          class="pair"
          onSubmit={(event) => {
            event.preventDefault()
            location.assign(pageOf(name))
          }}
        >
          <label class="field">
            <span>Or a new one</span>
            <input
              type="text"
              autocomplete="off"
              required
              pattern="[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]+)*"
              title="Letters, digits, dashes, underscores and inner dots"
              maxLength={64}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="button">
            Open
          </button>
        </form>
      </div>
      <div class="row">
        <button type="button" class="button danger" onClick={() => ask(true)}>
          Reset this world
        </button>
      </div>
      <Curl command={RESET} />
      {isAsking && <AskReset onClose={() => ask(false)} />}
    </section>
  )
}

function AskReset({ onClose }: { onClose: () => void }) {
  const { error, start } = useAction()
  return (
    <Dialog title="Reset this world?" onClose={onClose}>
      <p>
        Tokens, clock, faults, requests and e-mails go back to how they were at the start. Snapshots stay.
      </p>
      {error !== undefined && <Refused error={error} />}
      <footer>
        <button type="button" class="button" onClick={onClose}>
          Keep it
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() =>
            void start(async () => {
              const { notice } = await act<{ notice: string }>(RESET)
              await loadRequests()
              announce(notice)
              onClose()
            })
          }
        >
          Reset it
        </button>
      </footer>
    </Dialog>
  )
}

/** The presets of fault rules, and how to know their rules in a list. */
const PRESETS: { name: Preset; label: string; hint: string; isRule: (rule: FaultReading) => boolean }[] = [
  {
    name: 'rate-limit',
    label: 'Rate limit',
    hint: '10 reads and 10 writes per second, then 429.',
    isRule: ({ rate_limit: limit }) => limit === 10,
  },
  {
    name: 'outage',
    label: 'Outage',
    hint: 'Every call returns 503.',
    isRule: ({ status, headers, match, times, after, probability, latency_ms: latency }) =>
      status === 503 &&
      [headers, match, times, after, probability, latency].every((key) => key === undefined),
  },
  {
    name: 'slow',
    label: 'Slow',
    hint: 'Every call takes two seconds longer.',
    isRule: ({ status, latency_ms: latency, match }) =>
      latency === 2000 && status === undefined && match === undefined,
  },
  {
    name: 'maintenance',
    label: 'Maintenance',
    hint: 'Every call returns 503 with Retry-After: 60.',
    isRule: ({ status, headers }) => status === 503 && headers?.['retry-after'] === '60',
  },
  {
    name: 'new-token',
    label: 'New token',
    hint: 'A management token gets 412 in its first five seconds.',
    isRule: ({ match }) => match?.authorization_younger_than_ms === 5000,
  },
]

/** The presets whose rules are in force. */
const activeOf = (rules: FaultReading[]) =>
  PRESETS.filter(({ isRule }) => rules.some(isRule)).map(({ name }) => name)

/** The rules of no preset. */
const ownOf = (rules: FaultReading[]) => rules.filter((rule) => !PRESETS.some(({ isRule }) => isRule(rule)))

/** Sets these presets, and keeps the rules of no preset. */
const withPresets = (presets: Preset[], rules: FaultReading[]): Command => {
  const own = ownOf(rules).map(({ hits: _hits, ...rule }) => rule)
  return {
    method: 'PUT',
    path: '/_mock/faults',
    body: { presets, ...(own.length > 0 && { rules: own }) },
  }
}

function Faults() {
  const { error, start } = useAction()
  /** Switches may be flipped faster than the server responds. */
  const last = useRef(Promise.resolve())
  const rules = faults.value
  const active = activeOf(rules)
  const own = ownOf(rules)
  const hits = rules.reduce((sum, rule) => sum + rule.hits, 0)
  return (
    <section class="card" aria-labelledby="faults">
      <h2 id="faults">Faults</h2>
      <p class="muted">
        What goes wrong for clients. This page is spared.
        {hits > 0 && ` So far: ${plural(hits, 'request')}.`}
      </p>
      <div class="switches">
        {PRESETS.map(({ name, label, hint }) => (
          <Switch
            key={name}
            label={label}
            hint={hint}
            isOn={active.includes(name)}
            onChange={(turnedOn) => {
              const flip = async () => {
                // A program may have set other rules since they were read.
                await refresh()
                const others = activeOf(faults.value).filter((other) => other !== name)
                await act(withPresets(turnedOn ? [...others, name] : others, faults.value))
              }
              last.current = last.current.then(() => start(flip))
            }}
          />
        ))}
      </div>
      {own.length > 0 && <p>{plural(own.length, 'rule')} of your own apply as well.</p>}
      {error !== undefined && <Refused error={error} />}
      <Curl command={withPresets(active.length > 0 ? active : ['outage'], rules)} />
    </section>
  )
}

function Credentials() {
  const listed = people.value.slice(0, 50)
  const managed = stack.value?.management_tokens ?? []
  return (
    <section class="card" aria-labelledby="credentials">
      <h2 id="credentials">Credentials for {stack.value?.name ?? 'this world'}</h2>
      <p class="row">
        <span class="muted">Header api_key</span>
        <Value text={stack.value?.api_key ?? ''} what="the api_key" />
      </p>
      <div class="list people">
        <div class="head" aria-hidden="true">
          {['Who', 'E-mail', 'Header authtoken', 'Password'].map((title) => (
            <span key={title}>{title}</span>
          ))}
        </div>
        <ul>
          {listed.map(({ user, role, authtoken }) => (
            <li key={user.email} class="line">
              <span class="cell">
                <b>{role ? ROLE_NAMES[role] : 'Not in the stack'}</b>
                <small>{nameOf(user.uid)}</small>
              </span>
              <span class="cell">{user.email}</span>
              <span class="cell">
                {authtoken ? (
                  <Value text={authtoken} what={`the authtoken of ${user.email}`} />
                ) : (
                  <span class="muted">not logged in</span>
                )}
              </span>
              <span class="cell">
                <Secret text={user.password} what={`the password of ${user.email}`} />
              </span>
            </li>
          ))}
        </ul>
      </div>
      {managed.length > 0 && (
        <>
          <h3>Management tokens, header authorization</h3>
          <ul class="plain">
            {managed.slice(0, 50).map(({ uid, name, token }) => (
              <li key={uid}>
                <span>{name}</span>
                <Secret text={token ?? ''} what={`the token ${name}`} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function Documents() {
  return (
    <section class="card" aria-labelledby="documents">
      <h2 id="documents">OpenAPI</h2>
      <ul class="links">
        <li>
          <a href="/_mock/openapi-api.json">The emulated Content Management API</a>
        </li>
        <li>
          <a href="/_mock/openapi.json">The control API, which this page uses</a>
        </li>
      </ul>
    </section>
  )
}
