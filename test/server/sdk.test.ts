import { lookup } from 'node:dns'
import { Agent as PlainAgent } from 'node:http'
import { Agent } from 'node:https'
import { hostname } from 'node:os'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { createTokensMock, type FaultRule, type Profile, type TokensMock } from '../../src/index.ts'
import { connect, contentstack } from '../official-client.ts'
import { API_KEY, AUTHTOKENS, deliveryScope, managementScope } from '../support.ts'

// The official client, as npm installs it, over a real port: each of the twelve calls, a success and a failure.

/** What the client throws: an error whose message is JSON with the envelope's fields. */
async function failure(work: Promise<unknown>) {
  try {
    await work
  } catch (error) {
    const { status, errorCode, errorMessage, errors } = JSON.parse((error as Error).message)
    return [status, errorCode, errorMessage, errors]
  }
  throw new Error('The call did not fail.')
}

const NOT_FOUND = (kind: string) => [422, 141, `${kind} Token Not Found.`, { token: ['is not valid.'] }]
const NOT_PERMITTED = [403, 316, "You don't have the permission to do this operation.", {}]
const TWO_FACTOR = 'two.factor@example.com'
const named = (items: { name: string }[]) => items.map(({ name }) => name)

for (const profile of ['compatible', 'live'] as Profile[]) {
  t.test(`delivery and preview tokens, profile ${profile}`, async (t) => {
    await using mock = await createTokensMock({ fixtures: 'empty', profile })
    const stack = connect(mock.url)
    const outsider = connect(mock.url, 'nobody')

    const created = await stack
      .deliveryToken()
      .create({ token: { name: 'Web', description: 'The site', scope: deliveryScope() } })
    t.equal(created.name, 'Web')
    t.match(created.uid, /^blt[0-9a-f]{16}$/)
    t.strictSame(
      await failure(stack.deliveryToken().create({ token: { name: 'Web', scope: deliveryScope() } })),
      [422, 141, 'Delivery Token creation failed. Please try again.', { name: ['is not unique.'] }],
    )

    t.strictSame(named((await stack.deliveryToken().query().find()).items), ['Web'])
    t.strictSame((await failure(outsider.deliveryToken().query().find())).slice(0, 2), [401, 105])

    const fetched = await stack.deliveryToken(created.uid).fetch()
    t.equal(fetched.description, 'The site')
    t.strictSame(await failure(stack.deliveryToken('bltnone').fetch()), NOT_FOUND('Delivery'))

    // The client sends back the whole token; the environments it read have to become names first.
    Object.assign(fetched, { name: 'Renamed', scope: deliveryScope() })
    t.equal((await fetched.update()).name, 'Renamed')
    const unchanged = await stack.deliveryToken(created.uid).fetch()
    t.strictSame(await failure(unchanged.update()), [
      422,
      141,
      'Delivery Token update failed. Please try again.',
      { 'scope.environment': ['is not valid. Send environment names.'] },
    ])

    const preview = (uid: string) => stack.deliveryToken(uid).previewToken()
    const withPreview = await preview(created.uid).create()
    t.match(withPreview.preview_token, /^cs[0-9a-f]{24}$/)
    t.strictSame(await failure(preview(created.uid).create()), [
      422,
      141,
      'Preview token creation failed. Please try again.',
      { preview_token: ['already exists.'] },
    ])
    t.equal((await preview(created.uid).delete()).notice, 'Preview token deleted successfully.')
    t.strictSame(await failure(preview(created.uid).delete()), [
      422,
      141,
      'Preview token deletion failed. Please try again.',
      { preview_token: ['is not valid.'] },
    ])

    t.equal((await stack.deliveryToken(created.uid).delete()).notice, 'Delivery Token deleted successfully.')
    t.strictSame(await failure(stack.deliveryToken(created.uid).delete()), NOT_FOUND('Delivery'))
  })
}

t.test('management tokens', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'empty' })
  const stack = connect(mock.url)
  const developer = connect(mock.url, AUTHTOKENS.developer)
  const input = { token: { name: 'CI', scope: managementScope(), expires_on: '2030-12-10' } }

  const created = await stack.managementToken().create(input)
  t.match(created.token, /^cs[0-9a-f]{24}$/)
  t.strictSame(await failure(developer.managementToken().create(input)), NOT_PERMITTED)

  t.strictSame(named((await stack.managementToken().query().find()).items), ['CI'])
  t.strictSame(await failure(developer.managementToken().query().find()), NOT_PERMITTED)

  const fetched = await stack.managementToken(created.uid).fetch()
  t.notOk('token' in fetched)
  t.strictSame(await failure(stack.managementToken('bltnone').fetch()), NOT_FOUND('Management'))

  fetched.name = 'Renamed'
  t.equal((await fetched.update()).name, 'Renamed')
  fetched.name = ''
  t.strictSame(await failure(fetched.update()), [
    422,
    141,
    'Management Token update failed. Please try again.',
    { name: ['is a required field.'] },
  ])

  t.equal(
    (await stack.managementToken(created.uid).delete()).notice,
    'Management Token deleted successfully.',
  )
  t.strictSame(await failure(stack.managementToken(created.uid).delete()), NOT_FOUND('Management'))

  for (let i = 0; i < 10; i++) await stack.managementToken().create(input)
  t.strictSame(await failure(stack.managementToken().create(input)), [
    422,
    141,
    'Management Token creation failed. Please try again.',
    { token: ['limit reached: a stack can have at most 10 management tokens.'] },
  ])
})

