/** Returns a one-line message for an unsupported Node version such as `20.1.0`; undefined for a supported one. */
export function nodeVersionProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 14)) return undefined
  return `contentstack-tokens-mock needs Node 22.14 or newer; this is ${version}.`
}
