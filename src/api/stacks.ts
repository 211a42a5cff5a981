import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { invalid, organizationNotFound } from '../rules/errors.ts'
import { isTrue, updated } from '../rules/input.ts'
import { DEFAULT_MASTER_LOCALE, MAIN_BRANCH } from '../rules/names.ts'
import type { Call } from '../server/call.ts'
import { header } from '../server/credentials.ts'
import type { Store } from '../store/index.ts'
import type { Listing } from '../store/listing.ts'
import type { Stack as StackRow } from '../store/stacks.ts'
import { ListOf, NoticeAlone, NoticeWith, noticeAlone, noticeWith, Single, single } from './envelope.ts'
import { listBody } from './lists.ts'
import { member, memberOnStackItself, user } from './permit.ts'
import { EmptyObject, Flag, ListQuery, Name, OptionalText, route, Stamps } from './route.ts'

const FetchQuery = Type.Composite([ListQuery, Type.Object({ include_collaborators: Flag })])
const CreateQuery = Type.Object({ organization_uid: Type.Optional(Type.String()) })
const CreateBody = Type.Object({
  stack: Type.Object({
    name: Name,
    description: OptionalText,
    master_locale: Type.Optional(Type.String({ minLength: 1 })),
  }),
})
/** Ignores the master locale, which cannot be changed, since clients send back what they read. */
const UpdateBody = Type.Object({
  stack: Type.Object({ name: Type.Optional(Name), description: OptionalText }),
})
const SettingsBody = Type.Object({ stack_settings: Type.Record(Type.String(), Type.Unknown()) })

const OrganizationHeader = Type.Object({
  organization_uid: Type.Optional(Type.String({ description: 'The uid of the organization.' })),
})

const { created_at, updated_at } = Stamps
const Settings = Type.Record(Type.String(), Type.Unknown(), { description: 'The settings, as posted.' })
const Collaborator = Type.Object(
  {
    uid: Type.String(),
    email: Type.String(),
    plan_id: Type.Array(Type.String()),
    org_uid: Type.Array(Type.String()),
    roles: Type.Array(Type.String()),
    created_at,
    updated_at,
  },
  { $id: 'Collaborator' },
)
/** The body of a stack (R keys). */
export const Stack = Type.Object(
  {
    created_at,
    updated_at,
    uid: Type.String(),
    name: Type.String(),
    description: Type.Optional(Type.String({ description: 'Absent if it was never set.' })),
    org_uid: Type.String(),
    api_key: Type.String(),
    master_locale: Type.String(),
    owner_uid: Type.String(),
    user_uids: Type.Array(Type.String()),
    settings: Settings,
    master_key: Type.String(),
    SYS_ACL: EmptyObject,
    discrete_variables: EmptyObject,
    collaborators: Type.Optional(
      Type.Array(Collaborator, { description: 'Only with include_collaborators=true.' }),
    ),
  },
  { $id: 'Stack' },
)

const loggedIn = user({ namesHeader: true })
const mayRead = memberOnStackItself('read the stack')

const namesStack = (request: FastifyRequest) => header(request, 'api_key') !== ''

/** With an api_key, the call reads that stack. Without one, it lists the caller's stacks. */
const mayFetch = (request: FastifyRequest) => (namesStack(request) ? mayRead : loggedIn)

export const stackRoutes = [
  route({
    method: 'GET',
    path: '/stacks',
    permit: mayFetch,
    isUnlimited: (request) => !namesStack(request),
    operation: 'Stack fetch',
    permits: [mayRead, loggedIn],
    query: FetchQuery,
    headers: OrganizationHeader,
    summary: 'Get the stack of the api_key, or all stacks',
    response: Type.Union([Single('stack', Stack), ...ListOf('stacks', Stack).anyOf]),
    failures: () => [organizationNotFound()],
    run: fetchStacks,
  }),
  route({
    method: 'POST',
    path: '/stacks',
    // Any user of the organization may create a stack, and then owns it (C).
    permit: loggedIn,
    operation: 'Stack creation',
    query: CreateQuery,
    headers: OrganizationHeader,
    body: CreateBody,
    summary: 'Create stack',
    response: NoticeWith('stack', Stack),
    failures: () => [organizationNotFound()],
    status: 201,
    run: createStack,
  }),
  route({
    method: 'PUT',
    path: '/stacks',
    permit: memberOnStackItself('change the stack'),
    operation: 'Stack update',
    body: UpdateBody,
    summary: 'Update stack',
    response: NoticeWith('stack', Stack),
    run: updateStack,
  }),
  route({
    method: 'DELETE',
    path: '/stacks',
    permit: memberOnStackItself('delete the stack'),
    summary: 'Delete stack',
    response: NoticeAlone,
    run: deleteStack,
  }),
  // Setup scripts call this before they create a preview token.
  route({
    method: 'GET',
    path: '/stacks/settings',
    permit: member('read the stack'),
    summary: 'Get stack settings',
    response: Single('stack_settings', Settings),
    run: fetchStackSettings,
  }),
  route({
    method: 'POST',
    path: '/stacks/settings',
    permit: member('change the stack'),
    operation: 'Stack settings update',
    body: SettingsBody,
    summary: 'Update stack settings',
    response: NoticeWith('stack_settings', Settings),
    failures: () => [noDefaultEnvironment()],
    status: 201,
    run: updateStackSettings,
  }),
]

