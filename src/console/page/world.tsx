import { useRef, useState } from 'preact/hooks'
import { PROFILE_HINTS } from '../../rules/profiles.ts'
import { type Preset, presetRules } from '../../world/fault-presets.ts'
import type { FaultReading } from '../../world/faults.ts'
import { DEFAULT_WORLD, pageOf, prefix, worldName } from './address.ts'
import { type Command, download } from './api.ts'
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

const { 'rate-limit': rateLimit, outage, slow, maintenance, 'new-token': newToken } = presetRules

const seconds = (milliseconds: number) => plural(milliseconds / 1000, 'second')

/** The presets as people read them. */
const PRESETS: { name: Preset; label: string; hint: string }[] = [
  {
    name: 'rate-limit',
    label: 'Rate limit',
    hint: `${rateLimit.rate_limit} reads and ${rateLimit.rate_limit} writes per second, then ${rateLimit.status}.`,
  },
  { name: 'outage', label: 'Outage', hint: `Every call returns ${outage.status}.` },
  { name: 'slow', label: 'Slow', hint: `Every call takes ${seconds(slow.latency_ms)} longer.` },
  {
    name: 'maintenance',
    label: 'Maintenance',
    hint: `Every call returns ${maintenance.status} with Retry-After: ${maintenance.headers['retry-after']}.`,
  },
  {
    name: 'new-token',
    label: 'New token',
    hint: `A management token gets ${newToken.status} in its first ${seconds(newToken.match.authorization_younger_than_ms)}.`,
  },
]

/** The preset that a rule came from; undefined for a rule of the user's own. */
const presetOf = ({ hits: _hits, ...rule }: FaultReading) =>
  PRESETS.find(({ name }) => JSON.stringify(presetRules[name]) === JSON.stringify(rule))?.name

/** The presets whose rules are in force. */
const activeOf = (rules: FaultReading[]) =>
  PRESETS.map(({ name }) => name).filter((name) => rules.some((rule) => presetOf(rule) === name))

/** The rules of no preset. */
const ownOf = (rules: FaultReading[]) => rules.filter((rule) => presetOf(rule) === undefined)

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
  /** Where the switches were put, until the server has it: what is read meanwhile would move them back. */
  const [wanted, want] = useState<Partial<Record<Preset, boolean>>>({})
  const flip = (name: Preset, isOn: boolean) => {
    want((others) => ({ ...others, [name]: isOn }))
    const flipped = last.current
      .then(() =>
        start(async () => {
          // A program may have set other rules since they were read.
          await refresh()
          const others = activeOf(faults.value).filter((other) => other !== name)
          await act(withPresets(isOn ? [...others, name] : others, faults.value))
        }),
      )
      .then(() => {
        if (last.current === flipped) want({})
      })
    last.current = flipped
  }
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
            isOn={wanted[name] ?? active.includes(name)}
            onChange={(isOn) => flip(name, isOn)}
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

const DOCUMENTS = [
  { file: 'openapi-api.json', title: 'The emulated Content Management API' },
  { file: 'openapi.json', title: 'The control API, which this page uses' },
]

function Documents() {
  const { error, start } = useAction()
  return (
    <section class="card" aria-labelledby="documents">
      <h2 id="documents">OpenAPI</h2>
      {error !== undefined && <Refused error={error} />}
      <ul class="plain">
        {DOCUMENTS.map(({ file, title }) => {
          const command: Command = { method: 'GET', path: `/_mock/${file}`, isGlobal: true }
          return (
            <li key={file}>
              <span>{title}</span>
              <button
                type="button"
                class="button"
                aria-label={`Download ${file}`}
                onClick={() => void start(() => download(command, file))}
              >
                Download
              </button>
              <Curl command={command} />
            </li>
          )
        })}
      </ul>
    </section>
  )
}
