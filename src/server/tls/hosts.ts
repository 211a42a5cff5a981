// What the settings need to know of HTTPS, without what it takes to serve it: a health check loads no more than this.

import { isIP } from 'node:net'

const LABEL = /^[a-z\d_]([a-z\d_-]{0,61}[a-z\d_])?$/i

/** Whether a text can stand in a certificate as a name or an IP address. A name may begin with `*.`. */
export function isHost(text: string): boolean {
  if (isIP(text) > 0) return !text.includes('%')
  const labels = text.replace(/^\*\./, '').split('.')
  // What ends with a number would be an address.
  return text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/(^|\.)\d+$/.test(text)
}
