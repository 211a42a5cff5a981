import { Type } from '@sinclair/typebox'
import type { Call } from '../server/call.ts'
import { defaultStays, unknownWorld } from '../world/worlds.ts'
import { ByName, Done, done, route } from './route.ts'

const WorldList = Type.Object({ worlds: Type.Array(Type.Object({ name: Type.String() })) })

export const worldRoutes = [
  route({
    method: 'GET',
    path: '/worlds',
    summary: 'The worlds',
    response: WorldList,
    run: listWorlds,
  }),
  route({
    method: 'DELETE',
    path: '/worlds/:name',
    summary: 'Drops a world',
    params: ByName,
    response: Done,
    failures: () => [unknownWorld('one'), defaultStays()],
    run: dropWorld,
  }),
]

function listWorlds({ server }: Call) {
  return { worlds: server.worlds.all().map(({ name }) => ({ name })) }
}

function dropWorld({ server, params }: Call<{ params: typeof ByName }>) {
  server.worlds.drop(params.name)
  return done('The world was dropped.')
}
