import { type TSchema, Type } from '@sinclair/typebox'
import type { Profile } from '../rules/profiles.ts'

// Bodies are JSON texts, so responses are concatenated from them. `key` is the key of the resource in the response. Each
// function stands beside the schema of what it returns.

/** `{"tokens":[...]}`, with `count` if requested. */
export const listOf = (key: string, bodies: string, count?: number) =>
  `{"${key}":[${bodies}]${count === undefined ? '' : `,"count":${count}`}}`

export const ListOf = (key: string, entry: TSchema) =>
  Type.Union([
    Type.Object({
      [key]: Type.Array(entry),
      count: Type.Optional(
        Type.Integer({ description: 'How many there are in all, with include_count=true.' }),
      ),
    }),
    Type.Object({ [key]: Type.Integer() }, { description: 'With count=true: how many there are in all.' }),
  ])

/** `{"token":{...}}` */
export const single = (key: string, body: string) => `{"${key}":${body}}`

export const Single = (key: string, resource: TSchema) => Type.Object({ [key]: resource })

/** `{"notice":"...","token":{...}}` */
export const noticeWith = (notice: string, key: string, body: string) =>
  `{"notice":${JSON.stringify(notice)},"${key}":${body}}`

const Notice = Type.String()

export const NoticeWith = (key: string, resource: TSchema) => Type.Object({ notice: Notice, [key]: resource })

/** `{"notice":"..."}` */
export const noticeAlone = (notice: string) => JSON.stringify({ notice })

export const NoticeAlone = Type.Object({ notice: Notice })

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

const PageNotice = { 'notice:': Notice }

/** The schemas of the same responses. */
export const deliveryTokenResponses = (token: TSchema) => {
  const one = { token }
  const many = { tokens: Type.Array(token, { minItems: 1, maxItems: 1 }) }
  return {
    fetched: {
      documented: Type.Object(many),
      live: Type.Object(one),
      compatible: Type.Object({ ...one, ...many }),
    },
    updated: {
      documented: Type.Object({ ...PageNotice, ...many }),
      live: Type.Object({ notice: Notice, ...one }),
      compatible: Type.Object({ notice: Notice, ...PageNotice, ...one, ...many }),
    },
    deleted: {
      documented: Type.Object(PageNotice),
      live: NoticeAlone,
      compatible: Type.Object({ notice: Notice, ...PageNotice }),
    },
  }
}
