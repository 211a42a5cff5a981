/** Returns the path without query and fragment. */
export const withoutQuery = (url: string) => url.replace(/[?#].*/s, '')

/** Returns the path without `/v3`. The service has the same calls with and without it. */
export const withoutVersion = (path: string) => path.replace(/^\/v3(?=\/|$)/, '')

/**
 * Whether a path matches a pattern, in which `*` matches any characters. Either may begin with `/v3`. Runs in linear time.
 */
export function matchesPath(pattern: string, path: string): boolean {
  const text = withoutVersion(path)
  const [first, ...rest] = withoutVersion(pattern).split('*') as [string, ...string[]]
  const last = rest.pop()
  if (last === undefined) return first === text
  if (!text.startsWith(first)) return false
  let from = first.length
  for (const part of rest) {
    const found = text.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}
