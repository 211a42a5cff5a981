import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { type Command, curlOf, Refusal, run } from './api.ts'

// The parts that views are made of.

const PATHS = {
  tokens: 'M8 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 12h10M17.5 12v4M21.5 12v3',
  timeline: 'M3 6h9M8 12h11M5 18h8M16 3v18',
  requests: 'M4 7h13M13 3l4 4-4 4M20 17H7M11 13l-4 4 4 4',
  try: 'M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6zM8.5 12l2.5 2.5 4.5-5',
  world: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18-3-3-3-15 0-18z',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  close: 'M6 6l12 12M18 6L6 18',
  plus: 'M12 5v14M5 12h14',
  yes: 'M5 13l4 4L19 7',
  no: 'M6 6l12 12M18 6L6 18',
  mail: 'M3 6h18v12H3zM3 7l9 7 9-7',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  theme: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
}
type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** What just happened, for the eye and for screen readers. */
const news = signal('')
let newsTimer: ReturnType<typeof setTimeout> | undefined

export function announce(text: string): void {
  clearTimeout(newsTimer)
  news.value = text
  newsTimer = setTimeout(() => {
    news.value = ''
  }, 4000)
}

/** Each window has its own, since a modal window covers everything else and hides it from screen readers. */
export function News() {
  return (
    <p class="news" role="status">
      {news.value && <span>{news.value}</span>}
    </p>
  )
}

async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  // Without HTTPS, a browser has a clipboard only for pages of the own machine.
  const area = document.createElement('textarea')
  area.value = text
  const parent = document.querySelector('dialog[open]') ?? document.body
  parent.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}

export function Copy({ text, what, children }: { text: string; what: string; children?: ComponentChildren }) {
  return (
    <button
      type="button"
      class={children ? 'button' : 'button bare'}
      aria-label={children ? undefined : `Copy ${what}`}
      title={`Copy ${what}`}
      onClick={() => void copyText(text).then(() => announce(`Copied ${what}.`))}
    >
      <Icon name="copy" />
      {children}
    </button>
  )
}

/** A text to copy, such as a uid. */
export function Value({ text, what }: { text: string; what: string }) {
  return (
    <span class="value">
      <code>{text}</code>
      <Copy text={text} what={what} />
    </span>
  )
}

/** A secret, hidden until someone wants to see it: the page may be on a projector. */
export function Secret({ text, what }: { text: string; what: string }) {
  const [isShown, show] = useState(false)
  return (
    <span class="value">
      <code>{isShown ? text : `${text.slice(0, 4)}${'•'.repeat(8)}`}</code>
      <button
        type="button"
        class="button bare"
        aria-pressed={isShown}
        aria-label={`Show ${what}`}
        title={`Show ${what}`}
        onClick={() => show(!isShown)}
      >
        <Icon name="eye" />
      </button>
      <Copy text={text} what={what} />
    </span>
  )
}

/** Text as it is, to copy. */
export function Code({ text, what, copied = text }: { text: string; what: string; copied?: string }) {
  return (
    <div class="code">
      <pre>{text}</pre>
      <Copy text={copied} what={what} />
    </div>
  )
}

/** The call behind an action. */
export function Curl({ command, label = 'Show as curl' }: { command: Command; label?: string }) {
  const text = curlOf(command)
  return (
    <details class="curl">
      <summary>{label}</summary>
      <Code text={text} what="the curl command" />
    </details>
  )
}

/** Why the server refused. */
export function Refused({ error }: { error: unknown }) {
  const refusal = error instanceof Refusal ? error : undefined
  return (
    <div class="refused" role="alert">
      <strong>{refusal?.message ?? 'The server cannot be reached.'}</strong>
      {refusal && (
        <p>
          {refusal.reason !== refusal.message && `${refusal.reason} `}
          <span class="muted">Status {refusal.status}.</span>
        </p>
      )}
    </div>
  )
}

interface DialogProps {
  title: string
  /** Shown at the side, for details. */
  isSheet?: boolean
  onClose: () => void
  children: ComponentChildren
}

