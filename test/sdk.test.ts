import { createRequire } from 'node:module'
import t from 'tap'
import type { Profile } from '../src/api/envelope.ts'
import { createTokensMock } from '../src/index.ts'
import { API_KEY, AUTHTOKENS, deliveryScope, managementScope } from './support.ts'

// The official client, as npm installs it, over a real port: each of the twelve calls, a success and a failure.

// Its own types are sources that do not compile with strict settings: here is the part of them that is used.
interface Item {
  uid: string
  name: string
  description: string
  update(): Promise<Item>
}
interface Collection {
  create(data: object): Promise<Item & { token: string }>
  query(): { find(): Promise<{ items: Item[] }> }
  fetch(): Promise<Item>
  delete(): Promise<{ notice: string }>
  previewToken(): {
    create(): Promise<Item & { preview_token: string }>
    delete(): Promise<{ notice: string }>
  }
}
interface Stack {
  deliveryToken(uid?: string): Collection
  managementToken(uid?: string): Collection
}
const contentstack = createRequire(import.meta.url)('@contentstack/management') as {
  client(options: { endpoint: string; authtoken?: string }): {
    stack(options: { api_key: string }): Stack
    login(user: { email: string; password: string }): Promise<{ notice: string; user: { authtoken: string } }>
    getUser(): Promise<Item & { email: string }>
    logout(): Promise<{ notice: string }>
  }
}

const connect = (url: string, authtoken: string = AUTHTOKENS.owner) =>
  contentstack.client({ endpoint: `${url}/v3`, authtoken }).stack({ api_key: API_KEY })

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
