/** Half a surrogate pair, as JSON writes it. UTF-8 has no other way to hold one. */
export const HALF_PAIR = /\\u[dD][89a-fA-F]/

/**
 * A copy of a JSON value whose texts are all well-formed. SQLite keeps UTF-8, which cannot hold half a surrogate pair, so every
 * body and fixture passes here before anything is kept.
 */
export function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]),
  )
}

/** The pattern of a parameter that says true or false: in any letter case, as Python's clients write it (A). */
export const FLAG = '^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])?$'

/** Whether a flag says true. An empty one reads as absent. */
export const isTrue = (flag: string | undefined) => flag?.toLowerCase() === 'true'

/** Whether arrays and objects are nested more than `limit` levels deep. */
export function isDeeper(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (limit === 0) return true
  // An array as it is: a copy of a large one would cost as much again.
  for (const inner of Array.isArray(value) ? value : Object.values(value))
    if (isDeeper(inner, limit - 1)) return true
  return false
}

/** Changes to a kept thing: what a field holds, or undefined where the request leaves it out. */
export type Changes<T> = { [Key in keyof T]?: T[Key] | undefined }

/** What a PUT leaves out stays (C). */
export function updated<T extends object>(found: T, changes: Changes<T>): T {
  const result = { ...found }
  for (const key of Object.keys(changes) as (keyof T)[]) {
    const value = changes[key]
    if (value !== undefined) result[key] = value as T[keyof T]
  }
  return result
}
