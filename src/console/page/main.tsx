import { signal } from '@preact/signals'
import { render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { address, DEFAULT_WORLD, hashOf, pageOf, VIEWS, type View, worldName } from './address.ts'
import { needsToken, run, setControlToken, wasTokenRefused } from './api.ts'
import { clock, connection, follow, isGone, now, refresh, state } from './model.ts'
import { Icon, News } from './parts.tsx'
import { Requests } from './requests.tsx'
import { Timeline } from './timeline.tsx'
import { Tokens } from './tokens.tsx'
import { TryToken } from './try-token.tsx'
import { dateOf, timeOfDay } from './words.ts'
import { World } from './world.tsx'

const NAMES: Record<View, string> = {
  tokens: 'Tokens',
  timeline: 'Timeline',
  requests: 'Requests',
  try: 'Try a token',
  world: 'World',
}

const THEMES = ['auto', 'light', 'dark'] as const
const theme = signal(THEMES.find((name) => name === localStorage.getItem('theme')) ?? 'auto')

function setTheme(name: (typeof THEMES)[number]): void {
  theme.value = name
  localStorage.setItem('theme', name)
  document.documentElement.dataset['theme'] = name
}

function ThemeButton() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] as (typeof THEMES)[number]
  return (
    <button
      type="button"
      class="button bare theme"
      aria-label={`Theme: ${theme.value}`}
      onClick={() => setTheme(next)}
    >
      <Icon name="theme" />
      <span class="capital">{theme.value}</span>
    </button>
  )
}

const MODES = { real: 'the real time', offset: 'shifted, running', frozen: 'standing still' }
const LIFE = { connecting: 'Connecting', live: 'Live', lost: 'Connection lost, trying again' }

function Side() {
  return (
    <header class="side">
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <p class="brand">
        <img src="/_mock/console/icon.svg" alt="" width="28" height="28" />
        <span>
          tokens-mock
          <small>{worldName === DEFAULT_WORLD ? 'default world' : `world ${worldName}`}</small>
        </span>
      </p>
      <nav aria-label="Views">
        {VIEWS.map((view) => (
          <a
            key={view}
            href={hashOf({ view })}
            aria-current={address.value.view === view ? 'page' : undefined}
          >
            <Icon name={view} />
            <span>{NAMES[view]}</span>
          </a>
        ))}
      </nav>
      <div class="status">
        <p class="now" title="The time of the world, in UTC">
          <time dateTime={new Date(now.value).toISOString()}>
            {dateOf(now.value)}
            <b>{timeOfDay(now.value)}</b>
          </time>
          <small>{MODES[clock.value.mode]}</small>
        </p>
        <p class={`life ${connection.value}`}>{LIFE[connection.value]}</p>
        <ThemeButton />
      </div>
    </header>
  )
}

function AskToken() {
  const [token, setToken] = useState('')
  return (
    <form
      class="card narrow"
      onSubmit={(event) => {
        event.preventDefault()
        setControlToken(token)
        void refresh()
      }}
    >
      <h1>This server needs its control token</h1>
      <p>
        It was started with <code>--control-token</code>. This tab keeps the token until you close it.
      </p>
      {wasTokenRefused.value && (
        <div class="refused" role="alert">
          <strong>The server refused this token.</strong>
        </div>
      )}
      <label class="field">
        <span>Control token</span>
        <input
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button primary">
        Open the console
      </button>
    </form>
  )
}

function Gone() {
  return (
    <div class="card narrow">
      <h1>There is no world “{worldName}”</h1>
      <p>
        A world exists from the first request of a client to its address. It may also have been dropped, for
        example by the test that used it.
      </p>
      <p class="row">
        <button
          type="button"
          class="button primary"
          onClick={() => void run({ method: 'GET', path: '/_mock/clock' }).then(refresh)}
        >
          Create it
        </button>
        <a class="button" href={pageOf(DEFAULT_WORLD)}>
          Go to the default world
        </a>
      </p>
    </div>
  )
}

const SHOWN: Record<View, () => preact.JSX.Element> = {
  tokens: Tokens,
  timeline: Timeline,
  requests: Requests,
  try: TryToken,
  world: World,
}

function Content() {
  if (needsToken.value) return <AskToken />
  if (isGone.value) return <Gone />
  if (state.value === undefined) return <p class="muted">Loading …</p>
  const Shown = SHOWN[address.value.view]
  return <Shown />
}

function Console() {
  const name = NAMES[address.value.view]
  useEffect(() => {
    document.title = `${name} · ${worldName} · tokens-mock`
  }, [name])
  return (
    <>
      <Side />
      <main id="main" tabIndex={-1}>
        <Content />
      </main>
      <News />
    </>
  )
}

setTheme(theme.value)
follow()
render(<Console />, document.body)
