// Separate from the rest of tls/, so that parsing the settings, as in a health check, does not load it.

import { isIP } from 'node:net'

const LABEL = /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/i

/** Whether a text is a valid host name or IP address for a certificate. A name may begin with `*.`. */
export function isHost(text: string): boolean {
  if (isIP(text) > 0) return !text.includes('%')
  const labels = text.replace(/^\*\./, '').split('.')
  // A name that ends in a number would be an IP address.
  return text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/(^|\.)\d+$/.test(text)
}
