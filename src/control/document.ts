import { BODY_LIMIT, DEPTH_LIMIT, MAX_WORLDS } from '../rules/caps.ts'
import {
  type ApiError,
  badRequest,
  bodyTooDeep,
  bodyTooLarge,
  notJson,
  notUtf8,
  storageFailed,
  unexpected,
  wrongContentType,
} from '../rules/errors.ts'
import { type DocumentedCall, documentOf } from '../server/openapi.ts'
import { badName, tooMany } from '../world/worlds.ts'
import { foreign, unauthorized } from './guard.ts'
import type { Route } from './route.ts'

// The OpenAPI document of the control API. It is made when someone asks for it.

const TAG = 'Control'

/**
 * @param openRoutes those that any client may call; paths begin with /_mock, as in `guardedRoutes`
 * @param base the base URL of the server
 */
export const documentOfControl = (
  openRoutes: readonly Route[],
  guardedRoutes: readonly Route[],
  base: string,
) =>
  documentOf(
    {
      title: 'Control API of contentstack-tokens-mock',
      description: 'Controls the emulator. It belongs to the emulator, not to Contentstack.',
      base,
      tags: [{ name: TAG, description: 'Everything under /_mock.' }],
    },
    [
      ...openRoutes.map((route) => documentedCall(route, [])),
      ...guardedRoutes.map((route) => documentedCall(route, failuresOfGuarded())),
    ],
  )

const documentedCall = (
  { run, failures, bodyLimit = BODY_LIMIT, ...route }: Route,
  more: ApiError[],
): DocumentedCall => ({
  ...route,
  operationId: run.name,
  tag: TAG,
  security: [],
  failures: [
    badRequest(),
    bodyTooLarge(bodyLimit),
    unexpected(),
    storageFailed(),
    ...more,
    ...(failures?.() ?? []),
  ],
})

/** What each guarded call refuses. */
const failuresOfGuarded = () => [
  foreign('Host', 'example.com', 'Allow the name with --control-host.'),
  unauthorized('The header Authorization does not have the token that --control-token sets.'),
  badName('.'),
  tooMany(MAX_WORLDS),
  notJson(),
  notUtf8(),
  wrongContentType(),
  bodyTooDeep(DEPTH_LIMIT),
]
