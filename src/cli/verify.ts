import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { createTokensMock, type TokensMock } from '../index.ts'
import { unbracketed } from '../rules/host.ts'
import { UserError } from '../rules/user-error.ts'
import { isLoopback } from '../server/address.ts'
import { planText, reportJson, reportText } from '../verify/report.ts'
import type { FilledRequest } from '../verify/request.ts'
import { isPlanned, runScenarios, type Side } from '../verify/run.ts'
import { isRisky } from '../verify/scenario.ts'
import { SCENARIOS } from '../verify/scenarios.ts'
import { MOCK_CREDENTIALS, VERIFY_FIXTURE } from '../verify/stack.ts'
import { type Pace, Target } from '../verify/target.ts'
import { VARIABLES } from '../verify/variables.ts'
import type { VerifyOptions } from './command-line.ts'
import type { Terminal } from './serve.ts'
import { ConfigError } from './settings.ts'

/** The exit codes. */
const SAME = 0
const DIFFERS = 3
const NOT_RUN = 2

const REAL_PACE: Pace = { now: Date.now, sleep: setTimeout }

/**
 * Compares the service with the profile `live`. Prints the plan on stderr, and on a terminal asks before anything is sent.
 * Prints the report on stdout, without a value of the target.
 *
 * @returns 0 if nothing differs, 3 if something does, 2 if it did not run
 * @throws UserError for a mistake of the user, or if the target does not respond
 */
export async function verify(
  options: VerifyOptions,
  { stdin, stdout, stderr, env }: Pick<Terminal, 'stdin' | 'stdout' | 'stderr' | 'env'>,
  stop: AbortSignal,
  pace = REAL_PACE,
): Promise<number> {
  checkRisky(options.risky)
  const target = new Target(baseUrl(options.target), pace, stop)
  const targetSide: Side = { names: credentialsIn(env), send: (request) => target.send(request) }
  const planned = SCENARIOS.filter((scenario) =>
    isPlanned(scenario, { risky: options.risky, target: targetSide }),
  )
  stderr.write(planText(planned))
  if (stdin.isTTY && !options.yes && !(await agrees(stdin, stderr, stop))) {
    stderr.write('Nothing was sent.\n')
    return NOT_RUN
  }
  await using mock = await createTokensMock({ profile: 'live', fixtures: VERIFY_FIXTURE })
  const outcomes = await runScenarios({
    scenarios: SCENARIOS,
    risky: options.risky,
    target: targetSide,
    mock: { names: new Map(Object.entries(MOCK_CREDENTIALS)), send: (request) => inject(mock, request) },
  })
  stdout.write(options.json ? reportJson(outcomes) : reportText(outcomes))
  return outcomes.some(({ result }) => result === 'differs') ? DIFFERS : SAME
}

async function inject(mock: TokensMock, { method, path, headers, body }: FilledRequest) {
  const response = await mock.inject({
    method,
    url: path,
    headers,
    ...(body !== undefined && { payload: body }),
  })
  return {
    status: response.statusCode,
    headerNames: Object.keys(response.headers),
    text: response.body,
  }
}

/** Asks on the terminal. The end of the input, and a signal to stop, mean no. */
async function agrees(
  input: Terminal['stdin'],
  output: Terminal['stderr'],
  signal: AbortSignal,
): Promise<boolean> {
  output.write('Send these requests? (y/N) ')
  const lines = createInterface({ input, signal })
  const [line = ''] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?]
  // A terminal that is still read would keep the process alive.
  lines.close()
  return /^y(es)?$/i.test(line.trim())
}

function checkRisky(ids: readonly string[]): void {
  const known = SCENARIOS.filter(isRisky).map(({ id }) => id)
  const unknown = ids.find((id) => !known.includes(id))
  if (unknown !== undefined)
    throw new ConfigError(`--risky: '${unknown}' is not valid. Expected: ${known.join(', ')}.`)
}

/** Returns the URL without `/v3`. */
function baseUrl(text: string): string {
  if (!URL.canParse(text)) throw new ConfigError('--target is not a URL.')
  const { protocol, hostname, username, password, search, hash, origin, pathname } = new URL(text)
  if (username || password || search || hash)
    throw new ConfigError('--target takes a URL without credentials, query or fragment.')
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(unbracketed(hostname))))
    throw new ConfigError(
      '--target needs https, except on this machine, because the requests carry credentials.',
    )
  return origin + pathname.replace(/\/+$/, '').replace(/\/v3$/, '')
}

function credentialsIn(env: NodeJS.ProcessEnv): Map<string, string> {
  const found = Object.entries(VARIABLES).flatMap(([name, variable]): [string, string][] => {
    const value = env[variable]
    if (!value && name === 'management_token_value') return []
    // Node's own message about an invalid header would show the value.
    if (!value || !/^[!-~]+$/.test(value))
      throw new UserError(
        `Set ${variable} to a value that a header can carry. Credentials are read from the environment only.`,
      )
    return [[name, value]]
  })
  return new Map(found)
}
