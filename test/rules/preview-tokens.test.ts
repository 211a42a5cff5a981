import t from 'tap'
import type { Profile } from '../../src/index.ts'
import {
  DELIVERY,
  MANAGEMENT,
  type Mock,
  managementScope,
  refused,
  start,
  TOKEN_VALUE,
  withIds,
} from '../support.ts'

const WITHOUT = `${DELIVERY}/bltdce123123d321f3`
const WITH = `${DELIVERY}/blt8041e844c449278a`
const fixture = 'documentation'
const UNKNOWN_AUTHORIZATION = {
  error_message: "You're not allowed in here unless you're logged in.",
  error_code: 105,
  errors: { authorization: ['is not valid.'] },
}
const UNKNOWN_AUTHTOKEN = { ...UNKNOWN_AUTHORIZATION, errors: { authtoken: ['is not valid.'] } }

const createManagementToken = async ({ call }: Mock, expiresOn: string | null) => {
  const { body } = await call('POST', MANAGEMENT, {
    body: { token: { name: 'CI', scope: managementScope(), expires_on: expiresOn } },
  })
  return (body as { token: { uid: string; token: string } }).token
}

t.test('a new preview token changes the delivery token', async (t) => {
  const { call, world } = await start(t, { fixture })
  const { token: before } = (await call('GET', WITHOUT)).body as { token: object }
  const { status, body } = await call('POST', `${WITHOUT}/preview_token`, { as: 'developer' })
  const { token } = body as { token: { updated_by: string } }
  t.equal(status, 201)
  const expected = {
    notice: 'Preview token created successfully.',
    token: {
      ...before,
      updated_by: world.state().users.find(({ email }) => email === 'developer@example.com')?.uid,
      updated_at: '2026-01-01T00:00:00.000Z',
      preview_token: TOKEN_VALUE,
    },
  }
  t.strictSame(body, withIds(expected, body))
  t.match(token.updated_by, /^blt[0-9a-f]{16}$/)
  t.strictSame((await call('GET', WITHOUT)).body, { token, tokens: [token] })
})

t.test('a deleted preview token is gone from the delivery token, which stays', async (t) => {
  const { call } = await start(t, { fixture })
  const { status, body } = await call('DELETE', `${WITH}/preview_token`)
  t.equal(status, 200)
  t.strictSame(body, { notice: 'Preview token deleted successfully.' })
  const { token } = (await call('GET', WITH)).body as { token: Record<string, unknown> }
  t.notOk('preview_token' in token)
  t.equal(token['updated_at'], '2026-01-01T00:00:00.000Z')
})

t.test('refuses a second preview token', async (t) => {
  const { call } = await start(t, { fixture })
  const { status, body } = await call('POST', `${WITH}/preview_token`)
  t.equal(status, 422)
  t.strictSame(body, refused('Preview token creation', { preview_token: ['already exists.'] }))
})

t.test('refuses to delete a preview token that is not there', async (t) => {
  const { call } = await start(t, { fixture })
  const { status, body } = await call('DELETE', `${WITHOUT}/preview_token`)
  t.equal(status, 422)
  t.strictSame(body, refused('Preview token deletion', { preview_token: ['is not valid.'] }))
})

t.test('knows no preview token of an unknown delivery token', async (t) => {
  const { call } = await start(t, { fixture })
  for (const method of ['POST', 'DELETE']) {
    const { status, body } = await call(method, `${DELIVERY}/bltnone/preview_token`)
    t.equal(status, 422)
    t.strictSame(body, {
      error_message: 'Delivery Token Not Found.',
      error_code: 141,
      errors: { token: ['is not valid.'] },
    })
  }
})

t.test('a management token serves in place of an authtoken', async (t) => {
  const mock = await start(t, { fixture })
  const { token } = await createManagementToken(mock, null)
  const options = { as: null, headers: { authorization: token } }
  t.equal((await mock.call('POST', `${WITHOUT}/preview_token`, options)).status, 201)
  t.equal((await mock.call('DELETE', `${WITHOUT}/preview_token`, options)).status, 200)
})

