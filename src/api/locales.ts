import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { invalid, NOT_VALID } from '../rules/errors.ts'
import type { Listing } from '../store/listing.ts'
import { idsOfPlace } from '../world/ids.ts'
import { single } from './envelope.ts'
import { answerList } from './listing.ts'
import { memberOrManagementToken } from './permit.ts'
import { ListingQuery } from './schemas/listing.ts'
import { LocaleParameters } from './schemas/locale.ts'

/** A stack has its master locale alone: what export and import of csdx ask for first. */
export const locales: FastifyPluginAsyncTypebox = async (app) => {
  const mayRead = memberOrManagementToken('read locales and content', {
    module: { module: 'locale', acl: 'read' },
  })

  app.get(
    '/locales',
    { schema: { querystring: ListingQuery }, config: { permit: mayRead, operation: 'Locale fetch' } },
    async (request) => {
      const locale = masterLocaleOf(request)
      const matching = ({ filter }: Pick<Listing, 'filter'>) =>
        Object.entries(filter).every(([field, value]) => (locale[field] ?? null) === value)
      const collection = {
        list: (_apiKey: string, listing: Listing) =>
          matching(listing) && listing.skip === 0 && listing.limit > 0 ? [JSON.stringify(locale)] : [],
        count: (_apiKey: string, listing: Listing) => Number(matching(listing)),
      }
      return answerList('locales', collection, request.stack.api_key, request.query, 'Locale fetch')
    },
  )

  app.get(
    '/locales/:code',
    { schema: { params: LocaleParameters }, config: { permit: mayRead } },
    async (request) => {
      const locale = masterLocaleOf(request)
      if (request.params.code !== locale['code']) throw invalid('Locale fetch', { code: [NOT_VALID] })
      return single('locale', JSON.stringify(locale))
    },
  )
}

/** The keys are those of other documentation (D). */
function masterLocaleOf({ stack }: FastifyRequest): Record<string, unknown> {
  const { api_key, master_locale: code, owner_uid, created_at } = stack
  return {
    code,
    fallback_locale: null,
    uid: idsOfPlace(`${api_key}.locales.${code}`).uid(),
    name: nameOf(code),
    created_by: owner_uid,
    updated_by: owner_uid,
    created_at,
    updated_at: created_at,
    ACL: {},
    _version: 1,
  }
}

const languages = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'code' })
const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' })

/** Such as `English - United States`; the code itself where it is none of BCP 47. */
function nameOf(code: string): string {
  const [, language, region] = /^([a-z]{2,3})(?:-([a-z]{2}))?$/i.exec(code) ?? []
  if (language === undefined) return code
  const name = languages.of(language) as string
  return region === undefined ? name : `${name} - ${regions.of(region.toUpperCase())}`
}
