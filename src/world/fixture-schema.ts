import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { BRANCH_UID } from '../rules/branches.ts'
import { ROLES } from '../rules/roles.ts'

const Optional = Type.Optional
const Strict = { additionalProperties: false }
/** What a header can carry: visible ASCII. */
const Visible = '^[!-~]+$'
// Requests name these in a header or a path.
const Uid = Type.String({ pattern: Visible, description: 'Derived from the place in the file where absent.' })
const Time = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
  description: 'ISO 8601 with milliseconds and Z, such as 2024-01-31T12:00:00.000Z.',
})
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

const stamps = {
  created_by: Optional(Type.String({ description: "A user's uid; the owner's where absent." })),
  updated_by: Optional(Type.String()),
  created_at: Optional(Time),
  updated_at: Optional(Time),
}

const Scope = Type.Array(
  Type.Object(
    {
      module: Type.String(),
      acl: Type.Object({ read: Optional(Type.Boolean()), write: Optional(Type.Boolean()) }, Strict),
      environments: Optional(Type.Array(Type.String(), { description: 'Names of environments.' })),
      branches: Optional(Type.Array(Type.String())),
      branch_aliases: Optional(Type.Array(Type.String())),
      _metadata: Optional(Nullable(Type.Object({ uid: Type.String() }, Strict))),
    },
    Strict,
  ),
  { minItems: 1 },
)

const token = {
  name: Type.String({ minLength: 1, maxLength: 255 }),
  description: Optional(Type.String()),
  scope: Scope,
  uid: Optional(Uid),
  token: Optional(Type.String({ pattern: Visible, description: 'The value of the token.' })),
  ...stamps,
}

const DeliveryTokenEntry = Type.Object(
  {
    ...token,
    preview_token: Optional(
      Type.Union([Type.String({ pattern: Visible }), Type.Boolean()], {
        description: 'The value of its preview token; true derives one.',
      }),
    ),
  },
  Strict,
)

const ManagementTokenEntry = Type.Object(
  {
    ...token,
    expires_on: Optional(
      Nullable(
        Type.String({
          description: 'A date, a date-time, or an ISO 8601 duration from the start on, such as P5D.',
        }),
      ),
    ),
    is_email_notification_enabled: Optional(Type.Boolean()),
    rate_limit_enabled: Optional(Nullable(Type.Boolean())),
    notice_sent_for: Optional(
      Nullable(Type.String({ description: 'The expires_on of which an e-mail told already.' })),
    ),
  },
  Strict,
)

const EnvironmentEntry = Type.Object(
  {
    name: Type.String({ minLength: 1 }),
    urls: Optional(
      Type.Array(Type.Object({ locale: Optional(Type.String()), url: Optional(Type.String()) }, Strict)),
    ),
    uid: Optional(Uid),
    deploy_content: Optional(Type.Boolean()),
    servers: Optional(Type.Array(Type.Unknown())),
    _version: Optional(Type.Integer({ minimum: 1 })),
    ...stamps,
  },
  Strict,
)

const StackEntry = Type.Object(
  {
    api_key: Optional(Uid),
    uid: Optional(Uid),
    name: Type.String({ minLength: 1 }),
    description: Optional(Type.String()),
    master_locale: Optional(Type.String({ minLength: 1, description: 'en-us where absent.' })),
    master_key: Optional(Type.String()),
    settings: Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'As they were posted.' })),
    created_at: Optional(Time),
    updated_at: Optional(Time),
    owner: Type.String({ description: "A user's e-mail address." }),
    members: Optional(
      Type.Array(
        Type.Object(
          {
            email: Type.String(),
            role: Type.Union(ROLES.filter((role) => role !== 'owner').map((role) => Type.Literal(role))),
          },
          Strict,
        ),
      ),
    ),
    environments: Optional(Type.Array(EnvironmentEntry)),
    branches: Optional(
      Type.Array(
        Type.Object(
          {
            uid: Type.String({ pattern: BRANCH_UID }),
            source: Optional(Type.String({ description: 'The branch it was made from; "" for main.' })),
            ...stamps,
          },
          Strict,
        ),
      ),
    ),
    branch_aliases: Optional(
      Type.Array(Type.Object({ alias: Type.String({ pattern: BRANCH_UID }), branch: Type.String() }, Strict)),
    ),
    delivery_tokens: Optional(Type.Array(DeliveryTokenEntry, { description: 'Oldest first.' })),
    management_tokens: Optional(Type.Array(ManagementTokenEntry, { description: 'Oldest first.' })),
  },
  Strict,
)

const UserEntry = Type.Object(
  {
    uid: Optional(Uid),
    email: Type.String({ pattern: '^[^@\\s]+@[^@\\s]+$' }),
    password: Type.String({ minLength: 1 }),
    first_name: Type.String(),
    last_name: Type.String(),
    totp_secret: Optional(
      Nullable(
        Type.String({
          description: 'In base32, at least 26 characters: the user then needs a second factor to log in.',
        }),
      ),
    ),
    totp_used_step: Optional(
      Nullable(
        Type.Integer({
          minimum: 0,
          description: 'The 30-second step since 1970 of the last token that logged the user in.',
        }),
      ),
    ),
    created_at: Optional(Time),
    updated_at: Optional(Time),
    authtokens: Optional(Type.Array(Type.String({ pattern: Visible }))),
    oauth_tokens: Optional(
      Type.Array(Type.String({ pattern: Visible }), {
        description: 'OAuth access tokens: sent as "authorization: Bearer <token>".',
      }),
    ),
  },
  Strict,
)

/** A file that fills the store. */
export const Fixture = Type.Object(
  {
    $schema: Optional(Type.String()),
    organization: Type.Object(
      {
        uid: Optional(Uid),
        name: Type.String({ minLength: 1 }),
        owner: Optional(
          Nullable(Type.String({ description: "A user's e-mail address; the first user's where absent." })),
        ),
        admins: Optional(
          Type.Array(Type.String(), { description: 'E-mail addresses of its admins beside the owner.' }),
        ),
        created_at: Optional(Time),
        updated_at: Optional(Time),
      },
      Strict,
    ),
    users: Type.Array(UserEntry),
    stacks: Type.Array(StackEntry),
  },
  { ...Strict, title: 'Fixture of contentstack-tokens-mock' },
)
export type Fixture = Static<typeof Fixture>
export type StackEntry = Static<typeof StackEntry>
export type TokenEntry = Static<typeof DeliveryTokenEntry> | Static<typeof ManagementTokenEntry>
export type ScopeEntryOfFixture = TokenEntry['scope'][number]

/** The published JSON Schema: `fixtures/schema.json`. */
export const fixtureSchemaText = () =>
  `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...Fixture }, null, 2)}\n`
