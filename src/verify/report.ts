import { version } from '../server/version.ts'
import type { Outcome } from './run.ts'
import { requestLine, type Scenario } from './scenario.ts'
import { INTERVAL } from './target.ts'

const known = ({ expects: { status, statusMark, bodyMark } }: Scenario) =>
  `${status} (${statusMark}), body (${bodyMark})`

function harmless({ harmless: why }: Scenario): string {
  return typeof why === 'string' ? why : `refused (${why.refused})`
}

const settled = ({ settles }: Scenario) => (settles === undefined ? '' : `; settles ${settles}`)

/** What will be sent, as text. */
export function planText(planned: readonly Scenario[]): string {
  const width = Math.max(...planned.map(({ id }) => id.length))
  const seconds = Math.ceil((planned.length * INTERVAL) / 1000)
  return [
    `verify sends ${planned.length} requests to the target, at most ${1000 / INTERVAL} a second, which takes about ${seconds} seconds.`,
    'They change nothing: each one reads, names nothing that exists, or is refused. Marks say how that is known:',
    'R recorded, A asserted by a vendor, D documented, I inferred, C chosen.',
    '',
    ...planned.map(
      (scenario) => `  ${scenario.id.padEnd(width)}  ${requestLine(scenario)}  ${harmless(scenario)}`,
    ),
    '',
  ].join('\n')
}

const count = (outcomes: readonly Outcome[], result: Outcome['result']) =>
  outcomes.filter((outcome) => outcome.result === result).length

/** What differs, and what was left out, as text. */
export function reportText(outcomes: readonly Outcome[]): string {
  const accepted = outcomes.filter(({ isAccepted }) => isAccepted).map(({ scenario }) => scenario.id)
  return [
    `contentstack-tokens-mock ${version}, verify against the profile live`,
    `${count(outcomes, 'same')} the same, ${count(outcomes, 'differs')} different, ${count(outcomes, 'left out')} left out`,
    ...accepted.map(
      (id) =>
        `The target accepted ${id}, so it may have changed something. Look for something new in the stack.`,
    ),
    ...outcomes.filter(({ result }) => result === 'differs').flatMap(differenceLines),
    ...leftOutLines(outcomes),
    '',
  ].join('\n')
}

function differenceLines({ scenario, differences }: Outcome): string[] {
  // A target may send more keys than a function takes arguments.
  const width = differences.reduce((most, { place }) => Math.max(most, place.length), 0)
  return [
    '',
    `${scenario.id}: ${requestLine(scenario)}`,
    `  expected ${known(scenario)}${settled(scenario)}`,
    ...differences.map(
      ({ place, target, mock }) => `  ${place.padEnd(width)}  target: ${target}; mock: ${mock}`,
    ),
  ]
}

function leftOutLines(outcomes: readonly Outcome[]): string[] {
  const left = Map.groupBy(
    outcomes.filter(({ result }) => result === 'left out'),
    ({ reason }) => reason,
  )
  return [...left].flatMap(([reason, those]) => [
    '',
    `left out, because ${reason}:`,
    ...those.map(({ scenario }) => `  ${scenario.id}`),
  ])
}

/** The same for programs. */
export function reportJson(outcomes: readonly Outcome[]): string {
  const scenarios = outcomes.map(({ scenario, ...outcome }) => {
    const { id, expects, settles } = scenario
    return { id, request: requestLine(scenario), expects, settles, ...outcome }
  })
  return `${JSON.stringify({ version, profile: 'live', scenarios }, undefined, 2)}\n`
}
