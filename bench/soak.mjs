// Runs generated load against the built server: npm run soak [MINUTES], which defaults to 1. It makes calls of all kinds over
// HTTP and HTTPS, to the default world on a database file and to other worlds, with resets, snapshots, faults and kill -9 at
// random moments. After each restart it checks that every acknowledged write to the default world is there. It exits with 1
// on an unexpected 5xx, a lost write or growing memory.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const MINUTES = Number(process.argv[2] ?? 1)
if (!(MINUTES > 0)) throw new Error('usage: npm run soak [MINUTES]')
/** The number of concurrent requests. */
const LOAD = 8
/** In milliseconds: a server is killed after 0.2 to 1.2 times LIFE; SAMPLE is the time between two memory samples. */
const LIFE = Math.min(20_000, MINUTES * 15_000)
const SAMPLE = 2000
/** How much the memory of a server may grow from the middle of its life to its end, in MiB. */
const GROWTH = 150

const folder = mkdtempSync(join(tmpdir(), 'tokens-mock-soak-'))
const database = join(folder, 'tokens.db')
const API_KEY = 'blt20962a819b57e233'
const headers = { api_key: API_KEY, authtoken: 'Your_Authtoken', 'content-type': 'application/json' }
const agents = { http: undefined, https: new Agent({ rejectUnauthorized: false, keepAlive: true }) }

const statuses = {}
const problems = []
const memory = []
let requests = 0
let kills = 0
let checked = 0
/** What the default world must contain: names of delivery tokens by uid, from acknowledged writes. */
const kept = new Map()
/** Uids with a write in progress. If the server is killed meanwhile, either outcome is right. */
const unsure = new Set()

const pick = (values) => values[Math.floor(Math.random() * values.length)]
const name = () => `n${Math.random().toString(36).slice(2)}`
const scope = () => [
  { module: 'environment', environments: ['production'], acl: { read: true } },
  { module: 'branch', branches: [pick(['main', 'development'])], acl: { read: true } },
]

/** Resolves to status and text; undefined if the connection broke, as after a kill. */
function send(server, method, path, { body, tls = Math.random() < 0.3, with: extra = {} } = {}) {
  const base = new URL(tls ? server.tlsUrl : server.url)
  return new Promise((resolve) => {
    const options = {
      method,
      headers: { ...headers, ...extra },
      agent: agents[tls ? 'https' : 'http'],
      timeout: 30_000,
    }
    const request = (tls ? httpsRequest : httpRequest)(new URL(path, base), options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, text }))
      response.on('error', () => resolve(undefined))
      response.on('aborted', () => resolve(undefined))
    })
    request.on('error', () => resolve(undefined))
    request.on('timeout', () => {
      problems.push(`no response in 30 s: ${method} ${path}`)
      request.destroy()
    })
    request.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

async function counted(server, method, path, options = {}) {
  const answer = await send(server, method, path, options)
  requests += 1
  if (!answer) return undefined
  statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
  if (answer.status >= 500 && !options.mayFail)
    problems.push(`${answer.status}: ${method} ${path}: ${answer.text}`)
  return answer
}

/** Writes to the default world, and records the acknowledged result. */
async function write(server) {
  const uid = pick([...kept.keys()])
  const action = uid === undefined || kept.size < 20 ? 'create' : pick(['create', 'rename', 'delete'])
  const path = '/v3/stacks/delivery_tokens'
  if (action === 'create') {
    const token = { name: name(), scope: scope() }
    const answer = await counted(server, 'POST', path, { body: { token } })
    if (answer?.status === 201) kept.set(JSON.parse(answer.text).token.uid, token.name)
    return
  }
  if (unsure.has(uid)) return
  unsure.add(uid)
  const token = { name: name() }
  const answer =
    action === 'rename'
      ? await counted(server, 'PUT', `${path}/${uid}`, { body: { token } })
      : await counted(server, 'DELETE', `${path}/${uid}?force=true`)
  // Without a response the outcome is unknown, so the token is no longer checked.
  if (!answer || (answer.status === 200 && action === 'delete')) kept.delete(uid)
  else if (answer.status === 200) kept.set(uid, token.name)
  else problems.push(`${answer.status}: ${action} of ${uid}: ${answer.text}`)
  unsure.delete(uid)
}

