import t from 'tap'
import { start } from '../support.ts'
import { ENV, proxy, verified } from '../verification.ts'

// More stacks to compare than `npm test` has time for.

t.test('a blank stack, one without branches, and one with a management token are the same', async (t) => {
  const { world: blank } = await start(t, { fixture: 'blank-stack', profile: 'live' })
  const { world: page } = await start(t, { fixture: 'documentation', profile: 'live' })
  const env = (apiKey: string, authtoken: string, managementToken = '') => ({
    env: {
      TOKENS_MOCK_VERIFY_API_KEY: apiKey,
      TOKENS_MOCK_VERIFY_AUTHTOKEN: authtoken,
      TOKENS_MOCK_VERIFY_MANAGEMENT_TOKEN: managementToken,
    },
  })
  const results = [
    await verified(blank.url, env('blt20962a819b57e233', 'Your_Authtoken')),
    await verified(page.url, env('blt9d3f06a1c5e82b74', 'Your_Authtoken')),
    await verified(page.url, env('your_stack_api_key', 'your_authtoken', 'your_management_token')),
  ]
  t.strictSame(
    results.map(({ code, scenarios }) => [code, scenarios.filter(({ result }) => result === 'same').length]),
    [
      [0, 93],
      [0, 63],
      [0, 100],
    ],
  )
})

t.test('what the role of the user forbids is left out', async (t) => {
  const { url } = (await start(t, { fixture: 'demo', profile: 'live' })).world
  const env = { ...ENV, TOKENS_MOCK_VERIFY_AUTHTOKEN: 'ines_authtoken' }
  const { code, leftOut } = await verified(url, { env })
  t.equal(code, 0)
  const forbidden = leftOut.get('the credentials do not permit the call')
  t.equal(forbidden?.length, 13)
  t.strictSame(
    leftOut.get('the target showed no management_token')?.map(({ id }) => id),
    ['management-token-fetch'],
  )
})

t.test('a request that may succeed is sent only if it is named', async (t) => {
  const { world: mock } = await start(t, { fixture: 'demo', profile: 'documented' })
  const { code, out, plan } = await verified(mock.url, {
    risky: ['management-token-expiry-past', 'delivery-token-name-too-long'],
    json: false,
  })
  t.equal(code, 3)
  t.match(plan, /management-token-expiry-past +POST \/v3\/stacks\/management_tokens {2}refused \(I\)/)
  t.equal(
    out,
    `contentstack-tokens-mock 0.1.0, verify against the profile live
95 the same, 3 different, 5 left out
The target accepted management-token-expiry-past, so it may have changed something. Look for something new in the stack.

delivery-token: GET /v3/stacks/delivery_tokens/{delivery_token}
  expected 200 (R), body (R)
  /token   target: absent; mock: object
  /tokens  target: array; mock: absent

preview-token-deletion-unknown: DELETE /v3/stacks/delivery_tokens/blt0000000000000000/preview_token
  expected 422 (A), body (A)
  status                 target: 401; mock: 422
  /error_message         target: string "You're not allowed in here unless you're logged in."; mock: string "Delivery Token Not Found."
  /error_code            target: number "105"; mock: number "141"
  /errors/token          target: absent; mock: array "is not valid."
  /errors/authorization  target: array "is not valid."; mock: absent

management-token-expiry-past: POST /v3/stacks/management_tokens
  expected 422 (I), body (C); settles Management Token creation
  status          target: 201; mock: 422
  /error_message  target: absent; mock: string "Management Token creation failed. Please try again."
  /error_code     target: absent; mock: number "141"
  /errors         target: absent; mock: object
  /notice         target: string; mock: absent
  /token          target: object; mock: absent

left out, because TOKENS_MOCK_VERIFY_MANAGEMENT_TOKEN is not set:
  management-token
  management-token-as-bearer
  management-token-on-tokens
  management-token-beside-unknown-authtoken

left out, because the refusal is not certain; --risky sends it:
  management-token-expiry-invalid
`,
  )
})

t.test('a response with very many keys or elements', async (t) => {
  const { world } = await start(t, { fixture: 'demo', profile: 'live' })
  const words = ['an', 'as', 'at', 'be', 'by', 'id', 'in', 'is', 'of', 'on', 'to']
  const pairs = words.flatMap((first) => words.map((second) => `${first}_${second}`))
  const names = pairs.flatMap((first) => pairs.map((second) => `${first}_${second}`))
  const keys = names.flatMap((name) => words.map((word) => [`${name}_${word}`, 1]))
  const texts = [JSON.stringify(Object.fromEntries(keys)), `[${'{"uid":1},'.repeat(400_000)}1]`]
  const { url } = await proxy(t, world, (answer, index) => ({ ...answer, text: texts[index] ?? answer.text }))
  const { code, out } = await verified(url, { json: false })
  t.equal(code, 3)
  t.match(out, '\n  /to_to_to_to_to  target: number; mock: absent\n')
})
