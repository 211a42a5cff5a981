import { type Static, Type } from '@sinclair/typebox'
import { badRequest } from '../rules/errors.ts'
import { Enum, Strict } from '../rules/schemas.ts'
import { timeAfter, timeOf } from '../rules/time.ts'
import type { Call } from '../server/call.ts'
import { CLOCK_MODES } from '../world/clock.ts'
import { route } from './route.ts'

const Clock = Type.Object({ mode: Enum(CLOCK_MODES), now: Type.String() })

export const SetClock = Type.Object(
  {
    /** `real` shows the machine's time, `offset` differs from it by a fixed amount, `frozen` stands still. */
    mode: Enum(CLOCK_MODES),
    /** An ISO 8601 date or date-time. Defaults to the current time of the clock. */
    now: Type.Optional(
      Type.String({
        description: 'An ISO 8601 date or date-time; the current time of the clock if absent.',
      }),
    ),
  },
  Strict,
)
export type SetClock = Static<typeof SetClock>

const AdvanceClock = Type.Object(
  { duration: Type.String({ description: 'An ISO 8601 duration such as P7D.' }) },
  Strict,
)

export const clockRoutes = [
  route({
    method: 'GET',
    path: '/clock',
    summary: 'The time and mode of the clock',
    response: Clock,
    run: readClock,
  }),
  route({
    method: 'PUT',
    path: '/clock',
    summary: 'Sets the clock',
    body: SetClock,
    response: Clock,
    run: setClock,
  }),
  route({
    method: 'POST',
    path: '/clock/advance',
    summary: 'Advances the clock',
    body: AdvanceClock,
    response: Clock,
    run: advanceClock,
  }),
]

function readClock({ control }: Call) {
  return control.clock.read()
}

function setClock({ control, body }: Call<{ body: typeof SetClock }>) {
  const { now } = body
  if (now !== undefined && Number.isNaN(timeOf(now)))
    throw badRequest(`'${now}' is neither a date nor a date-time.`)
  return control.clock.set(body)
}

function advanceClock({ control, body }: Call<{ body: typeof AdvanceClock }>) {
  const { duration } = body
  if (timeAfter(duration, Date.parse(control.clock.read().now)) === undefined)
    throw badRequest(`'${duration}' is not an ISO 8601 duration such as P7D.`)
  return control.clock.advance(duration)
}