/** A modal window. Escape and a click beside it close it. */
export function Dialog({ title, isSheet, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const opener = document.activeElement
    element.current?.showModal()
    return () => (opener as HTMLElement | null)?.focus?.()
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same as this click.
    <dialog
      ref={element}
      class={isSheet ? 'sheet' : undefined}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) event.currentTarget.close()
      }}
    >
      <div class="inside">
        <header>
          <h2 id={id}>{title}</h2>
          <button
            type="button"
            class="button bare"
            aria-label="Close"
            onClick={() => element.current?.close()}
          >
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
      <News />
    </dialog>
  )
}

/**
 * Runs an action, one at a time, and keeps why it failed. Its button stays enabled meanwhile, since a disabled one loses the
 * focus.
 */
export function useAction() {
  const isBusy = useRef(false)
  const [error, setError] = useState<unknown>(undefined)
  const start = async (action: () => Promise<void>) => {
    if (isBusy.current) return
    isBusy.current = true
    setError(undefined)
    try {
      await action()
    } catch (reason) {
      setError(reason)
    }
    isBusy.current = false
  }
  return { error, start }
}

interface Outcome<T> {
  /** What was asked for. */
  question: string
  found?: T
  error?: unknown
}

/**
 * Asks with a command, and again whenever `occasion` changes. Returns the outcome of the last question that was answered, so
 * compare its `question` before showing it.
 *
 * @param question what the command asks for; undefined to ask nothing
 */
export function useOutcome<T>(question: string | undefined, command: Command, occasion: unknown) {
  const [outcome, setOutcome] = useState<Outcome<T>>()
  useEffect(() => {
    if (question === undefined) return
    let isCurrent = true
    run<T>(command).then(
      (found) => isCurrent && setOutcome({ question, found }),
      (error) => isCurrent && setOutcome({ question, error }),
    )
    return () => {
      isCurrent = false
    }
  }, [question, occasion])
  return outcome
}

interface Choice {
  value: string
  label: string
}

export function Select(props: {
  label: string
  value: string
  choices: Choice[]
  onChange: (value: string) => void
}) {
  const { label, value, choices, onChange } = props
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  )
}

/** One of a few choices, as buttons in a row. */
export function Segments<T extends string>(props: {
  label: string
  value: T
  choices: { value: T; label: ComponentChildren }[]
  onChange: (value: T) => void
}) {
  const { label, value, choices, onChange } = props
  const name = useId()
  return (
    <fieldset class="segments">
      <legend class="hidden">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
          />
          <span>{choice.label}</span>
        </label>
      ))}
    </fieldset>
  )
}

/** Several of a few choices. */
export function Checks(props: {
  label: string
  choices: string[]
  chosen: string[]
  onChange: (chosen: string[]) => void
}) {
  const { label, choices, chosen, onChange } = props
  return (
    <fieldset class="checks">
      <legend>{label}</legend>
      {choices.length === 0 && <span class="muted">The stack has none.</span>}
      {choices.map((choice) => (
        <label key={choice} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(choice)}
            onChange={(event) =>
              onChange(
                event.currentTarget.checked
                  ? [...chosen, choice]
                  : chosen.filter((other) => other !== choice),
              )
            }
          />
          <span>{choice}</span>
        </label>
      ))}
    </fieldset>
  )
}

export function Switch(props: {
  label: string
  hint?: string
  isOn: boolean
  onChange: (isOn: boolean) => void
}) {
  const { label, hint, isOn, onChange } = props
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        aria-checked={isOn}
        checked={isOn}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {label}
        {hint && <small>{hint}</small>}
      </span>
    </label>
  )
}

/** Short names side by side; the rest as a number. */
export function Chips({ names, most = 3 }: { names: string[]; most?: number }) {
  if (names.length === 0) return <span class="muted">none</span>
  return (
    <span class="chips">
      {names.slice(0, most).map((name) => (
        <span key={name} class="chip">
          {name}
        </span>
      ))}
      {names.length > most && (
        <span class="muted" title={names.slice(most).join(', ')}>
          +{names.length - most}
        </span>
      )}
    </span>
  )
}

export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      <p>{children}</p>
    </div>
  )
}

/** How many rows a list shows. */
export const ROWS = 200

export function More({ shown, total, noun }: { shown: number; total: number; noun: string }) {
  if (total <= shown) return null
  return (
    <p class="more">
      {(total - shown).toLocaleString('en')} more {noun} not shown.
    </p>
  )
}
