import { type Static, Type } from '@sinclair/typebox'
import { PROFILES } from '../rules/defaults.ts'
import { CLOCK_MODES } from '../world/clock.ts'
import { PRESETS } from '../world/fault-presets.ts'
import { FaultRule } from '../world/faults.ts'
import { BOUNDED_FIELDS, CREDENTIALS } from '../world/journal.ts'

// The schemas of the control API's requests and responses. Its OpenAPI document is made from them.

const Strict = { additionalProperties: false }
const oneOf = <T extends string>(values: readonly T[], options = {}) =>
  Type.Union(
    values.map((value) => Type.Literal(value)),
    options,
  )
const Seed = Type.Union([Type.Integer(), Type.Null()])

export const Health = Type.Object({ status: Type.Literal('ok'), version: Type.String() })

export const Name = Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) })
export const Snapshots = Type.Object({ snapshots: Type.Array(Type.String()) })
export const Done = Type.Object({ notice: Type.String() })

export const SetClock = Type.Object(
  {
    mode: oneOf(CLOCK_MODES),
    now: Type.Optional(
      Type.String({
        description: 'An ISO 8601 date or date-time; the current time of the clock if absent.',
      }),
    ),
  },
  Strict,
)
export type SetClock = Static<typeof SetClock>
export const AdvanceClock = Type.Object(
  { duration: Type.String({ description: 'An ISO 8601 duration such as P7D.' }) },
  Strict,
)
export const Clock = Type.Object({ mode: oneOf(CLOCK_MODES), now: Type.String() })

export const Ids = Type.Object({ seed: Seed }, Strict)

export const ApiDocumentQuery = Type.Object(
  {
    profile: Type.Optional(
      oneOf(PROFILES, { description: 'Whose responses to describe; those of the server if absent.' }),
    ),
  },
  Strict,
)
/** An OpenAPI document. */
export const OpenApiDocument = Type.Object(
  {
    openapi: Type.Literal('3.1.0'),
    info: Type.Record(Type.String(), Type.Unknown()),
    servers: Type.Array(Type.Unknown()),
    tags: Type.Array(Type.Unknown()),
    paths: Type.Record(Type.String(), Type.Unknown()),
    components: Type.Record(Type.String(), Type.Unknown()),
  },
  { description: 'An OpenAPI document.' },
)

export const Outbox = Type.Object({
  messages: Type.Array(
    Type.Object({
      from: Type.String(),
      to: Type.String(),
      subject: Type.String(),
      text: Type.String(),
      sent_at: Type.String(),
      api_key: Type.String(),
      token_uid: Type.String(),
      expires_on: Type.String(),
    }),
  ),
})

export const SetFaults = Type.Object(
  {
    presets: Type.Optional(Type.Array(oneOf(PRESETS), { maxItems: 100 })),
    rules: Type.Optional(Type.Array(FaultRule, { maxItems: 1000 })),
  },
  Strict,
)
export type SetFaults = Static<typeof SetFaults>
export const FaultReadings = Type.Object({
  rules: Type.Array(Type.Composite([FaultRule, Type.Object({ hits: Type.Integer() })])),
})
export const FaultsSet = Type.Composite([
  FaultReadings,
  Type.Object({
    notice: Type.Optional(
      Type.String({ description: 'Where @contentstack/management retries such failures.' }),
    ),
  }),
])

const filter = {
  method: Type.Optional(Type.String()),
  path: Type.Optional(Type.String({ maxLength: 500, description: 'A * matches any characters.' })),
  credential: Type.Optional(oneOf(CREDENTIALS)),
}
export const RequestsQuery = Type.Object(
  {
    ...filter,
    wait: Type.Optional(
      Type.String({
        description: 'An ISO 8601 duration of at most PT60S: waits this long for a matching request.',
      }),
    ),
    status: Type.Optional(Type.String({ pattern: '^\\d{1,3}$' })),
    limit: Type.Optional(Type.String({ pattern: '^\\d{1,9}$' })),
  },
  Strict,
)
export const CountRequests = Type.Object({ ...filter, status: Type.Optional(Type.Integer()) }, Strict)
export const Count = Type.Object({ count: Type.Integer() })

const Text = Type.Union([Type.String(), Type.Null()])
export const Requests = Type.Object({
  requests: Type.Array(
    Type.Object({
      id: Type.String(),
      time: Type.String(),
      method: Type.String(),
      path: Type.String(),
      query: Type.String(),
      credential: oneOf(CREDENTIALS),
      api_key: Text,
      request_headers: Type.Record(Type.String(), Type.String()),
      request_body: Text,
      unread: Type.Object({ fields: Type.Array(Type.String()), parameters: Type.Array(Type.String()) }),
      status: Type.Integer({ description: '0 if there was no response.' }),
      response_body: Text,
      reason: Text,
      ms: Type.Integer(),
      left_out: Type.Partial(
        Type.Object(Object.fromEntries(BOUNDED_FIELDS.map((field) => [field, Type.Integer()]))),
        { description: 'How much is missing, by field: characters of a text, or names of a list.' },
      ),
    }),
  ),
})

export const Introspect = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 1000, description: 'The value of a token.' }) },
  Strict,
)
/** The keys of RFC 7662, and ours. */
export const TokenReading = Type.Object({
  active: Type.Boolean(),
  token_type: oneOf(['delivery', 'preview', 'management']),
  uid: Type.String({ description: 'For a preview token, that of its delivery token.' }),
  name: Type.String({ description: 'For a preview token, that of its delivery token.' }),
  stack: Type.String({ description: 'The api_key.' }),
  scope: Type.String({ description: 'Words such as environment:production, branch:main and entry:write.' }),
  exp: Type.Optional(Type.Integer({ description: 'When it expires, in seconds since 1970.' })),
  iat: Type.Integer({ description: 'When it was created, in seconds since 1970.' }),
  uses: Type.Integer({ description: 'The requests that it has made since the start of the world.' }),
  last_used_at: Text,
  reason: Type.Optional(Type.String({ description: 'Why it is not active.' })),
})
export type TokenReading = Static<typeof TokenReading>
export const TokenReadings = Type.Object({ tokens: Type.Array(TokenReading) })
const access = { allowed: Type.Boolean(), reason: Type.Optional(Type.String()) }
/** What is known of a value: all of it, or only that it is no token. */
export const Introspection = Type.Union([
  Type.Composite([
    TokenReading,
    Type.Object({
      environments: Type.Array(Type.Object({ name: Type.String(), ...access })),
      branches: Type.Array(
        Type.Object({ uid: Type.String(), kind: oneOf(['branch', 'branch_alias']), ...access }),
      ),
    }),
  ]),
  Type.Object({ active: Type.Literal(false), reason: Type.String() }),
])

export type Introspection = Static<typeof Introspection>

export const WorldList = Type.Object({ worlds: Type.Array(Type.Object({ name: Type.String() })) })
