import { Type } from '@sinclair/typebox'
import { invalid, NOT_VALID } from '../rules/errors.ts'
import { idsOfPlace } from '../rules/ids.ts'
import type { Call } from '../server/call.ts'
import type { Listing } from '../store/listing.ts'
import type { Stack } from '../store/stacks.ts'
import { ListOf, Single, single } from './envelope.ts'
import { listBody } from './lists.ts'
import { memberOrManagementToken } from './permit.ts'
import { EmptyObject, ListQuery, type Route, route, Stamps } from './route.ts'

// The calls that csdx makes during export, import and clone, besides those for content. A stack has its master locale.

const ByCode = Type.Object({ code: Type.String() })

/** The master locale (D keys). */
const Locale = Type.Object(
  {
    code: Type.String(),
    fallback_locale: Type.Null(),
    uid: Type.String(),
    name: Type.String({ description: 'Such as English - United States.' }),
    ...Stamps,
    ACL: EmptyObject,
    _version: Type.Integer(),
  },
  { $id: 'Locale' },
)
/** No such content exists. */
const Nothing = Type.Unknown()

const reader = (module: string) => ({
  permit: memberOrManagementToken('read locales and content', { module: { module, acl: 'read' } }),
})

const { permit: mayReadLocales } = reader('locale')

export const localeRoutes = [
  route({
    method: 'GET',
    path: '/locales',
    permit: mayReadLocales,
    operation: 'Locale fetch',
    query: ListQuery,
    summary: 'Get all locales',
    response: ListOf('locales', Locale),
    run: listLocales,
  }),
  route({
    method: 'GET',
    path: '/locales/:code',
    permit: mayReadLocales,
    params: ByCode,
    summary: 'Get a single locale',
    response: Single('locale', Locale),
    failures: () => [localeNotFound()],
    run: fetchLocale,
  }),
  ...emptyLists(
    {
      extensions: 'extension',
      roles: 'role',
      webhooks: 'webhook',
      workflows: 'workflow',
      labels: 'label',
    },
    reader,
  ),
]

/**
 * Lists of what this server does not serve.
 *
 * @param modules the module that a management token needs for each list (C)
 * @param accessTo who may read a module
 */
export function emptyLists(
  modules: Record<string, string>,
  accessTo: (module: string) => Pick<Route, 'permit' | 'permits' | 'isUnlimited'>,
) {
  return Object.entries(modules).map(([name, module]) =>
    route({
      method: 'GET',
      path: `/${name}`,
      ...accessTo(module),
      operation: 'Content fetch',
      query: ListQuery,
      summary: `Get all ${name.replaceAll('_', ' ')}`,
      operationId: `list_${name}`.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      response: ListOf(name, Nothing),
      run: listNothing,
    }),
  )
}

function listLocales(call: Call<{ query: typeof ListQuery }>): string {
  const locale = masterLocaleOf(call)
  const matching = ({ filter }: Pick<Listing, 'filter'>) =>
    Object.entries(filter).every(([field, value]) => (locale[field] ?? null) === value)
  const collection = {
    list: (_apiKey: string, listing: Listing) =>
      matching(listing) && listing.skip === 0 && listing.limit > 0 ? JSON.stringify(locale) : '',
    count: (_apiKey: string, listing: Listing) => Number(matching(listing)),
  }
  return listBody('locales', collection, call.apiKey, call.query, 'Locale fetch')
}

function fetchLocale(call: Call<{ params: typeof ByCode }>): string {
  const locale = masterLocaleOf(call)
  if (call.params.code !== locale['code']) throw localeNotFound()
  return single('locale', JSON.stringify(locale))
}

const localeNotFound = () => invalid('Locale fetch', { code: [NOT_VALID] })

const EMPTY = { list: () => '', count: () => 0 }

function listNothing(call: Call<{ query: typeof ListQuery }>): string {
  const name = (call.routeOptions.url as string).replace(/^.*\//, '')
  return listBody(name, EMPTY, call.apiKey, call.query, 'Content fetch')
}

/** The keys come from other documentation (D). */
function masterLocaleOf({ world, apiKey }: Call): Record<string, unknown> {
  const { master_locale: code, owner_uid, created_at } = world.store.stacks.find(apiKey) as Stack
  return {
    code,
    fallback_locale: null,
    uid: idsOfPlace(`${apiKey}.locales.${code}`).uid(),
    name: nameOf(code),
    created_by: owner_uid,
    updated_by: owner_uid,
    created_at,
    updated_at: created_at,
    ACL: {},
    _version: 1,
  }
}

/** The name of a locale, such as `English - United States`; the code itself if it has another form. */
function nameOf(code: string): string {
  const [, language, region] = /^([a-z]{2,3})(?:-([a-z]{2}))?$/i.exec(code) ?? []
  if (language === undefined) return code
  const name = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' }).of(language) as string
  if (region === undefined) return name
  const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' })
  return `${name} - ${regions.of(region.toUpperCase())}`
}
