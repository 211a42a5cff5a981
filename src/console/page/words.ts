import { expiryOf } from '../../rules/time.ts'

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['week', 7 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/** Such as `in 3 days` or `2 hours ago`. */
export function inWords(time: number, now: number): string {
  const distance = time - now
  for (const [unit, length] of UNITS) {
    // Weeks only from two on: "in 8 days" says more than "next week". A second less than a day still is a day.
    if (Math.abs(distance) >= length * (unit === 'week' ? 2 : 0.99))
      return relative.format(Math.round(distance / length), unit)
  }
  return distance > 0 ? 'in less than a minute' : 'just now'
}

/** Such as `in 3 days`, `expired 2 years ago` or `never`. */
export function expiryInWords(expiresOn: string | null | undefined, now: number): string {
  const expiry = expiryOf(expiresOn ?? null)
  if (expiry === null) return 'never'
  return expiry <= now ? `expired ${inWords(expiry, now)}` : inWords(expiry, now)
}

const date = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})
const time = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
})

/** In UTC, as the API has it. */
export const dateOf = (at: number | string) => date.format(new Date(at))
export const timeOfDay = (at: number | string) => time.format(new Date(at))
export const dateTimeOf = (at: number | string) => `${dateOf(at)}, ${timeOfDay(at)} UTC`

export const plural = (count: number, noun: string) =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`

export const ROLE_NAMES = {
  owner: 'Owner',
  admin: 'Admin',
  developer: 'Developer',
  content_manager: 'Content manager',
}

/** A scope as the API or a fixture has it. */
export type Scope = {
  module: string
  acl?: { read?: boolean; write?: boolean }
  environments?: (string | { name: string })[]
  branches?: string[]
  branch_aliases?: string[]
}[]

export const environmentsOf = (scope: Scope) =>
  scope.flatMap(({ environments = [] }) =>
    environments.map((entry) => (typeof entry === 'string' ? entry : entry.name)),
  )

export const branchesOf = (scope: Scope) =>
  scope.flatMap(({ branches = [], branch_aliases = [] }) => [...branches, ...branch_aliases])

const moduleName = (module: string) => (module === '$all' ? 'everything' : module.replaceAll('_', ' '))

/** Such as `content type: read, write`. */
export const permissionsOf = (scope: Scope) =>
  scope
    .filter(({ module }) => module !== 'branch' && module !== 'branch_alias')
    .map(({ module, acl = {} }) => ({
      module: moduleName(module),
      rights: [acl.read && 'read', acl.write && 'write'].filter(Boolean).join(', ') || 'nothing',
    }))
