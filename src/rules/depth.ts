/** Whether arrays and objects are nested more than `limit` levels deep. */
export function isDeeper(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  // An array as it is: a copy of a large one would cost as much again.
  const inside: unknown[] = Array.isArray(value) ? value : Object.values(value)
  return limit === 0 || inside.some((inner) => isDeeper(inner, limit - 1))
}
