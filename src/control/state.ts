import { Fixture } from '../fixtures/schema.ts'
import { FIXTURE_DEPTH_LIMIT } from '../rules/caps.ts'
import { ApiError } from '../rules/errors.ts'
import type { Call } from '../server/call.ts'
import { Done, done, route } from './route.ts'

/** The largest fixture, in bytes. */
const FIXTURE_LIMIT = 64 * 2 ** 20

/** @param problems the mistakes in the fixture */
export const unloadable = (problems: string[]) =>
  new ApiError(422, 'The fixture cannot be loaded.', 422, {
    fields: { fixture: problems },
    reason: problems.join(' '),
    detailed: ['The fixture cannot be loaded:', ...problems].join('\n  '),
  })

export const stateRoutes = [
  route({
    method: 'GET',
    path: '/state',
    summary: 'The whole state, as a fixture',
    response: Fixture,
    run: readState,
  }),
  route({
    method: 'PUT',
    path: '/state',
    summary: 'Loads a fixture',
    body: Fixture,
    response: Done,
    failures: () => [unloadable(['/stacks is missing'])],
    run: loadState,
    bodyLimit: FIXTURE_LIMIT,
    checksBody: true,
    config: { depthLimit: FIXTURE_DEPTH_LIMIT },
  }),
  route({
    method: 'POST',
    path: '/reset',
    summary: 'Resets the world to its initial state',
    response: Done,
    run: resetWorld,
  }),
]

function readState({ control }: Call) {
  return control.state()
}

function loadState({ control, body }: Call) {
  control.load(body)
  return done('The state was loaded.')
}

function resetWorld({ control }: Call) {
  control.reset()
  return done('The world was reset.')
}
