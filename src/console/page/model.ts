import { computed, effect, signal } from '@preact/signals'
import type { TokenReading } from '../../control/introspection.ts'
import type { Fixture } from '../../fixtures/schema.ts'
import type { Profile } from '../../rules/profiles.ts'
import type { Role } from '../../rules/roles.ts'
import type { Message } from '../../store/messages.ts'
import type { ClockReading } from '../../world/clock.ts'
import type { FaultReading } from '../../world/faults.ts'
import type { JournalEntry } from '../../world/journal.ts'
import { address, worldName } from './address.ts'
import { type Command, needsToken, Refusal, run, send } from './api.ts'

// What the page knows of its world. Whoever reads a signal is rendered again when it changes.

export const state = signal<Fixture | undefined>(undefined)
export const clock = signal<ClockReading>({ mode: 'real', now: new Date().toISOString() })
export const outbox = signal<Message[]>([])
export const faults = signal<FaultReading[]>([])
export const worlds = signal<string[]>([])
export const requests = signal<JournalEntry[]>([])
export const profile = signal<Profile | ''>('')
export const tokenFacts = signal<TokenReading[]>([])

export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')
/** Whether the page's world does not exist. */
export const isGone = signal(false)

const readAt = signal(performance.now())
const ticks = signal(performance.now())

/** The time of the world, in milliseconds since 1970. */
export const now = computed(() => {
  const read = Date.parse(clock.value.now)
  return clock.value.mode === 'frozen' ? read : read + Math.max(0, ticks.value - readAt.value)
})

export type StackEntry = Fixture['stacks'][number]
type UserEntry = Fixture['users'][number]

export const stacks = computed(() => state.value?.stacks ?? [])
export const stack = computed(
  () => stacks.value.find(({ api_key }) => api_key === address.value.stack) ?? stacks.value[0],
)

interface Person {
  user: UserEntry
  /** Undefined for a user who is not in the stack. */
  role: Role | undefined
  authtoken: string | undefined
}

/** The users of the world with their roles in the stack, those in the stack first. */
export const people = computed((): Person[] => {
  const { users = [] } = state.value ?? {}
  const { owner, members = [] } = stack.value ?? {}
  const roleOf = ({ email }: UserEntry): Role | undefined =>
    email === owner ? 'owner' : members.find((member) => member.email === email)?.role
  return users
    .map((user) => ({ user, role: roleOf(user), authtoken: user.authtokens?.[0] }))
    .sort((a, b) => rank(a.role) - rank(b.role))
})

const RANKS: (Role | undefined)[] = ['owner', 'admin', 'developer', 'content_manager', undefined]
const rank = (role: Role | undefined) => RANKS.indexOf(role)

/** The user whose authtoken the page sends. */
export const actor = computed(() => {
  const able = people.value.filter(({ authtoken }) => authtoken !== undefined)
  return able.find(({ user }) => user.uid === address.value.user) ?? able[0]
})

/** The credentials of the chosen user for the chosen stack. */
export const credentials = computed((): Record<string, string> => {
  const apiKey = stack.value?.api_key
  return {
    ...(apiKey !== undefined && { api_key: apiKey }),
    ...(actor.value?.authtoken !== undefined && { authtoken: actor.value.authtoken }),
  }
})

export const nameOf = (uid: string | undefined) => {
  const user = state.value?.users.find((other) => other.uid === uid)
  return user ? `${user.first_name} ${user.last_name}`.trim() || user.email : 'someone'
}

const get = (path: string): Command => ({ method: 'GET', path })

let stateText = ''
/** How long the last refresh took, in milliseconds. */
let took = 0

let reading = Promise.resolve()

/** Reads everything but the requests again, one reading at a time, so that an older one never comes last. */
export function refresh(): Promise<void> {
  reading = reading.then(read)
  return reading
}

