import { isIP } from 'node:net'
import { UserError } from './user-error.ts'

const LABEL = /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/i

const isName = (text: string) =>
  // A name that ends in a number would be an IP address.
  text.length <= 253 && text.split('.').every((label) => LABEL.test(label)) && !/(^|\.)\d+$/.test(text)

/** The host of a URL, where IPv6 addresses have brackets, without them. */
export const unbracketed = (host: string) => (host.startsWith('[') ? host.slice(1, -1) : host)

/** Whether a text is a valid host name or IP address. */
export const isHost = (text: string): boolean => (isIP(text) > 0 ? !text.includes('%') : isName(text))

/** Whether a text is a valid host name or IP address for a certificate. A name may begin with `*.`. */
export const isCertifiable = (text: string): boolean =>
  isHost(text) || (text.startsWith('*.') && isName(text.slice(2)))

/** @throws UserError for the first text that is not a host of a certificate */
export function checkHosts(names: readonly string[]): void {
  const wrong = names.find((name) => !isCertifiable(name))
  if (wrong !== undefined) throw new UserError(`'${wrong}' is neither a host name nor an IP address.`)
}