t.test('an unknown, revoked or foreign management token is refused', async (t) => {
  const mock = await start(t, { fixture })
  const { uid, token } = await createManagementToken(mock, null)
  await mock.call('DELETE', `${MANAGEMENT}/${uid}`)
  // The last one belongs to the other stack of the fixture.
  for (const authorization of ['cs000', token, 'your_management_token']) {
    for (const as of [null, 'owner'] as const) {
      const { status, body } = await mock.call('POST', `${WITHOUT}/preview_token`, {
        as,
        headers: { authorization },
      })
      t.equal(status, 401)
      t.strictSame(body, UNKNOWN_AUTHORIZATION)
    }
  }
  const empty = { headers: { authorization: '' } }
  t.equal((await mock.call('POST', `${WITHOUT}/preview_token`, empty)).status, 201, 'an empty one is none')
})

t.test('a management token is refused from the moment on that its expires_on names', async (t) => {
  for (const [expiresOn, lastGood, firstBad] of [
    ['2026-03-01', '2026-02-28T23:59:59.999Z', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T10:30:00.000Z', '2026-03-01T10:29:59.999Z', '2026-03-01T10:30:00.000Z'],
    ['2026-03-01T10:30:00+02:00', '2026-03-01T08:29:59.999Z', '2026-03-01T08:30:00.000Z'],
    ['2026-03-01T10:30', '2026-03-01T10:29:59.999Z', '2026-03-01T10:30:00.000Z'],
  ] as const) {
    const mock = await start(t, { fixture })
    const { token } = await createManagementToken(mock, expiresOn)
    const options = { as: null, headers: { authorization: token } }
    mock.clock.set(lastGood)
    t.equal((await mock.call('POST', `${WITHOUT}/preview_token`, options)).status, 201, lastGood)
    mock.clock.set(firstBad)
    const { status, body } = await mock.call('DELETE', `${WITHOUT}/preview_token`, options)
    t.equal(status, 401, firstBad)
    t.strictSame(body, UNKNOWN_AUTHORIZATION)
  }
})

t.test('neither credential, or a bad authtoken, is refused', async (t) => {
  const mock = await start(t, { fixture })
  const { token } = await createManagementToken(mock, null)
  const choices: Record<string, string>[] = [{}, { authtoken: 'nobody' }]
  for (const headers of choices) {
    const { status, body } = await mock.call('POST', `${WITHOUT}/preview_token`, {
      as: null,
      headers,
    })
    t.equal(status, 401)
    t.strictSame(body, UNKNOWN_AUTHTOKEN)
  }
  const beside = { authtoken: 'nobody', authorization: token }
  const { status } = await mock.call('POST', `${WITHOUT}/preview_token`, { as: null, headers: beside })
  t.equal(status, 201, 'beside a good management token nobody looks at it')
})

t.test('the documented profile wants both credentials to delete a preview token', async (t) => {
  for (const [profile, alone] of Object.entries({ documented: 401, compatible: 200, live: 200 })) {
    const mock = await start(t, { fixture, profile: profile as Profile })
    const { token } = await createManagementToken(mock, null)
    const answer = await mock.call('DELETE', `${WITH}/preview_token`)
    t.equal(answer.status, alone, profile)
    if (alone === 200) continue
    t.strictSame(answer.body, UNKNOWN_AUTHORIZATION)
    const manager = await mock.call('DELETE', `${WITH}/preview_token`, { as: 'content_manager' })
    t.strictSame(manager.body, UNKNOWN_AUTHORIZATION, 'the credential comes before the permission')
    const headers = { authorization: token }
    t.strictSame(
      (await mock.call('DELETE', `${WITH}/preview_token`, { as: null, headers })).body,
      UNKNOWN_AUTHTOKEN,
    )
    t.equal((await mock.call('DELETE', `${WITH}/preview_token`, { headers })).status, 200)
  }
})

t.test('takes a post with no body, whatever its content type', async (t) => {
  for (const contentType of ['application/x-www-form-urlencoded', 'application/json', 'text/plain']) {
    const { call } = await start(t, { fixture })
    const headers = { 'content-type': contentType }
    t.equal((await call('POST', `${WITHOUT}/preview_token`, { headers })).status, 201, contentType)
  }
})
