import { type TObject, type TSchema, Type } from '@sinclair/typebox'
import { BODY_LIMIT, DEPTH_LIMIT, MAX_WORLDS } from '../rules/caps.ts'
import {
  type ApiError,
  badRequest,
  bodyTooDeep,
  bodyTooLarge,
  branchDenied,
  branchUnknown,
  notJson,
  notLoggedIn,
  notPermitted,
  notUtf8,
  rateLimitExceeded,
  scopeNotPermitted,
  stackNotFound,
  storageFailed,
  unexpected,
  wrongContentType,
} from '../rules/errors.ts'
import { factsIn, PROFILES, type Profile } from '../rules/profiles.ts'
import { PERMISSIONS, ROLES } from '../rules/roles.ts'
import { validatorOf } from '../rules/validator.ts'
import { invalidBody, invalidParameters, resourceOf, type SchemaError } from '../server/failures.ts'
import { headersOfResponse } from '../server/headers.ts'
import { type DocumentedCall, documentOf, type Security } from '../server/openapi.ts'
import { badName, tooMany } from '../world/worlds.ts'
import type { Permit } from './permit.ts'
import { always, type Route } from './route.ts'
import { PREFIX, type RouteTable } from './routes.ts'

// The OpenAPI document of the emulated API. It is made when someone asks for it, mostly from the route tables.

interface DocumentOptions {
  /** The base URL of the server. */
  base: string
  /** If undefined, the document holds the responses of all profiles, as alternatives. */
  profile: Profile | undefined
}

const header = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description })

const SECURITY_SCHEMES = {
  api_key: header('api_key', 'The api_key of the stack.'),
  authtoken: header('authtoken', 'The authtoken of a user.'),
  authorization: header('authorization', 'A management token, without Bearer.'),
  access_token: header('access_token', 'A delivery token.'),
  preview_token: header('preview_token', 'A preview token.'),
  oauth: {
    type: 'http',
    scheme: 'bearer',
    description: 'An OAuth access token, which counts as an authtoken of its user.',
  },
}

export const apiDocument = (tables: readonly RouteTable[], { base, profile }: DocumentOptions) =>
  documentOf(
    {
      title: 'Content Management API as contentstack-tokens-mock emulates it',
      description: `What each call takes and returns. ${
        profile === undefined
          ? 'Where the profiles differ, the responses of all of them are alternatives.'
          : `The responses are those of the profile ${profile}.`
      } An example of a failure has the reason as its summary, which the header x-mock-reason carries.`,
      base,
      tags: tables.map(({ tag: name, description }) => ({ name, description })),
      securitySchemes: SECURITY_SCHEMES,
    },
    tables.flatMap(({ tag, routes }) => routes.map((route) => documentedCall(route, tag, profile))),
  )

/** The published document: `docs/openapi.json`. */
export const apiDocumentText = (tables: readonly RouteTable[]) =>
  `${JSON.stringify(apiDocument(tables, { base: 'http://127.0.0.1:4747', profile: undefined }), null, 2)}\n`

function documentedCall(route: Route, tag: string, profile: Profile | undefined): DocumentedCall {
  const { method, path, run, operationId = run.name, summary, params, query, body, status } = route
  const permits = permitsOf(route, profile)
  const isLimited = route.isUnlimited !== always
  return {
    method,
    path: `${PREFIX}${path}`,
    operationId,
    tag,
    summary,
    security: distinct(permits.flatMap(securityOf), JSON.stringify),
    params,
    query,
    headers: headersRead(route.headers, permits),
    body,
    status,
    response: responseIn(route, profile),
    responseHeaders: { ...headersOfResponse({ isFailure: false, isLimited }), ...route.responseHeaders },
    failures: failuresOf(route, permits, isLimited),
    failureHeaders: headersOfResponse({ isFailure: true, isLimited }),
  }
}

/** The failures of a call in any profile, besides those of every call. */
export function ownFailures(route: Route): ApiError[] {
  const ofAnyCall = new Set(failuresOfAnyCall().map((failure) => JSON.stringify(failure.body())))
  return failuresOf(route, permitsOf(route, undefined), route.isUnlimited !== always).filter(
    (failure) => !ofAnyCall.has(JSON.stringify(failure.body())),
  )
}

function failuresOf(route: Route, permits: readonly Permit[], isLimited: boolean): ApiError[] {
  const failures = [
    ...failuresOfAnyCall(),
    ...(isLimited ? [rateLimitExceeded()] : []),
    ...permits.flatMap(refusals),
    ...refusedBySchema(route),
    ...(route.failures?.() ?? []),
  ]
  return distinct(failures, (failure) => JSON.stringify(failure.body()))
}