async function read(): Promise<void> {
  const started = performance.now()
  try {
    const list = await run<{ worlds: { name: string }[] }>({ ...get('/_mock/worlds'), isGlobal: true })
    worlds.value = list.worlds.map(({ name }) => name)
    // A call to a world that does not exist would create it.
    isGone.value = !worlds.value.includes(worldName)
    if (isGone.value) return
    const [text, reading, messages, rules, facts] = await Promise.all([
      send(get('/_mock/state')).then((response) => response.text()),
      run<ClockReading>(get('/_mock/clock')),
      run<{ messages: Message[] }>(get('/_mock/outbox')),
      run<{ rules: FaultReading[] }>(get('/_mock/faults')),
      run<{ tokens: TokenReading[] }>(get('/_mock/tokens')),
    ])
    readAt.value = performance.now()
    ticks.value = readAt.value
    clock.value = reading
    outbox.value = messages.messages
    faults.value = rules.rules
    tokenFacts.value = facts.tokens
    if (text !== stateText) {
      stateText = text
      state.value = JSON.parse(text) as Fixture
    }
  } catch (error) {
    if (!(error instanceof Refusal)) connection.value = 'lost'
  }
  took = performance.now() - started
}

/** Runs a call that changes something, then reads what it changed. */
export async function act<T>(command: Command): Promise<T> {
  try {
    return await run<T>(command)
  } finally {
    await refresh()
  }
}

const POLL_TIME = 4000

let isRefreshDue = false

/** Refreshes soon, with pauses in between, so that a busy server with much state has little work with it. */
function refreshSoon(): void {
  if (isRefreshDue) return
  isRefreshDue = true
  setTimeout(
    () => {
      isRefreshDue = false
      void refresh()
    },
    Math.min(POLL_TIME, Math.max(200, took * 4)),
  )
}

/** As many as the journal keeps by default. */
const REQUESTS_KEPT = 1000

let arrived: JournalEntry[] = []
let loading = Promise.resolve()

/** Adds a request. Those of a tenth of a second are shown at once, after a list that is on its way. */
function arrive(entry: JournalEntry): void {
  if (arrived.length === 0) setTimeout(() => loading.then(showArrived, showArrived), 100)
  arrived.unshift(entry)
  refreshSoon()
}

function showArrived(): void {
  // The list may have some of them.
  const known = new Set(requests.value.map(({ id }) => id))
  const added = arrived.filter(({ id }) => !known.has(id))
  arrived = []
  requests.value = [...added, ...requests.value].slice(0, REQUESTS_KEPT)
}

export function loadRequests(): Promise<void> {
  const load = async () => {
    arrived = []
    const list = await run<{ requests: JournalEntry[] }>(get('/_mock/requests'))
    requests.value = list.requests
  }
  loading = loading.then(load, load)
  return loading
}

/** Reads the stream of requests until it ends. `fetch` sends the control token, unlike EventSource. */
async function listen(signal: AbortSignal): Promise<void> {
  const response = await send(get('/_mock/events'), signal)
  await loadRequests()
  connection.value = 'live'
  let text = ''
  const decoder = new TextDecoder()
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    text += decoder.decode(value, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() as string
    for (const event of events) {
      const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? []
      if (name === 'request') arrive(JSON.parse(data) as JournalEntry)
      else if (name === 'missed') await loadRequests()
    }
  }
}

const RETRY_TIME = 1500
let stream: AbortController | undefined

/** Keeps the page up to date while someone can see it, since a browser has few connections to a server. */
async function connect(): Promise<void> {
  stream?.abort()
  if (document.hidden) return
  const own = new AbortController()
  stream = own
  while (!own.signal.aborted) {
    await refresh()
    if (!needsToken.value && !isGone.value) {
      try {
        await listen(own.signal)
      } catch {
        // The connection broke, or the server refused. Both are tried again below.
      }
      if (!own.signal.aborted) connection.value = 'lost'
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_TIME))
  }
}

/** Starts to follow the world. */
export function follow(): void {
  document.addEventListener('visibilitychange', () => void connect())
  setInterval(() => {
    if (document.hidden) return
    ticks.value = performance.now()
  }, 1000)
  // The control API has no events, so a reset by a test, for example, is found out by asking.
  setInterval(() => {
    if (!document.hidden && !needsToken.value) refreshSoon()
  }, POLL_TIME)
  void connect()
}

// The profile is known from a header of every response of the API.
effect(() => {
  if (stack.value === undefined || profile.peek() !== '') return
  const command: Command = { method: 'GET', path: '/v3/environments?limit=1', headers: credentials.value }
  send(command).then(
    ({ headers }) => {
      profile.value = (headers.get('x-mock-profile') ?? '') as Profile | ''
    },
    () => {},
  )
})
