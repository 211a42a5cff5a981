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
