import { type Static, Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { ListOf, Single, single } from '../api/envelope.ts'
import { listBody } from '../api/lists.ts'
import { emptyLists } from '../api/locales.ts'
import { branchOfCaller } from '../api/permit.ts'
import { EmptyArray, EmptyObject, ListQuery, route, Stamps } from '../api/route.ts'
import type { RouteTable } from '../api/routes.ts'
import { CONTENT_LIMIT } from '../rules/caps.ts'
import { contentTypeNotFound, environmentUnknown, objectNotFound } from '../rules/errors.ts'
import { MAIN_BRANCH } from '../rules/names.ts'
import type { Call } from '../server/call.ts'
import type { Reading } from '../store/entries.ts'
import type { Stack } from '../store/stacks.ts'
import { type Readable, readableOf, readersOf } from './permit.ts'

const { limit, skip, include_count, query } = ListQuery.properties
const Parameter = Type.Optional(Type.String())

/** The query of every read. Other parameters have no effect. */
const ReadQuery = Type.Object({
  environment: Parameter,
  locale: Parameter,
  live_preview: Parameter,
  preview_timestamp: Parameter,
})
const ContentQuery = Type.Object({ ...ReadQuery.properties, limit, skip, include_count, query })

const ByContentType = Type.Object({ content_type: Type.String() })
const ByEntry = Type.Object({ content_type: Type.String(), uid: Type.String() })

/** R, except for the keys whose value nobody sets here (D). */
const ContentType = Type.Object(
  {
    created_at: Stamps.created_at,
    updated_at: Stamps.updated_at,
    title: Type.String(),
    uid: Type.String(),
    _version: Type.Integer(),
    inbuilt_class: Type.Boolean(),
    schema: Type.Array(Type.Unknown()),
    description: Type.String(),
    maintain_revisions: Type.Boolean(),
    options: Type.Unknown(),
  },
  { $id: 'ContentType' },
)
const Entry = Type.Object(
  {
    uid: Type.String(),
    locale: Type.String(),
    _version: Type.Integer(),
    ACL: EmptyObject,
    _in_progress: Type.Boolean(),
    ...Stamps,
    tags: EmptyArray,
    publish_details: Type.Optional(
      Type.Object({
        environment: Type.String({ description: 'The uid of the environment.' }),
        locale: Type.String(),
        time: Stamps.created_at,
        user: Type.String({ description: 'The uid of a user.' }),
      }),
    ),
  },
  {
    $id: 'Entry',
    description: 'The fields of its content type, and those that every entry has.',
    additionalProperties: Type.Unknown(),
  },
)

const readsContentTypes = readersOf('content_type')
const readsEntries = readersOf('entry')
const operation = 'Content fetch'

const contentRoutes = [
  route({
    ...readsContentTypes,
    method: 'GET',
    path: '/content_types',
    operation,
    query: ContentQuery,
    summary: 'Get all content types',
    response: ListOf('content_types', ContentType),
    failures: () => [environmentUnknown('production')],
    run: listContentTypes,
  }),
  route({
    ...readsContentTypes,
    method: 'GET',
    path: '/content_types/:content_type',
    operation,
    params: ByContentType,
    query: ReadQuery,
    summary: 'Get a single content type',
    response: Single('content_type', ContentType),
    failures: () => [environmentUnknown('production'), contentTypeNotFound('page')],
    run: fetchContentType,
  }),
  route({
    ...readsEntries,
    method: 'GET',
    path: '/content_types/:content_type/entries',
    operation,
    params: ByContentType,
    query: ContentQuery,
    summary: 'Get all entries',
    response: ListOf('entries', Entry),
    failures: () => [environmentUnknown('production'), contentTypeNotFound('page')],
    run: listEntries,
  }),
  route({
    ...readsEntries,
    method: 'GET',
    path: '/content_types/:content_type/entries/:uid',
    operation,
    params: ByEntry,
    query: ReadQuery,
    summary: 'Get a single entry',
    response: Single('entry', Entry),
    failures: () => [
      environmentUnknown('production'),
      contentTypeNotFound('page'),
      objectNotFound('uid', "The content type 'page' has no such entry."),
    ],
    run: fetchEntry,
  }),
  // The delivery host has these lists, too. No scope can name the module taxonomy, so a management token needs `$all`.
  ...emptyLists({ assets: 'asset', global_fields: 'global_field', taxonomies: 'taxonomy' }, readersOf),
]

export const contentTable: RouteTable = {
  tag: 'Content',
  description: 'What delivery, preview and management tokens read.',
  routes: contentRoutes,
}

function listContentTypes(call: Call<{ query: typeof ContentQuery }>): string {
  const { world, apiKey, query } = call
  readableBy(call)
  return listBody('content_types', world.store.contentTypes, apiKey, page(query), operation)
}

function fetchContentType(call: Call<{ params: typeof ByContentType; query: typeof ReadQuery }>): string {
  readableBy(call)
  const { content_type: uid } = call.params
  return single('content_type', findContentType(call, uid))
}

function listEntries(call: Call<{ params: typeof ByContentType; query: typeof ContentQuery }>): string {
  const reading = readingOf(call)
  return listBody('entries', call.world.store.entries, reading, page(call.query), operation)
}

function fetchEntry(call: Call<{ params: typeof ByEntry; query: typeof ReadQuery }>): string {
  const { uid } = call.params
  const reading = readingOf(call)
  const body = call.world.store.entries.body(reading, uid)
  if (body === undefined) throw objectNotFound('uid', whyNoEntry(uid, reading))
  return single('entry', body)
}

const whyNoEntry = (uid: string, { contentType, locale, branch, isDraft }: Reading) =>
  [
    `The content type '${contentType}' has no entry '${uid}' in the locale '${locale}'`,
    branch === undefined ? '' : ` and the branch '${branch}'`,
    isDraft ? '.' : ' that is published in the environment.',
  ].join('')

/** What the schema has checked of a query. The page size has a bound also where a request asks for more. */
const page = ({ limit, skip, include_count, query }: Static<typeof ContentQuery>): ListQuery => ({
  ...(limit !== undefined && { limit: Number(limit) > CONTENT_LIMIT ? String(CONTENT_LIMIT) : limit }),
  ...(skip !== undefined && { skip }),
  ...(include_count !== undefined && { include_count }),
  ...(query !== undefined && { query }),
})

/** @throws 422/118 (R) */
function findContentType({ world, apiKey }: FastifyRequest, uid: string): string {
  const body = world.store.contentTypes.body(apiKey, uid)
  if (body === undefined) throw contentTypeNotFound(uid)
  return body
}

/** @throws 422/118 (R) for an unknown content type */
function readingOf(call: Call<{ params: typeof ByContentType; query: typeof ReadQuery }>): Reading {
  const { world, apiKey, params, query } = call
  const readable = readableBy(call)
  findContentType(call, params.content_type)
  // D: a request without a locale reads the master locale.
  const locale = query.locale || (world.store.stacks.find(apiKey) as Stack).master_locale
  return { ...readable, apiKey, contentType: params.content_type, locale }
}

/**
 * What the request may read.
 *
 * @throws 422/901, 422/900 or 422/141 on the management API, whose permit looks at no environment, and at no branch without
 * the header
 */
function readableBy(call: Call<{ query: typeof ReadQuery }>): Readable {
  if (call.readable) return call.readable
  // D: a read without the header is of main.
  const branch = call.branch ?? branchOfCaller(call, MAIN_BRANCH)
  return readableOf('management', call, [], branch)
}
