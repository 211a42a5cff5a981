import { useState } from 'preact/hooks'
import { expiryOf, isExpired, noticeDueAt } from '../../rules/time.ts'
import type { Kind } from './address.ts'
import type { Command } from './api.ts'
import { Context } from './context.tsx'
import { act, clock, now, outbox, type StackEntry, stack } from './model.ts'
import { announce, Curl, Empty, Icon, More, Refused, ROWS, Segments, useAction } from './parts.tsx'
import { dateOf, dateTimeOf, expiryInWords, inWords, plural } from './words.ts'

const DAY = 86_400_000

/** One token in the picture. Times are in milliseconds since 1970. */
interface Lane {
  uid: string
  name: string
  kind: Kind
  made: number
  /** Null if it never expires. */
  expiry: number | null
  expiresOn: string | null
  /** When the e-mail is sent; null if none is. */
  notice: number | null
  isNoticeSent: boolean
}

function lanesOf({ management_tokens = [], delivery_tokens = [] }: StackEntry): Lane[] {
  const managed = management_tokens.map((token): Lane => {
    const expiresOn = token.expires_on ?? null
    return {
      uid: token.uid ?? '',
      name: token.name,
      kind: 'management',
      made: Date.parse(token.created_at ?? ''),
      expiry: expiryOf(expiresOn),
      expiresOn,
      notice: noticeDueAt({
        expires_on: expiresOn,
        is_email_notification_enabled: token.is_email_notification_enabled ?? false,
        notice_sent_for: null,
      }),
      isNoticeSent: expiresOn !== null && token.notice_sent_for === expiresOn,
    }
  })
  const delivered = delivery_tokens.map(
    (token): Lane => ({
      uid: token.uid ?? '',
      name: token.name,
      kind: 'delivery',
      made: Date.parse(token.created_at ?? ''),
      expiry: null,
      expiresOn: null,
      notice: null,
      isNoticeSent: false,
    }),
  )
  return [...managed, ...delivered]
}

/** Those that expire next come first, then those that never do, then the expired ones. */
function inOrder(lanes: Lane[], time: number): Lane[] {
  const rank = ({ expiry }: Lane) => (expiry === null ? 1 : expiry > time ? 0 : 2)
  return lanes.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      (rank(a) === 2 ? (b.expiry ?? 0) - (a.expiry ?? 0) : (a.expiry ?? 0) - (b.expiry ?? 0)),
  )
}

/** The next e-mail or expiry. */
function nextEvent(lanes: Lane[], time: number) {
  return lanes
    .flatMap(({ name, notice, isNoticeSent, expiry }) => [
      ...(notice !== null && !isNoticeSent ? [{ at: notice, text: `e-mail about “${name}”` }] : []),
      ...(expiry !== null ? [{ at: expiry, text: `“${name}” expires` }] : []),
    ])
    .filter(({ at }) => at > time)
    .sort((a, b) => a.at - b.at)[0]
}

const RANGES = [
  { value: 'month', label: 'Month', past: 7, future: 31 },
  { value: 'quarter', label: 'Quarter', past: 20, future: 95 },
  { value: 'year', label: 'Year', past: 60, future: 370 },
  { value: 'all', label: 'All', past: 0, future: 0 },
] as const
type Range = (typeof RANGES)[number]['value']

interface Span {
  from: number
  to: number
}

function spanOf(range: Range, lanes: Lane[], time: number): Span {
  const { past, future } = RANGES.find(({ value }) => value === range) as (typeof RANGES)[number]
  if (range !== 'all') return { from: time - past * DAY, to: time + future * DAY }
  const times = lanes.flatMap(({ made, expiry }) => [made, expiry ?? time])
  const from = Math.min(time, ...times)
  const to = Math.max(time + DAY, ...times)
  const margin = (to - from) * 0.04
  return { from: from - margin, to: to + margin }
}