function permitsOf({ permit, permits = [] }: Route, profile: Profile | undefined): readonly Permit[] {
  if (permit === undefined) return []
  return typeof permit === 'function' ? factsIn(permits, profile).flat() : [permit]
}

function responseIn({ response }: Route, profile: Profile | undefined): TSchema {
  const schemas = factsIn(response, profile)
  const [schema] = schemas
  if (schema && schemas.length === 1) return schema
  return Type.Union(
    schemas.map((schema, i) => ({ ...schema, description: `In the profile ${PROFILES[i]}.` })),
  )
}

/** Every call below a stack reads the header branch. */
function headersRead(headers: TObject | undefined, permits: readonly Permit[]): TObject {
  const isBelowStack = permits.some((permit) => permit.who !== 'user' && !isOnStackItself(permit))
  return Type.Object({ ...headers?.properties, ...(isBelowStack && { branch: BRANCH }) })
}

const isOnStackItself = (permit: Permit) => permit.who === 'member' && permit.onStackItself

const BRANCH = Type.Optional(
  Type.String({ description: 'A branch or an alias. A stack without branches ignores it.' }),
)

function securityOf(permit: Permit): Security {
  if (permit.who === 'user') return [{ authtoken: [] }, { oauth: [] }]
  if (permit.who === 'reader') return [{ api_key: [], [permit.header]: [] }]
  const { managementToken } = permit
  if (managementToken?.needsBoth) return [{ api_key: [], authtoken: [], authorization: [] }]
  const users = [
    { api_key: [], authtoken: [] },
    { api_key: [], oauth: [] },
  ]
  return managementToken ? [...users, { api_key: [], authorization: [] }] : users
}

/** What a permit refuses. */
function refusals(permit: Permit): ApiError[] {
  const bearer = notLoggedIn('The OAuth access token after Bearer is unknown or revoked.', 'authorization')
  if (permit.who === 'user') {
    const named = permit.namesHeader ? 'authtoken' : undefined
    return [notLoggedIn('The header authtoken is missing.', named), bearer]
  }
  if (permit.who === 'reader')
    return [stackNotFound('The header api_key is missing.', false), ...permit.failures()]
  const { action, onStackItself, managementToken } = permit
  return [
    stackNotFound('The header api_key is missing.', onStackItself),
    notLoggedIn('The header authtoken is missing.', 'authtoken'),
    bearer,
    ...ROLES.filter((role) => !PERMISSIONS[action].includes(role)).map((role) =>
      notPermitted(`The role ${role} may not ${action}.`),
    ),
    ...(managementToken?.module
      ? [scopeNotPermitted("The management token's scope does not permit the call.")]
      : []),
    ...(managementToken ? [branchDenied('release')] : []),
    ...(onStackItself ? [] : [branchUnknown('release')]),
  ]
}

const failuresOfAnyCall = () => [
  badRequest(),
  badName('.'),
  notJson(),
  notUtf8(),
  wrongContentType(),
  bodyTooDeep(DEPTH_LIMIT),
  bodyTooLarge(BODY_LIMIT),
  tooMany(MAX_WORLDS),
  unexpected(),
  storageFailed(),
]

/** What the schemas of a call refuse, found by sending them wrong values. */
function refusedBySchema({ operation, query, body }: Route): ApiError[] {
  if (operation === undefined) return []
  const errorsIn = (schema: object, value: unknown) => {
    const validate = validatorOf(schema)
    return validate(value) ? undefined : (validate.errors as SchemaError[])
  }
  const failures: ApiError[] = []
  for (const name of Object.keys((query as ObjectSchema | undefined)?.properties ?? {})) {
    const errors = errorsIn(query as object, { [name]: '!' })
    if (errors) failures.push(invalidParameters(operation, errors))
  }
  if (!body) return failures
  const schema = body as ObjectSchema
  const resource = resourceOf(schema)
  const fields = Object.keys(schema.properties[resource]?.properties ?? {})
  const withAll = (value: unknown) => Object.fromEntries(fields.map((field) => [field, value]))
  for (const value of [undefined, {}, withAll(7), withAll(' '.repeat(BEYOND_ANY_LENGTH))]) {
    const errors = errorsIn(body, value === undefined ? {} : { [resource]: value })
    if (errors) failures.push(invalidBody(operation, errors, schema))
  }
  return failures
}

interface ObjectSchema {
  properties: Record<string, { properties?: object }>
}

const BEYOND_ANY_LENGTH = 1000

/** The first value of each key. */
function distinct<T>(values: readonly T[], keyOf: (value: T) => string): T[] {
  const keys = values.map((value) => keyOf(value))
  return values.filter((_, i) => keys.indexOf(keys[i] as string) === i)
}
