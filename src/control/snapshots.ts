import { Type } from '@sinclair/typebox'
import { SNAPSHOT_CAP } from '../rules/caps.ts'
import { ApiError } from '../rules/errors.ts'
import type { Call } from '../server/call.ts'
import { ByName, Done, done, route } from './route.ts'

const Snapshots = Type.Object({ snapshots: Type.Array(Type.String()) })

export const noSnapshot = (name: string) => new ApiError(404, `There is no snapshot '${name}'.`, 404)

export const tooManySnapshots = () =>
  new ApiError(422, `A world keeps at most ${SNAPSHOT_CAP} snapshots. Delete one first.`, 422)

const ONE = '/snapshots/:name'

export const snapshotRoutes = [
  route({
    method: 'GET',
    path: '/snapshots',
    summary: 'The names of the snapshots',
    response: Snapshots,
    run: listSnapshots,
  }),
  route({
    method: 'PUT',
    path: ONE,
    summary: 'Saves the state under a name',
    params: ByName,
    response: Done,
    failures: () => [tooManySnapshots()],
    run: takeSnapshot,
  }),
  route({
    method: 'POST',
    path: `${ONE}/restore`,
    summary: 'Restores a snapshot',
    params: ByName,
    response: Done,
    failures: () => [noSnapshot('ready')],
    run: restoreSnapshot,
  }),
  route({
    method: 'DELETE',
    path: ONE,
    summary: 'Deletes a snapshot',
    params: ByName,
    response: Done,
    failures: () => [noSnapshot('ready')],
    run: deleteSnapshot,
  }),
]

function listSnapshots({ control }: Call) {
  return { snapshots: control.snapshots() }
}

function takeSnapshot({ control, params }: Call<{ params: typeof ByName }>) {
  control.snapshot(params.name)
  return done('The snapshot was taken.')
}

function restoreSnapshot({ control, params }: Call<{ params: typeof ByName }>) {
  control.restore(params.name)
  return done('The snapshot was restored.')
}

function deleteSnapshot({ control, params }: Call<{ params: typeof ByName }>) {
  control.deleteSnapshot(params.name)
  return done('The snapshot was deleted.')
}
