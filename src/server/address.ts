/** Addresses that stand for every one of the machine, and the one to call it by from the machine itself. */
const CALLABLE: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** The address at which a server that listens on `host` can be called. */
export const callable = (host: string) => CALLABLE[host] ?? host

/** Such as `http://127.0.0.1:4747`. */
export function urlOf(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  const address = callable(host)
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`
}
