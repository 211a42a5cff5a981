import { Type } from '@sinclair/typebox'
import { organizationNotFound } from '../rules/errors.ts'
import { idsOfPlace } from '../rules/ids.ts'
import { isTrue } from '../rules/input.ts'
import { type OrganizationRole, PLANNED_DELIVERY_TOKENS, planOf } from '../rules/organization.ts'
import type { Call } from '../server/call.ts'
import type { Store } from '../store/index.ts'
import type { Listing } from '../store/listing.ts'
import type { World } from '../world/world.ts'
import { ListOf, Single, single } from './envelope.ts'
import { listBody } from './lists.ts'
import { user } from './permit.ts'
import { always, ByUid, EmptyArray, Flag, ListQuery, route, Stamps } from './route.ts'
import { Stack } from './stacks.ts'

const FetchQuery = Type.Object({ include_plan: Flag })

/** The role of a user in the organization (A keys). */
export const Role = Type.Object(
  {
    uid: Type.String(),
    name: Type.String(),
    description: Type.String(),
    org_uid: Type.String(),
    admin: Type.Boolean(),
    default: Type.Boolean(),
    users: Type.Array(Type.String(), { description: 'The uids of the users who have it.' }),
  },
  { $id: 'OrganizationRole' },
)
const Plan = Type.Object(
  {
    plan_id: Type.String(),
    name: Type.String(),
    message: Type.String(),
    price: Type.String(),
    features: Type.Array(
      Type.Object({
        uid: Type.String(),
        name: Type.String(),
        key_order: Type.Integer(),
        enabled: Type.Boolean(),
        limit: Type.Integer(),
        max_limit: Type.Integer(),
        is_required: Type.Boolean(),
        depends_on: EmptyArray,
      }),
    ),
  },
  { $id: 'Plan' },
)
const Organization = Type.Object(
  {
    uid: Type.String(),
    name: Type.String(),
    owner_uid: Type.Union([Type.String(), Type.Null()]),
    enabled: Type.Boolean(),
    created_at: Stamps.created_at,
    updated_at: Stamps.updated_at,
    tags: EmptyArray,
    owner: Type.Optional(Type.Literal(true, { description: 'Only the owner sees this key.' })),
    plan: Type.Optional(Plan),
  },
  { $id: 'Organization' },
)

const loggedIn = user({ namesHeader: true })

/** There is one organization, and every user belongs to it (C). */
export const organizationRoutes = [
  route({
    method: 'GET',
    path: '/organizations',
    permit: loggedIn,
    isUnlimited: always,
    operation: 'Organization fetch',
    query: ListQuery,
    summary: 'Get all organizations',
    response: ListOf('organizations', Organization),
    run: listOrganizations,
  }),
  route({
    method: 'GET',
    path: '/organizations/:uid',
    permit: loggedIn,
    isUnlimited: always,
    operation: 'Organization fetch',
    params: ByUid,
    query: FetchQuery,
    summary: 'Get a single organization',
    response: Single('organization', Organization),
    failures: () => [organizationNotFound()],
    run: fetchOrganization,
  }),
  route({
    method: 'GET',
    path: '/organizations/:uid/stacks',
    permit: loggedIn,
    isUnlimited: always,
    operation: 'Stack fetch',
    params: ByUid,
    query: ListQuery,
    summary: 'Get all stacks of an organization',
    response: ListOf('stacks', Stack),
    failures: () => [organizationNotFound()],
    run: listStacksOfOrganization,
  }),
]

function listOrganizations({ world, query, callerUid }: Call<{ query: typeof ListQuery }>): string {
  const { organization } = world.store
  const collection = {
    list: (_user: string, listing: Listing) =>
      organization
        .bodies(listing)
        .map((body) => withOwner(world, body, callerUid))
        .join(),
    count: (_user: string, listing: Listing) => organization.count(listing),
  }
  return listBody('organizations', collection, '', query, 'Organization fetch')
}

function fetchOrganization(call: Call<{ params: typeof ByUid; query: typeof FetchQuery }>): string {
  const { world, callerUid } = call
  checkUid(call)
  const body = withOwner(world, world.store.organization.body(), callerUid)
  if (!isTrue(call.query.include_plan)) return single('organization', body)
  const { managementTokenCap, deliveryTokenCap = PLANNED_DELIVERY_TOKENS } = world.settings
  const plan = planOf({ managementTokensLimit: managementTokenCap, deliveryTokens: deliveryTokenCap })
  return single('organization', `${body.slice(0, -1)},"plan":${JSON.stringify(plan)}}`)
}

function listStacksOfOrganization(call: Call<{ params: typeof ByUid; query: typeof ListQuery }>): string {
  checkUid(call)
  return listBody('stacks', call.world.store.stacks, call.callerUid, call.query, 'Stack fetch')
}

function checkUid({ world, params }: Call<{ params: typeof ByUid }>): void {
  if (world.store.organization.uid() !== params.uid) throw organizationNotFound()
}

/** R: only the owner sees the key `owner`. */
const withOwner = ({ store }: World, body: string, callerUid: string) =>
  store.organization.get().owner_uid === callerUid ? `${body.slice(0, -1)},"owner":true}` : body

/** The roles of a user in the organization: the owner and the admins are admins, all others are members (C). */
export function rolesInOrganization({ organization, users }: Store, userUid: string): OrganizationRole[] {
  const { uid, owner_uid: ownerUid } = organization.get()
  const admins = new Set([...(ownerUid === null ? [] : [ownerUid]), ...organization.admins()])
  const isAdmin = admins.has(userUid)
  const name = isAdmin ? 'Admin' : 'Member'
  return [
    {
      uid: idsOfPlace(`${uid}.roles.${name}`).uid(),
      name,
      description: `${name} of the organization`,
      org_uid: uid,
      admin: isAdmin,
      default: true,
      users: users
        .all()
        .map((user) => user.uid)
        .filter((other) => admins.has(other) === isAdmin),
    },
  ]
}
