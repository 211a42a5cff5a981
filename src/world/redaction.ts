import { unescape as percentDecoded } from 'node:querystring'
import { DEPTH_LIMIT } from '../rules/caps.ts'
import { isDeeper } from '../rules/input.ts'

/** Keys whose values are secrets. They match in any letter case, and with `-` or nothing in place of `_`. */
const SECRETS = [
  'access_token',
  'authorization',
  'authtoken',
  'authtokens',
  'management_token',
  'master_key',
  'oauth_tokens',
  'password',
  'preview_token',
  'refresh_token',
  'tfa_token',
  'token',
  'totp_secret',
]

const REDACTED = '[redacted]'

/**
 * `token` is both a secret and the envelope of a token. `tokens` is a list of tokens, or their number.
 */
type Kind = 'plain' | 'secret' | 'token' | 'tokens'

const normal = (key: string) => key.toLowerCase().replaceAll(/[-_]/g, '')
const KINDS = new Map<string, Kind>([
  ...SECRETS.map((key) => [normal(key), 'secret'] as const),
  ['token', 'token'],
  ['tokens', 'tokens'],
])
const kindOf = (key: string): Kind => KINDS.get(normal(key)) ?? 'plain'

/** A secret in free text. Everything after it is redacted, since its end is unknown. */
const ASSIGNED = new RegExp(`((?:${SECRETS.join('|').replaceAll('_', '[-_]?')})["'\\]\\\\\\s]*[=:]).+`, 'is')

/** Returns a request body without its secrets; undefined if it is neither JSON nor a form. */
export function redactBody(text: string): string | undefined {
  const value = parsed(text.replace(/^\ufeff/, ''))
  if (value !== undefined) return JSON.stringify(redacted(value, 'plain'))
  return isForm(text) ? redactQuery(text) : undefined
}

/** Returns a response body without its secrets; undefined if it is not JSON. */
export function redactResponse(text: string): string | undefined {
  const value = parsed(text)
  const shown = redacted(value, 'plain')
  const { errors } = Object(value) as { errors?: unknown }
  // The keys of `errors` are field names such as authtoken, but the values are messages, not secrets.
  return JSON.stringify(errors === undefined ? shown : { ...Object(shown), errors })
}

/** Returns a query or a form without its secrets; undefined if a part looks like JSON but cannot be parsed. */
export function redactQuery(text: string): string | undefined {
  const pairs = text.split('&').map(redactPair)
  return pairs.includes(undefined) ? undefined : pairs.join('&')
}

/** Returns any text without its secrets. */
export function redactText(text: string): string {
  if (!/[%{[=:]/.test(text)) return text
  const plain = decoded(text)
  const value = isContainer(plain) ? parsed(plain) : undefined
  if (value !== undefined) return JSON.stringify(redacted(value, 'plain'))
  return ASSIGNED.test(plain) ? plain.replace(ASSIGNED, `$1${REDACTED}`) : text
}

function redacted(value: unknown, kind: Kind): unknown {
  // These values reveal nothing.
  if (value === null || value === '' || typeof value === 'boolean') return value
  if (kind === 'secret') return REDACTED
  if (Array.isArray(value)) return value.map((inner) => redacted(inner, kind))
  if (typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [redactText(key), redacted(inner, kindOf(key))]),
    )
  if (kind === 'token' || (kind === 'tokens' && typeof value === 'string')) return REDACTED
  return typeof value === 'string' ? redactText(value) : value
}

/** Parses JSON; undefined for invalid JSON and for JSON nested more deeply than a request may be. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isDeeper(value, DEPTH_LIMIT) ? undefined : value
  } catch {
    return undefined
  }
}

const isContainer = (text: string) => /^\s*[{[]/.test(text)

/** A form contains visible ASCII only. Its quotes and braces are encoded. */
const isForm = (text: string) =>
  /^[!-~]+$/.test(text) && !/["<>\\{}]/.test(text) && text.split('&').every((pair) => /^[^=]+=/.test(pair))

function redactPair(pair: string): string | undefined {
  const [name = '', value] = pair.split(/=(.*)/s)
  const shownName = redactEncoded(name)
  const isSecret = isSecretName(decoded(name)) && value !== ''
  const shown = value === undefined || isSecret ? REDACTED : redactEncoded(value)
  if (shownName === undefined || shown === undefined) return undefined
  return value === undefined ? shownName : `${shownName}=${shown}`
}

/** Redacts a part of a query. A part without secrets is returned as it was sent. */
function redactEncoded(sent: string): string | undefined {
  const plain = decoded(sent.replaceAll('+', ' '))
  if (isContainer(plain) && parsed(plain) === undefined) return undefined
  const shown = redactText(plain)
  return shown === plain ? sent : encodeURIComponent(shown).replaceAll(encodeURIComponent(REDACTED), REDACTED)
}

/** Whether a name such as `user[password]` or `authtoken[]` denotes a secret. */
function isSecretName(name: string): boolean {
  const kinds = name
    .split(/[[\].]+/)
    .filter((part) => /\D/.test(part))
    .map(kindOf)
  return kinds.includes('secret') || ['token', 'tokens'].includes(kinds.at(-1) as Kind)
}

/** Removes percent-encoding, even if the text was encoded up to five times. */
function decoded(text: string): string {
  let plain = text
  for (let pass = 0; pass < 5 && plain.includes('%'); pass++) plain = percentDecoded(plain)
  return plain
}
