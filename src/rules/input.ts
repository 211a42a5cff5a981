/** Matches half a surrogate pair, escaped in JSON. In UTF-8 text it cannot appear in any other form. */
export const HALF_PAIR = /\\u[dD][89a-fA-F]/

/**
 * Returns a copy of a JSON value in which every string is well-formed. SQLite stores UTF-8, which cannot hold half a
 * surrogate pair, so every body and fixture passes through here before it is stored.
 */
export function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]),
  )
}

/** The pattern of a boolean query parameter: in any letter case, since Python clients send `True` (A). */
export const FLAG = '^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])?$'

/** Whether a flag is true. An empty value counts as absent. */
export const isTrue = (flag: string | undefined) => flag?.toLowerCase() === 'true'

/** Whether arrays and objects are nested more than `limit` levels deep. */
export function isDeeper(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (limit === 0) return true
  // Iterates arrays directly, since `Object.values` would copy them.
  for (const inner of Array.isArray(value) ? value : Object.values(value))
    if (isDeeper(inner, limit - 1)) return true
  return false
}

/** New values by field; undefined for a field that the request leaves out. */
export type Changes<T> = { [Key in keyof T]?: T[Key] | undefined }

/** Returns a copy with the changes applied. A field that a PUT leaves out keeps its value (C). */
export function updated<T extends object>(found: T, changes: Changes<T>): T {
  const result = { ...found }
  for (const key of Object.keys(changes) as (keyof T)[]) {
    const value = changes[key]
    if (value !== undefined) result[key] = value as T[keyof T]
  }
  return result
}
