import { UserError } from '../rules/user-error.ts'
import { compare, type Difference, type Observed } from './compare.ts'
import { type FilledRequest, filled, find, missingName, type Names } from './request.ts'
import { isRisky, type Scenario } from './scenario.ts'
import { VARIABLES } from './variables.ts'

/** What came of a scenario. */
export interface Outcome {
  scenario: Scenario
  result: 'same' | 'differs' | 'left out'
  differences: Difference[]
  /** Why it was left out. */
  reason?: string
  /** Whether the target accepted a write that it had to refuse. */
  isAccepted: boolean
}

/** The target, or the mock that it is compared with. */
export interface Side {
  names: Names
  send(request: FilledRequest): Promise<Observed>
}

/** What `verify` was asked for, and both sides. */
interface Verification {
  scenarios: readonly Scenario[]
  /** The ids of risky scenarios to send nevertheless. */
  risky: readonly string[]
  target: Side
  mock: Side
}

/** Whether a scenario will be sent, as far as one knows before. */
export const isPlanned = (scenario: Scenario, { risky, target }: Pick<Verification, 'risky' | 'target'>) =>
  whyNotPlanned(scenario, risky, target.names) === undefined

function whyNotPlanned(scenario: Scenario, risky: readonly string[], names: Names): string | undefined {
  if (isRisky(scenario) && !risky.includes(scenario.id)) return 'the refusal is not certain; --risky sends it'
  const isAsked = JSON.stringify(scenario.headers).includes('{management_token_value}')
  if (isAsked && !names.has('management_token_value')) return `${VARIABLES.management_token_value} is not set`
  return undefined
}

/**
 * Sends the scenarios to both sides, in order.
 *
 * @throws UserError if the target does not respond, or refuses the credentials
 */
export async function runScenarios(verification: Verification): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const scenario of verification.scenarios) {
    const reason = whyLeftOut(scenario, verification, outcomes)
    outcomes.push(
      reason === undefined ? await runScenario(scenario, verification) : leftOut(scenario, reason),
    )
  }
  return outcomes
}

const leftOut = (scenario: Scenario, reason: string): Outcome => ({
  scenario,
  result: 'left out',
  differences: [],
  reason,
  isAccepted: false,
})

function whyLeftOut(
  scenario: Scenario,
  { risky, target }: Verification,
  before: readonly Outcome[],
): string | undefined {
  const missing = missingName(scenario, target.names)
  return (
    whyNotPlanned(scenario, risky, target.names) ??
    (missing && `the target showed no ${missing}`) ??
    (scenario.method !== 'GET' && before.some(({ isAccepted }) => isAccepted)
      ? 'the target accepted an earlier write'
      : undefined)
  )
}

async function runScenario(scenario: Scenario, { target, mock }: Verification): Promise<Outcome> {
  const theirs = await target.send(filled(scenario, target.names))
  if (scenario.id === FIRST) checkFirst(theirs.status)
  const ours = await mock.send(filled(scenario, mock.names))
  find(scenario, theirs.text, target.names)
  find(scenario, ours.text, mock.names)
  if (isForbidden(theirs) && !isForbidden(ours))
    return leftOut(scenario, 'the credentials do not permit the call')
  const differences = compare(theirs, ours, scenario)
  return {
    scenario,
    result: differences.length > 0 ? 'differs' : 'same',
    differences,
    isAccepted: scenario.method !== 'GET' && theirs.status < 300,
  }
}

/** The id of the first scenario. */
const FIRST = 'delivery-tokens'

/** @throws UserError if the target is no stack, or not the user's */
function checkFirst(status: number): void {
  if (status !== 200 && status !== 403)
    throw new UserError(
      `The target refuses the first request with ${status}. Check --target, ${VARIABLES.api_key} and ${VARIABLES.authtoken}.`,
    )
}

/** Whether the role or the scope of the user's credentials forbids the call, which says nothing about the emulation. */
const isForbidden = ({ status, text }: Observed) =>
  (status === 403 || status === 401) && /"error_code"\s*:\s*(316|161)\b/.test(text)
