import { Fragment } from 'preact'
import { useState } from 'preact/hooks'
import type { JournalEntry } from '../../world/journal.ts'
import { type Command, curlOf } from './api.ts'
import { act, connection, loadRequests, requests } from './model.ts'
import { Code, Curl, Dialog, Empty, More, ROWS, Select, useAction } from './parts.tsx'
import { timeOfDay } from './words.ts'

const CLASSES = [
  { value: '', label: 'Any status' },
  { value: '2', label: '2xx, done' },
  { value: '4', label: '4xx, refused' },
  { value: '5', label: '5xx, failed' },
  { value: '0', label: 'No response' },
]

const METHODS = ['', 'GET', 'POST', 'PUT', 'DELETE'].map((value) => ({
  value,
  label: value || 'Any method',
}))

const statusClass = (status: number) => (status === 0 ? '0' : String(status)[0])

const TONES: Record<string, string> = { 2: 'good', 3: 'good', 4: 'warn', 5: 'bad', 0: 'bad' }

function Status({ status }: { status: number }) {
  return (
    <span class={`pill ${TONES[statusClass(status) ?? ''] ?? ''}`}>{status === 0 ? 'none' : status}</span>
  )
}

const unreadOf = ({ unread }: JournalEntry) => [...unread.fields, ...unread.parameters]

const CREDENTIALS = {
  none: 'no credential',
  authtoken: 'authtoken',
  authorization: 'authorization',
  both: 'authtoken and authorization',
  access_token: 'access_token',
  preview_token: 'preview_token',
}

export function Requests() {
  const [text, setText] = useState('')
  const [status, setStatus] = useState('')
  const [method, setMethod] = useState('')
  const [openId, open] = useState<string>()
  const { start } = useAction()
  const sought = text.trim().toLowerCase()
  const found = requests.value.filter(
    (entry) =>
      (status === '' || statusClass(entry.status) === status) &&
      (method === '' || entry.method === method) &&
      (sought === '' ||
        `${entry.path}?${entry.query} ${entry.reason ?? ''} ${entry.api_key ?? ''}`
          .toLowerCase()
          .includes(sought)),
  )
  const shown = found.slice(0, ROWS)
  const opened = requests.value.find(({ id }) => id === openId)
  const clear: Command = { method: 'DELETE', path: '/_mock/requests' }
  return (
    <>
      <div class="top">
        <h1>Requests</h1>
        <p class={`life ${connection.value}`} aria-hidden="true">
          {connection.value === 'live' ? 'Live' : 'Waiting'}
        </p>
      </div>
      <search class="bar filters">
        <label class="field grow">
          <span>Filter</span>
          <input
            type="search"
            placeholder="Path, reason or api_key"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <Select label="Method" value={method} choices={METHODS} onChange={setMethod} />
        <Select label="Status" value={status} choices={CLASSES} onChange={setStatus} />
        <button
          type="button"
          class="button"
          aria-disabled={requests.value.length === 0}
          onClick={() =>
            void start(async () => {
              await act(clear)
              await loadRequests()
            })
          }
        >
          Clear
        </button>
      </search>
      {shown.length === 0 ? (
        <Empty title={requests.value.length === 0 ? 'No request yet' : 'No request matches'}>
          {requests.value.length === 0
            ? 'Requests of your clients show up here as they arrive.'
            : 'Change the filter to see others.'}
        </Empty>
      ) : (
        <div class="list requests">
          <div class="head" aria-hidden="true">
            {['Time', 'Status', 'Call', 'Credential'].map((title) => (
              <span key={title}>{title}</span>
            ))}
            <span class="number">ms</span>
          </div>
          <ul>
            {shown.map((entry) => (
              <Row key={entry.id} entry={entry} onOpen={() => open(entry.id)} />
            ))}
          </ul>
        </div>
      )}
      <More shown={shown.length} total={found.length} noun="requests" />
      <Curl command={{ method: 'GET', path: '/_mock/requests' }} label="Read the journal with curl" />
      {opened && <Details entry={opened} onClose={() => open(undefined)} />}
    </>
  )
}

