import { signal } from '@preact/signals'
import { prefix } from './address.ts'

/** A call of the server. It can be run, and shown as curl. */
export interface Command {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the world's prefix, such as `/v3/stacks`. */
  path: string
  headers?: Record<string, string>
  body?: unknown
  /** Whether the path has no prefix, since the call concerns all worlds. */
  isGlobal?: boolean
}

/** The server refused a call. */
export class Refusal extends Error {
  readonly status: number
  /** The sentence that says which rule refused. */
  readonly reason: string

  constructor(status: number, message: string, reason: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

const TOKEN_KEY = 'control-token'
let controlToken = sessionStorage.getItem(TOKEN_KEY)

/** Whether the server asks for the control token. */
export const needsToken = signal(false)
/** Whether it refused the last one that it got. */
export const wasTokenRefused = signal(false)

export function setControlToken(token: string): void {
  controlToken = token
  sessionStorage.setItem(TOKEN_KEY, token)
}

const isControl = (path: string) => path.startsWith('/_mock')

export const urlOf = ({ path, isGlobal }: Command) => `${isGlobal ? '' : prefix}${path}`

/** Sends a call. By the header `x-mock-console` the journal leaves it out. */
export async function send(command: Command, signal?: AbortSignal): Promise<Response> {
  const { method, path, headers, body } = command
  const sentToken = isControl(path) ? controlToken : null
  const response = await fetch(urlOf(command), {
    method,
    signal: signal ?? null,
    headers: {
      ...headers,
      'x-mock-console': '1',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(sentToken !== null && { authorization: `Bearer ${sentToken}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (isControl(path) && (response.ok || response.status === 401)) {
    needsToken.value = !response.ok
    wasTokenRefused.value = !response.ok && sentToken !== null
  }
  if (response.ok) return response
  throw await refusalOf(response)
}

interface Envelope {
  error_message?: string
  errors?: Record<string, string[]>
}

async function refusalOf(response: Response): Promise<Refusal> {
  const { status, headers } = response
  let envelope: Envelope = {}
  try {
    envelope = (await response.json()) as Envelope
  } catch {
    // The body is not JSON, so the status alone has to do.
  }
  const message = envelope.error_message ?? `The server responded with ${status}.`
  const fields = Object.entries(envelope.errors ?? {}).map(
    ([field, texts]) => `${field} ${[texts].flat().join(' ')}`,
  )
  return new Refusal(status, message, headers.get('x-mock-reason') ?? fields.join(' '))
}

export const run = async <T>(command: Command): Promise<T> => (await send(command)).json() as Promise<T>

/** Saves a response as a file. A plain link could not send the control token. */
export async function download(command: Command, name: string): Promise<void> {
  const url = URL.createObjectURL(await (await send(command)).blob())
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // Some browsers read the file only after the click.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

/** The call as a curl command, for a shell. */
export function curlOf(command: Command): string {
  const { method, path, headers = {}, body } = command
  const lines = [
    `curl${method === 'GET' ? '' : ` -X ${method}`} ${quoted(`${location.origin}${urlOf(command)}`)}`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(isControl(path) && controlToken !== null
      ? ['-H "Authorization: Bearer $TOKENS_MOCK_CONTROL_TOKEN"']
      : []),
    ...(body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`]),
  ]
  return lines.join(' \\\n  ')
}