function fetchStacks(call: Call<{ query: typeof FetchQuery }>): string {
  const { world, query, callerUid } = call
  const { store } = world
  const shown = isTrue(query.include_collaborators)
    ? (body: string) => withCollaborators(store, body)
    : (body: string) => body
  if (namesStack(call)) return single('stack', shown(store.stacks.body(call.apiKey)))
  if (header(call, 'organization_uid') !== '') checkOrganization(call)
  const collection = {
    list: (userUid: string, listing: Listing) => store.stacks.bodies(userUid, listing).map(shown).join(),
    count: (userUid: string, listing: Listing) => store.stacks.count(userUid, listing),
  }
  return listBody('stacks', collection, callerUid, query, 'Stack fetch')
}

function createStack(call: Call<{ query: typeof CreateQuery; body: typeof CreateBody }>): string {
  const { callerUid } = call
  const { store, clock, ids } = call.world
  checkOrganization(call)
  const { name, description, master_locale: masterLocale } = call.body.stack
  const now = clock.timestamp()
  const apiKey = ids.uid()
  const body = store.stacks.insert({
    api_key: apiKey,
    uid: ids.uid(),
    name,
    description: description ?? null,
    master_locale: masterLocale ?? DEFAULT_MASTER_LOCALE,
    master_key: ids.uid(),
    settings: '{}',
    owner_uid: callerUid,
    created_at: now,
    updated_at: now,
  })
  store.branches.insert(apiKey, {
    uid: MAIN_BRANCH,
    source: '',
    created_by: callerUid,
    updated_by: callerUid,
    created_at: now,
    updated_at: now,
  })
  return noticeWith('Stack created successfully.', 'stack', body)
}

function updateStack(call: Call<{ body: typeof UpdateBody }>): string {
  const { store, clock } = call.world
  const { name, description } = call.body.stack
  const stack = updated(findStack(call), {
    name,
    description: description === null ? '' : description,
    updated_at: clock.timestamp(),
  })
  return noticeWith('Stack updated successfully.', 'stack', store.stacks.update(stack))
}

function deleteStack({ world, apiKey }: Call): string {
  world.store.stacks.delete(apiKey)
  return noticeAlone('Stack deleted successfully!')
}

function fetchStackSettings(call: Call): string {
  return single('stack_settings', findStack(call).settings)
}

/** Settings are stored as sent (C). */
function updateStackSettings(call: Call<{ body: typeof SettingsBody }>): string {
  const { store, clock } = call.world
  const { stack_settings: sent } = call.body
  const livePreview = Object(sent['live_preview']) as Record<string, unknown>
  if (livePreview['enabled'] === true && !livePreview['default-env']) throw noDefaultEnvironment()
  // C: settings that the request leaves out stay, and the stack's updated_at changes.
  const stack = findStack(call)
  const settings = JSON.stringify({ ...(JSON.parse(stack.settings) as object), ...sent })
  store.stacks.update({ ...stack, settings, updated_at: clock.timestamp() })
  return noticeWith('Stack settings updated successfully.', 'stack_settings', settings)
}

const noDefaultEnvironment = () =>
  invalid('Stack settings update', { 'settings.live_preview': ['default-env is a required field.'] })

/** The stack that the request was permitted for. */
const findStack = ({ world, apiKey }: Call) => world.store.stacks.find(apiKey) as StackRow

/** The organization is named in a header (A), or in the query, as in the documented call of the JavaScript client. */
function checkOrganization(call: Call): void {
  const { organization_uid: inQuery } = call.query as { organization_uid?: unknown }
  const named = header(call, 'organization_uid') || inQuery
  if (named !== call.world.store.organization.uid()) throw organizationNotFound()
}

/** A stack's body with the users who work in it (R shape, C plan_id and roles). */
function withCollaborators(store: Store, body: string): string {
  const { api_key: apiKey, org_uid: organizationUid } = JSON.parse(body) as Record<
    'api_key' | 'org_uid',
    string
  >
  const collaborators = store.stacks
    .collaborators(apiKey)
    .map(({ uid, email, role, created_at, updated_at }) => ({
      uid,
      email,
      plan_id: ['tokens-mock'],
      org_uid: [organizationUid],
      roles: [role],
      created_at,
      updated_at,
    }))
  return `${body.slice(0, -1)},"collaborators":${JSON.stringify(collaborators)}}`
}
