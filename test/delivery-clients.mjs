// Runs the vendor's clients of the delivery and preview APIs, unmodified, against the built server under the service's own
// names: over HTTPS, without an endpoint of ours. Not part of `npm test`: it needs root for port 443 and the hosts file.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import tls from 'node:tls'
import contentstack from '@contentstack/delivery-sdk'
import { needRoot, report, step, underNames, withFolder } from './service-names.mjs'

const require = createRequire(import.meta.url)
const management = require('@contentstack/management')
const classic = require('contentstack')

const NAMES = ['api.contentstack.io', 'cdn.contentstack.io', 'rest-preview.contentstack.com']
const apiKey = 'blt20962a819b57e233'
const WELCOME = 'blta1f0c2d4e6b80001'
const TOKENS = 'blta1f0c2d4e6b80002'
const IDEA = 'blta1f0c2d4e6b80003'

needRoot()
await withFolder((folder) => underNames(NAMES, folder, tryAll))

async function tryAll({ url, authority }) {
  tls.setDefaultCACertificates([...tls.getCACertificates(), readFileSync(authority, 'utf8')])
  const stack = management.client({ authtoken: 'Your_Authtoken' }).stack({ api_key: apiKey })
  const scope = [
    { module: 'environment', environments: ['production'], acl: { read: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ]
  const made = await stack.deliveryToken().create({ token: { name: 'Clients', scope } })
  const { preview_token: previewToken } = await stack.deliveryToken(made.uid).previewToken().create()

  const options = { apiKey, deliveryToken: made.token, environment: 'production' }
  const reader = (more = {}) => contentstack.stack({ ...options, ...more }).contentType('article')
  const classicReader = (more = {}) =>
    classic
      .Stack({
        api_key: apiKey,
        delivery_token: made.token,
        environment: 'production',
        fetchOptions: { retryLimit: 0 },
        ...more,
      })
      .ContentType('article')
  const live = {
    live_preview: { enable: true, preview_token: previewToken, host: 'rest-preview.contentstack.com' },
  }

  await step('the delivery client lists what is published', async () => {
    const { entries } = await reader().entry().find()
    assert.deepEqual(
      entries.map(({ title }) => title),
      ['Tokens', 'Welcome'],
    )
  })
  await step('reads one, and by a branch alias', async () => {
    assert.equal((await reader().entry(WELCOME).fetch()).title, 'Welcome')
    assert.equal((await reader({ branch: 'deploy' }).entry(WELCOME).fetch()).title, 'Welcome')
  })
  await step('does not read what is not published', () =>
    assert.rejects(reader().entry(IDEA).fetch(), { error_code: 141, status: 422 }),
  )
  await step('does not read another locale', async () =>
    assert.deepEqual((await reader().entry().locale('de-de').find()).entries, []),
  )
  await step('previews a draft', async () => {
    const previewed = contentstack.stack({ ...options, ...live })
    previewed.livePreviewQuery({ live_preview: 'hash', contentTypeUid: 'article', entryUid: TOKENS })
    assert.equal((await previewed.contentType('article').entry(TOKENS).fetch()).title, 'Tokens, explained')
  })
  await step('is told of a branch and an environment outside the scope', async () => {
    await assert.rejects(reader({ branch: 'development' }).entry().find(), { error_code: 901, status: 422 })
    await assert.rejects(reader({ environment: 'staging' }).entry().find(), { error_code: 141, status: 422 })
  })
  await step('the classic client reads and previews, too', async () => {
    const [entries] = await classicReader().Query().toJSON().find()
    assert.deepEqual(
      entries.map(({ title }) => title),
      ['Tokens', 'Welcome'],
    )
    const previewed = classic.Stack({
      api_key: apiKey,
      delivery_token: made.token,
      environment: 'production',
      ...live,
    })
    previewed.livePreviewQuery({ live_preview: 'hash', content_type_uid: 'article', entry_uid: TOKENS })
    assert.equal(
      (await previewed.ContentType('article').Entry(TOKENS).toJSON().fetch()).title,
      'Tokens, explained',
    )
  })
  await step('a deleted token stops at once', async () => {
    const { notice } = await stack.deliveryToken(made.uid).delete({ force: true })
    assert.equal(notice, 'Delivery Token deleted successfully.')
    await assert.rejects(classicReader().Query().toJSON().find(), { error_code: 105, status: 401 })
  })
  await step('no request came for an unknown route', async () => {
    const { requests } = await (await fetch(`${url}/_mock/requests?limit=1000`)).json()
    assert.ok(requests.length > 10)
    assert.deepEqual(
      requests.filter(({ status }) => status === 404 || status === 405 || status >= 500),
      [],
    )
  })
  report('delivery clients')
}
