/** Whether a text is what a pattern says, in which a `*` stands for any characters. In linear time. */
export function matchesWildcard(pattern: string, text: string): boolean {
  const [first, ...rest] = pattern.split('*') as [string, ...string[]]
  if (rest.length === 0) return pattern === text
  const last = rest.pop() as string
  if (!text.startsWith(first)) return false
  let from = first.length
  for (const part of rest) {
    const found = text.indexOf(part, from)
    if (found < 0) return false
    from = found + part.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}
