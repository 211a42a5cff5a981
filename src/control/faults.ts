import { type Static, Type } from '@sinclair/typebox'
import { badRequest } from '../rules/errors.ts'
import { retryNotice } from '../rules/retries.ts'
import { Enum, Strict } from '../rules/schemas.ts'
import type { Call } from '../server/call.ts'
import { urlOfWorld } from '../server/world-prefix.ts'
import { PRESETS } from '../world/fault-presets.ts'
import { FaultRule } from '../world/faults.ts'
import { Done, done, route } from './route.ts'

const FaultReadings = Type.Object({
  rules: Type.Array(Type.Composite([FaultRule, Type.Object({ hits: Type.Integer() })])),
})

/** The rules that replace all others. */
export const SetFaults = Type.Object(
  {
    /** The presets whose rules to add, before `rules`, at most 100. Defaults to none. */
    presets: Type.Optional(Type.Array(Enum(PRESETS), { maxItems: 100 })),
    rules: Type.Optional(Type.Array(FaultRule, { maxItems: 1000 })),
  },
  Strict,
)
// Names FaultRule, because the compiler would write out its fields without their comments.
export type SetFaults = Omit<Static<typeof SetFaults>, 'rules'> & {
  /** The rules in the order in which they apply, at most 1000. Defaults to none. */
  rules?: FaultRule[]
}

const FaultsSet = Type.Composite([
  FaultReadings,
  Type.Object({
    notice: Type.Optional(
      Type.String({ description: 'Where @contentstack/management retries such failures.' }),
    ),
  }),
])

export const faultRoutes = [
  route({
    method: 'GET',
    path: '/faults',
    summary: 'The fault rules, with their hits',
    response: FaultReadings,
    run: listFaults,
  }),
  route({
    method: 'PUT',
    path: '/faults',
    summary: 'Replaces the fault rules',
    body: SetFaults,
    response: FaultsSet,
    run: setFaults,
  }),
  route({
    method: 'DELETE',
    path: '/faults',
    summary: 'Removes the fault rules',
    response: Done,
    run: clearFaults,
  }),
]

function listFaults({ control }: Call) {
  return { rules: control.faults.list() }
}

function setFaults({ control, world, body, server, log }: Call<{ body: typeof SetFaults }>) {
  const framing = framingHeaderIn(body)
  if (framing) throw badRequest(`A fault rule cannot set the header ${framing.name}.`)
  control.faults.set(body)
  const rules = control.faults.list()
  const notice = retryNotice(rules, urlOfWorld(server.url(), world.name))
  if (notice === undefined) return { rules }
  log.info(notice)
  return { rules, notice }
}

function clearFaults({ control }: Call) {
  control.faults.clear()
  return done('There are no fault rules.')
}

/**
 * Headers for the length of a response and for the connection. With a wrong one, clients may wait forever, and Node refuses
 * some of them.
 */
const FRAMING =
  /^(content-length|transfer-encoding|trailer|te|connection|proxy-connection|keep-alive|upgrade)$/i

/** Returns the first header in fault rules that a rule cannot set, with its place; undefined if there is none. */
export function framingHeaderIn({ rules = [] }: SetFaults) {
  return rules
    .flatMap(({ headers = {} }, i) =>
      Object.entries(headers).map(([name, value]) => ({ name, value, place: `rules[${i}].headers.${name}` })),
    )
    .find(({ name }) => FRAMING.test(name))
}
