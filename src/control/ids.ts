import { Type } from '@sinclair/typebox'
import { Strict } from '../rules/schemas.ts'
import type { Call } from '../server/call.ts'
import { route } from './route.ts'

/** Null stands for random ids. */
export const Ids = Type.Object({ seed: Type.Union([Type.Integer(), Type.Null()]) }, Strict)

export const idRoutes = [
  route({
    method: 'GET',
    path: '/ids',
    summary: 'The seed of the ids',
    response: Ids,
    run: readSeed,
  }),
  route({
    method: 'PUT',
    path: '/ids',
    summary: 'Restarts the sequence of a seed',
    body: Ids,
    response: Ids,
    run: seedIds,
  }),
]

function readSeed({ control }: Call) {
  return { seed: control.ids.seed() }
}

function seedIds({ control, body }: Call<{ body: typeof Ids }>) {
  control.ids.restart(body.seed)
  return { seed: control.ids.seed() }
}
