/** Whether a host name or an address leads to the same machine, so that no other machine reaches a server there. */
export const isLoopback = (host: string) => /^(127\.[\d.]+|::1|(.+\.)?localhost)$/i.test(host)

/** The wildcard addresses, each with the address to call from the same machine. */
const CALLABLE: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** The address to call a server that listens on `host`. */
export const callable = (host: string) => CALLABLE[host] ?? host

/**
 * Such as `http://127.0.0.1:4747`.
 *
 * @param host the name that the URL should have, or else the address that the server listens on
 */
export function urlOf(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  const address = callable(host)
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`
}