t.test('login and logout', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'empty' })
  const client = contentstack.client({ endpoint: `${mock.url}/v3` })
  const login = (password: string) => client.login({ email: 'owner@example.com', password })
  t.strictSame((await failure(login('wrong'))).slice(0, 2), [422, 104])
  t.strictSame((await failure(client.getUser())).slice(0, 2), [401, 105])
  t.equal((await login('password')).notice, 'Login Successful.')
  t.equal((await client.getUser()).email, 'owner@example.com')
  const stack = client.stack({ api_key: API_KEY })
  t.strictSame((await stack.deliveryToken().query().find()).items, [])
  t.equal((await client.logout()).notice, "You've logged out successfully.")
  t.strictSame(
    (await failure(connect(mock.url, 'gone').deliveryToken().query().find())).slice(0, 2),
    [401, 105],
  )
})

for (const scheme of ['HTTP', 'HTTPS']) {
  t.test(`the whole way over ${scheme}: login to logout`, async (t) => {
    const dataDirectory = t.testdir()
    await using mock = await createTokensMock({ fixtures: 'empty', tls: { dataDirectory } })
    const isSecure = scheme === 'HTTPS'
    const agent = new Agent({ ca: mock.authority?.cert })
    t.teardown(() => agent.destroy())
    const open = () =>
      contentstack.client({
        endpoint: `${isSecure ? mock.tlsUrl : mock.url}/v3`,
        ...(isSecure && { httpsAgent: agent }),
      })
    const client = open()

    t.strictSame(
      (await failure(client.login({ email: TWO_FACTOR, password: 'password' }))).slice(0, 2),
      [401, 294],
    )
    await client.login({
      email: TWO_FACTOR,
      password: 'password',
      mfaSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    })
    t.equal((await client.getUser()).email, TWO_FACTOR)

    const [organization] = (await client.organization().fetchAll()).items
    const organizationUid = organization?.uid ?? ''
    t.equal((await client.organization(organizationUid).fetch()).name, 'Example')
    t.strictSame(
      (await failure(client.stack().create({ stack: { name: 'Shop' } }, { organization_uid: 'x' }))).slice(
        0,
        2,
      ),
      [422, 110],
    )
    const made = await client
      .stack()
      .create(
        { stack: { name: 'Shop', description: '', master_locale: 'en-us' } },
        { organization_uid: organizationUid },
      )
    t.strictSame(named((await client.stack().query().find()).items), ['Shop'])
    const stack = client.stack({ api_key: made.api_key })
    const fetched = await stack.fetch()
    fetched.name = 'Web shop'
    t.equal((await fetched.update()).name, 'Web shop')

    const urls = [{ locale: 'en-us', url: 'https://shop.example' }]
    await stack.environment().create({ environment: { name: 'production', urls } })
    await stack.environment().create({ environment: { name: 'staging', urls } })
    t.strictSame(named((await stack.environment().query().find()).items), ['staging', 'production'])
    t.strictSame((await failure(stack.environment('nowhere').fetch())).slice(0, 2), [422, 248])
    const staging = await stack.environment('staging').fetch()
    t.strictSame(staging.urls, [{ url: 'https://shop.example', locale: 'en-us' }])

    t.equal((await stack.branch().create({ branch: { uid: 'next', source: 'main' } })).uid, 'next')
    t.strictSame(
      (await failure(stack.branch().create({ branch: { uid: 'next', source: 'main' } }))).slice(0, 2),
      [422, 910],
    )
    t.equal((await stack.branchAlias('live').createOrUpdate('next')).uid, 'next')
    t.equal((await stack.branchAlias('live').fetch()).alias, 'live')
    t.equal((await stack.branch().query().find()).items.length, 2)

    const scope = [
      { module: 'branch', branches: ['main', 'next'], acl: { read: true } },
      { module: 'branch_alias', branch_aliases: ['live'], acl: { read: true } },
    ]
    const environments = { module: 'environment', environments: ['staging'], acl: { read: true } }
    const delivery = await stack
      .deliveryToken()
      .create({ token: { name: 'Web', scope: [environments, ...scope] } })
    staging.name = 'preview'
    t.equal((await staging.update()).name, 'preview')
    const preview = await stack.deliveryToken(delivery.uid).previewToken().create()
    t.strictSame(named(preview.scope[0]?.environments ?? []), ['preview'], 'the new name shows at once')

    const all = { module: '$all', acl: { read: true, write: true } }
    const input = { token: { name: 'CI', scope: [all, ...scope.slice(0, 1)] } }
    const management = await stack.managementToken().create(input)
    const renamed = await stack.managementToken(management.uid).fetch()
    renamed.name = 'Build'
    t.equal((await renamed.update()).name, 'Build')
    for (let i = 1; i < 10; i++) await stack.managementToken().create(input)
    t.strictSame((await failure(stack.managementToken().create(input))).slice(0, 2), [422, 141])

    const withToken = (branch?: string) =>
      open().stack({
        api_key: made.api_key,
        management_token: management.token,
        ...(branch && { branch_uid: branch }),
      })
    t.strictSame(named((await withToken('next').environment().query().find()).items), [
      'preview',
      'production',
    ])
    t.strictSame((await failure(withToken('other').environment().query().find())).slice(0, 2), [422, 901])
    t.strictSame((await failure(withToken().deliveryToken().query().find())).slice(0, 2), [401, 105])
    t.match((await stack.managementToken(management.uid).delete()).notice, 'deleted')
    t.strictSame((await failure(withToken().environment().query().find())).slice(0, 2), [401, 105])

    t.match((await stack.environment('preview').delete()).notice, 'Environment deleted successfully.')
    t.match((await stack.branchAlias('live').delete()).notice, 'Branch alias deleted successfully.')
    t.match(
      (await stack.branch('next').delete()).notice,
      'Your branch deletion is in progress. Please refresh in a while.',
    )
    t.match((await stack.deliveryToken(delivery.uid).previewToken().delete()).notice, 'deleted')
    t.match((await stack.deliveryToken(delivery.uid).delete()).notice, 'deleted')
    t.equal((await (await stack.fetch()).delete()).notice, 'Stack deleted successfully!')
    t.strictSame((await failure(stack.fetch())).slice(0, 2), [422, 109])
    t.equal((await client.logout()).notice, "You've logged out successfully.")
    t.strictSame((await failure(client.getUser())).slice(0, 2), [401, 105])
  })
}

