// Separate from the rest of tls/, so that parsing the settings, as in a health check, does not load it.

import { isIP } from 'node:net'
import { UserError } from '../../rules/user-error.ts'

const LABEL = /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/i

/** Whether a text is a valid host name or IP address for a certificate. A name may begin with `*.`. */
export function isHost(text: string): boolean {
  if (isIP(text) > 0) return !text.includes('%')
  const labels = text.replace(/^\*\./, '').split('.')
  // A name that ends in a number would be an IP address.
  return text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/(^|\.)\d+$/.test(text)
}

/** @throws UserError for the first text that is neither a host name nor an IP address */
export function checkHosts(names: readonly string[]): void {
  const wrong = names.find((name) => !isHost(name))
  if (wrong !== undefined) throw new UserError(`'${wrong}' is neither a host name nor an IP address.`)
}