/** Makes a random call in a world that is not checked. */
function anything(server) {
  const world = `/w/${pick(['a', 'b', 'c', 'd'])}`
  const uid = pick(['bltdce123123d321f3', 'blt8041e844c449278a', 'nothing'])
  const token = { name: pick([name(), '', null]), scope: pick([scope(), [], null]) }
  const branch = { uid: pick([name().slice(0, 8), 'main']), source: 'main' }
  const call = pick([
    ['GET', `/v3/stacks/delivery_tokens?limit=${pick([1, 100, 'x'])}`],
    ['POST', '/v3/stacks/delivery_tokens', { token }],
    ['PUT', `/v3/stacks/delivery_tokens/${uid}`, { token: { name: name() } }],
    ['DELETE', `/v3/stacks/delivery_tokens/${uid}`],
    ['POST', `/v3/stacks/delivery_tokens/${uid}/preview_token`],
    ['DELETE', `/v3/stacks/delivery_tokens/${uid}/preview_token`],
    ['GET', '/v3/stacks/management_tokens'],
    [
      'POST',
      '/v3/stacks/management_tokens',
      { token: { ...token, expires_on: pick(['2030-01-01', 'soon', null]) } },
    ],
    ['GET', '/v3/environments'],
    ['POST', '/v3/environments', { environment: { name: name() } }],
    ['DELETE', '/v3/environments/production'],
    ['POST', '/v3/stacks/branches', { branch }],
    ['DELETE', `/v3/stacks/branches/${branch.uid}?force=true`],
    ['PUT', '/v3/stacks/branch_aliases/next', { branch_alias: { target_branch: 'main' } }],
    ['GET', '/v3/stacks?include_collaborators=true'],
    ['POST', '/v3/stacks/settings', { stack_settings: { x: 1 } }],
    ['POST', '/v3/user-session', { user: { email: 'owner@example.com', password: 'password' } }],
    ['GET', '/v3/user'],
    ['GET', `/v3/${name()}`],
    ['GET', '/_mock/state'],
    ['POST', '/_mock/reset'],
    ['PUT', '/_mock/snapshots/one'],
    ['POST', '/_mock/snapshots/one/restore'],
    ['GET', '/_mock/requests?limit=5'],
    ['POST', '/_mock/clock/advance', { duration: 'P1D' }],
    ['PUT', '/_mock/faults', { rules: [{ match: { path: '/user' }, status: 503, times: 2 }] }],
    ['DELETE', '/_mock/faults'],
  ])
  const [method, path, body] = call
  // A fault rule may be set for /user.
  return counted(server, method, world + path, { body, mayFail: path === '/v3/user' })
}

/** Checks that the default world contains every acknowledged write. */
async function check(server) {
  const answer = await send(server, 'GET', '/v3/stacks/delivery_tokens?limit=1000000', { tls: false })
  if (answer?.status !== 200) {
    problems.push(`no list after a restart: ${answer?.status}`)
    return
  }
  const found = new Map(JSON.parse(answer.text).tokens.map((token) => [token.uid, token.name]))
  for (const [uid, expected] of kept) {
    checked += 1
    if (found.get(uid) !== expected)
      problems.push(`lost: ${uid} is ${found.get(uid)}, acknowledged ${expected}`)
  }
}

async function start() {
  const flags = ['--port', '0', '--tls-port', '0', '--data-directory', folder, '--database', database]
  const child = spawn(process.execPath, ['dist/cli/main.js', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const [{ url, tlsUrl }] = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)))
    lines.on('line', (line) => {
      const entry = JSON.parse(line)
      if (entry.msg === 'listening') resolve([entry])
    })
  })
  return { child, url, tlsUrl }
}

const residentMiB = ({ child }) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

const end = Date.now() + MINUTES * 60_000
try {
  while (Date.now() < end && problems.length < 20) {
    const server = await start()
    await check(server)
    const lifeEnd = Math.min(end, Date.now() + LIFE * (0.2 + Math.random()))
    const samples = []
    const sampling = (async () => {
      while (Date.now() < lifeEnd) {
        samples.push(residentMiB(server))
        await sleep(SAMPLE)
      }
    })()
    const loads = Array.from({ length: LOAD }, async () => {
      while (Date.now() < lifeEnd) await (Math.random() < 0.3 ? write(server) : anything(server))
    })
    // Kills the server under load, so that writes are in progress.
    while (Date.now() < lifeEnd) await sleep(Math.min(50, lifeEnd - Date.now()))
    server.child.kill('SIGKILL')
    await once(server.child, 'exit')
    kills += 1
    await Promise.all([...loads, sampling])
    const half = samples.slice(Math.floor(samples.length / 2))
    const grown = (half.at(-1) ?? 0) - (half[0] ?? 0)
    memory.push(Math.max(...samples, 0))
    if (half.length > 2 && grown > GROWTH)
      problems.push(`memory grew by ${grown.toFixed(0)} MiB: ${half.map(Math.round)}`)
  }
  const last = await start()
  await check(last)
  last.child.kill('SIGKILL')
  await once(last.child, 'exit')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const figures = { minutes: MINUTES, requests, kills, checked, kept: kept.size, statuses }
console.log({ ...figures, 'most memory of each server, MiB': memory.map(Math.round), problems })
process.exitCode = problems.length === 0 ? 0 : 1