const FAILURES: FaultRule[] = [
  { status: 429, times: 1 },
  { status: 503, times: 1 },
  { connection: 'reset', times: 1 },
]

/** Has the client retry each of the failures, in a world of its own. The newest request comes first. */
async function retries(
  t: Test,
  mock: TokensMock,
  options: Parameters<typeof connect>[2] = {},
  url: string | undefined = mock.url,
) {
  const seen = await Promise.all(
    FAILURES.map(async (rule, i) => {
      const world = mock.world(`failure-${i}`)
      world.faults.set({ rules: [rule] })
      const stack = connect(`${url}/w/${world.name}`, AUTHTOKENS.owner, { ...options, logHandler: () => {} })
      t.strictSame((await stack.deliveryToken().query().find()).items, [])
      return world.requests.list().map(({ status }) => status)
    }),
  )
  t.strictSame(seen, [
    [200, 429],
    [200, 503],
    [200, 0],
  ])
}

t.test('retries a 429, a 503 and a reset at a name that its agent resolves', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'empty', hostname: 'tokens-mock' })
  const agent = new PlainAgent({ lookup: (_name, options, done) => lookup('127.0.0.1', options, done) })
  t.teardown(() => agent.destroy())
  await retries(t, mock, { httpAgent: agent })
})

t.test("retries them at the service's own name", async (t) => {
  await using mock = await createTokensMock({
    fixtures: 'empty',
    hostname: 'api.contentstack.io',
    tls: { dataDirectory: t.testdir() },
  })
  const agent = new Agent({
    ca: mock.authority?.cert,
    lookup: (_name, options, done) => lookup('127.0.0.1', options, done),
  })
  t.teardown(() => agent.destroy())
  await retries(t, mock, { httpsAgent: agent }, mock.tlsUrl)
})

const { address } = await promisify(lookup)(hostname(), { family: 4 }).catch(() => ({ address: undefined }))
const noName = address === undefined && 'the name of this machine has no IPv4 address'

t.test("retries them at the machine's own name", { skip: noName }, async (t) => {
  await using mock = await createTokensMock({ fixtures: 'empty', host: '0.0.0.0', hostname: hostname() })
  await retries(t, mock)
})

t.test('rejects at once with its three switches off, also at an IP address', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'empty' })
  const stack = connect(mock.url, AUTHTOKENS.owner, {
    retryOnError: false,
    retryOnNetworkFailure: false,
    retryOnHttpServerError: false,
  })
  mock.faults.set({ rules: FAILURES })
  const list = () => stack.deliveryToken().query().find()
  t.strictSame((await failure(list())).slice(0, 2), [429, 429])
  t.strictSame((await failure(list())).slice(0, 2), [503, 503])
  await t.rejects(list(), { message: 'read ECONNRESET' })
  t.equal(mock.requests.count(), 3)
})
