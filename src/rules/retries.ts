import { isIP } from 'node:net'
import { unbracketed } from './host.ts'

/** What fails a request, as a fault rule says it. */
interface Failing {
  status?: number | undefined
  connection?: string | undefined
}

/** Whether @contentstack/management retries what a rule does: a 429, a 5xx or a broken connection. */
const isRetried = ({ status = 0, connection }: Failing) =>
  connection !== undefined || status === 429 || status >= 500

/**
 * Returns a sentence about where @contentstack/management retries what fault rules do; undefined if it does not retry that
 * anywhere. Its 1.30 takes an IP address or `localhost` for an attack and throws from a timer, so that the call never settles.
 *
 * @param url the base URL of the world
 */
export function retryNotice(rules: readonly Failing[], url: string): string | undefined {
  if (!rules.some(isRetried)) return undefined
  const name = unbracketed(new URL(url).hostname)
  return name === 'localhost' || isIP(name) > 0
    ? `@contentstack/management cannot retry at ${name}: a call that should be retried never settles. It can at a host name. See --hostname.`
    : `@contentstack/management retries at ${url}/v3, but neither at an IP address nor at localhost.`
}