/** The first moments of days or months that divide the span into a few parts: fewer where there is little room for dates. */
function ticksOf({ from, to }: Span): number[] {
  const most = innerWidth < 760 ? 3 : 6
  const days = (to - from) / DAY
  const ticks: number[] = []
  if (days < 60) {
    const step = Math.ceil(days / most / 7) * 7
    for (let at = Math.ceil(from / DAY) * DAY; at < to; at += step * DAY) ticks.push(at)
    return ticks
  }
  const step = [1, 2, 3, 6, 12, 24, 60].find((months) => days / 30 / months <= most) ?? 120
  const start = new Date(from)
  for (let month = Math.ceil(start.getUTCMonth() / step) * step; ticks.length < 40; month += step) {
    const at = Date.UTC(start.getUTCFullYear(), month, 1)
    if (at >= to) break
    if (at > from) ticks.push(at)
  }
  return ticks
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const month = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' })

/** A duration for `POST /_mock/clock/advance`, rounded up to a second. */
const durationTo = (at: number, time: number) => `PT${Math.ceil((at - time) / 1000)}S`

const advance = (duration: string): Command => ({
  method: 'POST',
  path: '/_mock/clock/advance',
  body: { duration },
})
const REAL: Command = { method: 'PUT', path: '/_mock/clock', body: { mode: 'real' } }

export function Timeline() {
  const [range, setRange] = useState<Range>('month')
  const all = stack.value ? lanesOf(stack.value) : []
  const time = now.value
  const lanes = inOrder(all, time).slice(0, ROWS)
  const span = spanOf(range, lanes, time)
  return (
    <>
      <div class="top">
        <h1>Timeline</h1>
        <Context withUser={false} />
      </div>
      <ClockBar lanes={all} />
      <section class="card picture" aria-labelledby="picture">
        <div class="bar">
          <h2 id="picture">Tokens over the world’s time</h2>
          <Segments label="Range" value={range} choices={[...RANGES]} onChange={setRange} />
        </div>
        {lanes.length === 0 ? (
          <Empty title="This stack has no tokens">Create one under Tokens, and it shows up here.</Empty>
        ) : (
          <>
            <Axis span={span} time={time} />
            <ul class="lanes">
              {lanes.map((lane) => (
                // A lane that expires is made again, since Chromium does not recolour all of its parts.
                <LaneRow
                  key={`${lane.uid} ${isExpired(lane.expiresOn, time)}`}
                  lane={lane}
                  span={span}
                  time={time}
                />
              ))}
            </ul>
            <Legend />
            <More shown={lanes.length} total={all.length} noun="tokens" />
          </>
        )}
      </section>
      <Outbox />
    </>
  )
}

function ClockBar({ lanes }: { lanes: Lane[] }) {
  const { error, start } = useAction()
  const [last, setLast] = useState<Command>(advance('P1D'))
  const next = nextEvent(lanes, now.value)
  const go = (command: Command, news: string) =>
    start(async () => {
      setLast(command)
      await act(command)
      announce(news)
    })
  return (
    <section class="card clock" aria-label="Clock">
      <div class="row">
        <p class="big">
          <time dateTime={new Date(now.value).toISOString()}>{dateTimeOf(now.value)}</time>
          <small>
            {next ? `Next: ${next.text} ${inWords(next.at, now.value)}` : 'Nothing else is going to expire.'}
          </small>
        </p>
        <button type="button" class="button" onClick={() => void go(advance('P1D'), 'One day later.')}>
          +1 day
        </button>
        <button type="button" class="button" onClick={() => void go(advance('P7D'), 'Seven days later.')}>
          +7 days
        </button>
        <button
          type="button"
          class="button primary"
          aria-disabled={!next}
          onClick={() => next && void go(advance(durationTo(next.at, now.value)), `Now: ${next.text}.`)}
        >
          To the next event
        </button>
        {clock.value.mode !== 'real' && (
          <button type="button" class="button" onClick={() => void go(REAL, 'Back in the real time.')}>
            Back to the real time
          </button>
        )}
      </div>
      {error !== undefined && <Refused error={error} />}
      <Curl command={last} />
    </section>
  )
}

const share = (at: number, { from, to }: Span) => ((at - from) / (to - from)) * 100
const percent = (value: number) => `${value.toFixed(3)}%`
const within = (value: number) => Math.min(100, Math.max(0, value))

function Axis({ span, time }: { span: Span; time: number }) {
  const isShort = span.to - span.from < 60 * DAY
  return (
    <div class="lane axis" aria-hidden="true">
      <span />
      <svg class="drawing" height="22" aria-hidden="true">
        {ticksOf(span).map((at) => {
          const x = share(at, span)
          // A label at an edge would be cut, and one near `now` would be covered.
          if (x > 94 || x < 3 || Math.abs(x - share(time, span)) < 12) return null
          return (
            <text key={at} x={percent(x)} y="14">
              {(isShort ? day : month).format(at)}
            </text>
          )
        })}
        <text class="today" x={percent(share(time, span))} y="14">
          now
        </text>
      </svg>
      <span />
    </div>
  )
}

const Upright = ({ className, x }: { className: string; x: number }) => (
  <line class={className} x1={percent(x)} x2={percent(x)} y1="0" y2="100%" />
)

function LaneRow({ lane, span, time }: { lane: Lane; span: Span; time: number }) {
  const { name, kind, made, expiry, notice, isNoticeSent } = lane
  const start = within(share(made, span))
  const end = expiry === null ? 100 : within(share(expiry, span))
  const words = lane.expiresOn === null ? 'never expires' : expiryInWords(lane.expiresOn, time)
  const isInside = (at: number) => at >= span.from && at <= span.to
  return (
    <li class={`lane ${kind}${isExpired(lane.expiresOn, time) ? ' expired' : ''}`}>
      <span class="who">
        {name}
        <small>{kind} token</small>
      </span>
      <svg class="drawing" aria-hidden="true">
        {ticksOf(span).map((at) => (
          <Upright key={at} className="tick" x={share(at, span)} />
        ))}
        <rect
          class="bar-of-life"
          x={percent(start)}
          width={percent(Math.max(0, end - start))}
          y="50%"
          height="10"
          rx="5"
        />
        {isInside(made) && <circle class="made" cx={percent(start)} cy="50%" r="6" />}
        {notice !== null && isInside(notice) && (
          <svg class="notice" x={percent(share(notice, span))} y="50%" overflow="visible" aria-hidden="true">
            <rect class={isNoticeSent ? 'sent' : ''} x="-8" y="-6" width="16" height="12" rx="2" />
            <path d="M-7 -5L0 1L7 -5" />
          </svg>
        )}
        <Upright className="today" x={share(time, span)} />
        {expiry !== null && isInside(expiry) && <circle class="end" cx={percent(end)} cy="50%" r="7" />}
      </svg>
      <span class="when">
        {words}
        {expiry !== null && <small>{dateOf(expiry)}</small>}
      </span>
    </li>
  )
}

function Legend() {
  return (
    <p class="legend" aria-hidden="true">
      <span>
        <i class="management" /> management token
      </span>
      <span>
        <i class="delivery" /> delivery token
      </span>
      <span>
        <i class="expired" /> expired
      </span>
      <span>
        <Icon name="mail" /> e-mail, seven days before
      </span>
    </p>
  )
}

/** The e-mails about tokens of the stack. */
function Outbox() {
  const messages = outbox.value.filter(({ api_key: apiKey }) => apiKey === stack.value?.api_key)
  const others = outbox.value.length - messages.length
  const clear: Command = { method: 'DELETE', path: '/_mock/outbox' }
  const { start } = useAction()
  return (
    <section class="card" aria-labelledby="outbox">
      <div class="bar">
        <h2 id="outbox">
          Outbox <span class="count">{messages.length}</span>
        </h2>
        <button
          type="button"
          class="button"
          aria-disabled={outbox.value.length === 0}
          onClick={() => void start(async () => void (await act(clear)))}
        >
          {others === 0 ? 'Empty it' : 'Empty it for all stacks'}
        </button>
      </div>
      {messages.length === 0 ? (
        <Empty title="No e-mail yet">
          Seven days before a management token expires, its creator gets an e-mail. Advance the clock, and it
          arrives here.
        </Empty>
      ) : (
        <ul class="mails">
          {messages.slice(0, ROWS).map((message) => (
            <li key={`${message.token_uid}${message.sent_at}`} class="mail">
              <Icon name="mail" />
              <span>
                <strong>{message.subject}</strong>
                <span>{message.text}</span>
                <small>
                  to {message.to}, {dateTimeOf(message.sent_at)}
                </small>
              </span>
            </li>
          ))}
        </ul>
      )}
      <More shown={ROWS} total={messages.length} noun="e-mails" />
      {others > 0 && <p class="muted">{plural(others, 'e-mail')} about other stacks.</p>}
      <Curl command={{ method: 'GET', path: '/_mock/outbox' }} />
    </section>
  )
}