function Row({ entry, onOpen }: { entry: JournalEntry; onOpen: () => void }) {
  const unread = unreadOf(entry)
  return (
    <li class="line">
      <span class="cell">
        <time class="muted" dateTime={entry.time}>
          {timeOfDay(entry.time)}
        </time>
      </span>
      <span class="cell">
        <Status status={entry.status} />
      </span>
      <span class="cell name">
        <button type="button" class="open mono" onClick={onOpen}>
          <b>{entry.method}</b> {entry.path}
          {entry.query && <span class="muted">?{entry.query}</span>}
        </button>
        {entry.reason && <small>{entry.reason}</small>}
        {unread.length > 0 && <small class="unread">Not read: {unread.join(', ')}</small>}
      </span>
      <span class="cell muted">{CREDENTIALS[entry.credential]}</span>
      <span class="cell muted number">{entry.ms}</span>
    </li>
  )
}

const pretty = (text: string) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function Body({ title, text, left }: { title: string; text: string | null; left: number | undefined }) {
  if (text === null && left === undefined) return null
  return (
    <>
      <h3>{title}</h3>
      {text === null ? (
        <p class="muted">The journal left out {left} characters.</p>
      ) : (
        <Code text={pretty(text)} copied={text} what={title.toLowerCase()} />
      )}
    </>
  )
}

/** The same call again. The journal has no secrets, so they have to be filled in. */
function commandOf(entry: JournalEntry): Command {
  const {
    method,
    path,
    query,
    credential,
    api_key: apiKey,
    request_headers: sent,
    request_body: body,
  } = entry
  const { branch, organization_uid: organization } = sent
  let json: unknown
  try {
    json = body === null ? undefined : JSON.parse(body)
  } catch {
    // A form, which no call of the API needs.
  }
  return {
    method: method as Command['method'],
    path: `${path}${query && `?${query}`}`,
    headers: {
      ...(apiKey !== null && { api_key: apiKey }),
      ...((credential === 'authtoken' || credential === 'both') && { authtoken: 'AUTHTOKEN' }),
      ...((credential === 'authorization' || credential === 'both') && { authorization: 'TOKEN' }),
      ...((credential === 'access_token' || credential === 'preview_token') && { [credential]: 'TOKEN' }),
      ...(branch !== undefined && { branch }),
      ...(organization !== undefined && { organization_uid: organization }),
    },
    ...(json !== undefined && { body: json }),
  }
}

function Details({ entry, onClose }: { entry: JournalEntry; onClose: () => void }) {
  const unread = unreadOf(entry)
  const headers = Object.entries(entry.request_headers)
  const curl = curlOf(commandOf(entry))
  return (
    <Dialog title={`${entry.method} ${entry.path}`} isSheet onClose={onClose}>
      <p class="row">
        <Status status={entry.status} />
        <span class="muted">
          {timeOfDay(entry.time)} UTC, {entry.ms} ms, {CREDENTIALS[entry.credential]}
        </span>
      </p>
      {entry.reason && <p class="reason">{entry.reason}</p>}
      {unread.length > 0 && (
        <p class="reason">
          The server did not read: <code>{unread.join(', ')}</code>
        </p>
      )}
      <h3>Request headers</h3>
      <dl class="facts mono">
        {entry.api_key !== null && (
          <>
            <dt>api_key</dt>
            <dd>{entry.api_key}</dd>
          </>
        )}
        {headers.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      <Body title="Request body" text={entry.request_body} left={entry.left_out.request_body} />
      <Body title="Response body" text={entry.response_body} left={entry.left_out.response_body} />
      <h3>As curl</h3>
      <Code text={curl} what="the curl command" />
      <p class="muted">Put your credential in. The journal does not keep it.</p>
    </Dialog>
  )
}
