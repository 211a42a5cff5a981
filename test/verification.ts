import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { verify } from '../src/cli/verify.ts'
import type { TokensMock } from '../src/index.ts'

// The command verify, on a clock of its own, and targets for it.

/** The credentials of the fixture `demo`. */
export const ENV = {
  TOKENS_MOCK_VERIFY_API_KEY: 'blt4f8a2c6e9b1d7035',
  TOKENS_MOCK_VERIFY_AUTHTOKEN: 'maya_authtoken',
}

export interface Answer {
  status: number
  headers: Record<string, string>
  text: string
}

interface Report {
  scenarios: {
    id: string
    request: string
    expects: { status: number; statusMark: string; bodyMark: string }
    settles?: string
    result: string
    differences: { place: string; target: string; mock: string }[]
    reason?: string
  }[]
}

/** A clock that moves only while somebody sleeps. */
export function virtualTime() {
  let time = 0
  const slept: number[] = []
  const sleep = async (ms: number) => {
    time += ms
    slept.push(ms)
  }
  return { pace: { now: () => time, sleep }, slept, now: () => time }
}

interface Given {
  env?: NodeJS.ProcessEnv
  risky?: string[]
  json?: boolean
  yes?: boolean
  stdin?: PassThrough & { isTTY?: boolean }
  stop?: AbortSignal
  time?: ReturnType<typeof virtualTime>
}

/** Runs the command on a clock of its own. */
export async function verified(target: string, given: Given = {}) {
  const { env = ENV, risky = [], json = true, yes = false, stdin = new PassThrough() } = given
  const { time = virtualTime(), stop = new AbortController().signal } = given
  const stdout = new PassThrough({ encoding: 'utf8' })
  const stderr = new PassThrough({ encoding: 'utf8' })
  const options = { target, risky, json, yes }
  const code = await verify(options, { stdin, stdout, stderr, env }, stop, time.pace).catch(
    (error: Error) => error.message,
  )
  const [out, plan] = [String(stdout.read() ?? ''), String(stderr.read() ?? '')]
  const report = json && out !== '' ? (JSON.parse(out) as Report) : { scenarios: [] }
  const differing = report.scenarios.filter(({ result }) => result === 'differs')
  return {
    code,
    out,
    plan,
    scenarios: report.scenarios,
    differences: Object.fromEntries(differing.map(({ id, differences }) => [id, differences])),
    leftOut: Map.groupBy(
      report.scenarios.filter(({ result }) => result === 'left out'),
      ({ reason }) => reason,
    ),
  }
}

/** A server that gives the responses of another one, changed. */
export async function proxy(
  t: Test,
  target: TokensMock | undefined,
  change: (answer: Answer, index: number) => Answer,
): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  const server = createServer(async (request, response) => {
    const { method, url = '', headers } = request
    const index = seen.push(`${method} ${url}`) - 1
    const payload = await text(request)
    const given = await target?.inject({
      method: method as 'GET',
      url: url.replace(/^.*(?=\/v3)/, ''),
      headers,
      ...(payload !== '' && { payload }),
    })
    const copied = Object.entries(given?.headers ?? {}).map(([name, value]) => [name, String(value)])
    const answer = change(
      {
        status: given?.statusCode ?? 200,
        headers: Object.fromEntries(copied.filter(([name]) => name !== 'content-length')),
        text: given?.body ?? '',
      },
      index,
    )
    response.writeHead(answer.status, answer.headers).end(answer.text)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}
