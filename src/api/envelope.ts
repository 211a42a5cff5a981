import type { Profile } from '../rules/defaults.ts'

// Bodies are JSON texts, so responses are concatenated from them. `key` is the key of the resource in the response.

/** `{"tokens":[...]}`, with `count` if requested. */
export const listOf = (key: string, bodies: string, count?: number) =>
  `{"${key}":[${bodies}]${count === undefined ? '' : `,"count":${count}`}}`

/** `{"token":{...}}` */
export const single = (key: string, body: string) => `{"${key}":${body}}`

/** `{"notice":"...","token":{...}}` */
export const noticeWith = (notice: string, key: string, body: string) =>
  `{"notice":${JSON.stringify(notice)},"${key}":${body}}`

/** `{"notice":"..."}` */
export const noticeAlone = (notice: string) => JSON.stringify({ notice })

/** The three responses about a delivery token in which the page differs from the service (R). */
export interface DeliveryTokenEnvelope {
  fetched(body: string): string
  updated(body: string): string
  deleted(): string
}

const UPDATED = '"notice":"Delivery Token updated successfully."'
const DELETED = '"notice":"Delivery Token deleted successfully."'
// The page has the colon inside the key and the lower-case "token".
const PAGE_UPDATED = '"notice:":"Delivery token updated successfully"'
const PAGE_DELETED = '"notice:":"Delivery Token deleted successfully."'

export const deliveryTokenEnvelopes: Record<Profile, DeliveryTokenEnvelope> = {
  documented: {
    fetched: (body) => `{"tokens":[${body}]}`,
    updated: (body) => `{${PAGE_UPDATED},"tokens":[${body}]}`,
    deleted: () => `{${PAGE_DELETED}}`,
  },
  live: {
    fetched: (body) => single('token', body),
    updated: (body) => `{${UPDATED},"token":${body}}`,
    deleted: () => `{${DELETED}}`,
  },
  compatible: {
    fetched: (body) => `{"token":${body},"tokens":[${body}]}`,
    updated: (body) => `{${UPDATED},${PAGE_UPDATED},"token":${body},"tokens":[${body}]}`,
    deleted: () => `{${DELETED},${PAGE_DELETED}}`,
  },
}
