// Runs the nginx configuration of docs/scale-out.md from the page's own text: three replicas of the built server, and 60 workers
// with the official client in 60 worlds. One replica is killed under load, taken out, and brought back. Not part of `npm test`:
// it needs nginx, which it unpacks from Debian's package where it is not installed.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import contentstack from '@contentstack/management'
import { freePort } from './free-port.ts'
import { filesOf, sectionsOf } from './recipes.mjs'

const WORKERS = 60
const PORTS = ['4801', '4802', '4803']
const PROXY_PORT = '4747'
const DEADLINE = 300_000

const folder = mkdtempSync(join(tmpdir(), 'tokens-mock-scale-out-'))
const children = []
let passed = 0
try {
  const nginx = findNginx()
  if (nginx === undefined) console.log('skipped: needs Linux with nginx, or with Debian packages')
  else await tryOut(nginx)
} finally {
  await stop()
  rmSync(folder, { recursive: true, force: true })
}

async function tryOut(nginx) {
  setTimeout(async () => {
    await stop()
    throw new Error('not done in time')
  }, DEADLINE).unref()
  const replicas = await Promise.all(PORTS.map(() => startReplica('0')))
  const proxy = await startProxy(nginx, replicas)
  const workers = Array.from({ length: WORKERS }, (_, number) => worker(proxy.url, `worker-${number}`))
  const everyone = workers.map(({ name }) => name)

  await Promise.all(workers.map((worker) => worker.create('first')))
  const homes = await Promise.all(replicas.map(worldsOf))
  await step(
    `${WORKERS} worlds live in ${homes.map(({ length }) => length).join(', ')} of three replicas`,
    () => {
      assert.deepEqual(homes.flat().sort(), everyone.toSorted())
      assert(homes.every(({ length }) => length > 0))
    },
  )
  const [victim, lost] = [replicas[1], new Set(homes[1])]
  /** What each worker should have seen, when those whose world was lost saw something else. */
  const expected = (others, ofLost) => workers.map(({ name }) => (lost.has(name) ? ofLost : others))
  const seen = () => Promise.all(workers.map((worker) => worker.list()))

  await step('each worker sees its own token', async () =>
    assert.deepEqual(await seen(), expected('first', 'first')),
  )
  await step('while one replica is killed, its workers get 502 and no other fails', async () => {
    let isOver = false
    const load = workers.map(async (worker) => {
      const outcomes = new Set()
      while (!isOver) outcomes.add(await worker.list())
      return [...outcomes]
    })
    victim.child.kill('SIGKILL')
    await once(victim.child, 'exit')
    // One more list by each worker, after the kill.
    const after = await seen()
    isOver = true
    assert.deepEqual(after, expected('first', '502'))
    for (const [index, outcomes] of (await Promise.all(load)).entries())
      if (!lost.has(everyone[index])) assert.deepEqual(outcomes, ['first'])
  })
  await step('marked down, its worlds begin anew in the other two, and no other moves', async () => {
    await proxy.configure([victim.port])
    assert.deepEqual(await seen(), expected('first', ''))
    await Promise.all(workers.filter(({ name }) => lost.has(name)).map((worker) => worker.create('second')))
    const [one, , three] = replicas
    const now = [await worldsOf(one), await worldsOf(three)]
    assert.deepEqual(now.flat().sort(), everyone.toSorted())
    assert.deepEqual(
      now.map((names) => names.filter((name) => !lost.has(name))),
      [homes[0], homes[2]],
    )
    assert(now.every((names) => names.some((name) => lost.has(name))))
  })
  await step('back again, it has the same worlds as before, each anew', async () => {
    replicas[1] = await startReplica(victim.port)
    await proxy.configure([])
    assert.deepEqual(await seen(), expected('first', ''))
    assert.deepEqual(await worldsOf(replicas[1]), homes[1])
  })
  await step('a world is dropped through the proxy', async () => {
    const [name] = homes[1]
    const response = await fetch(`${proxy.url}/w/${name}/_mock/worlds/${name}`, { method: 'DELETE' })
    assert.equal(response.status, 200)
    assert.deepEqual(await worldsOf(replicas[1]), homes[1].slice(1))
  })
  await step('a fault that breaks a connection takes no replica away', async () => {
    const [name] = homes[0]
    const broken = workers.find((worker) => worker.name === name)
    const faults = `${proxy.url}/w/${name}/_mock/faults`
    await fetch(faults, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rules: [{ connection: 'reset', times: 1 }] }),
    })
    assert.equal(await broken.list(), '502')
    assert.deepEqual(await seen(), expected('first', ''))
  })
  await step('a state of 8 MiB passes through', async () => {
    const state = await (await fetch(`${proxy.url}/w/large/_mock/state`)).json()
    const [stack] = state.stacks
    stack.management_tokens = Array.from({ length: 10 }, (_, number) => ({
      name: `large ${number}`,
      description: 'x'.repeat(800_000),
      scope: [{ module: 'content_type', acl: { read: true } }],
    }))
    const response = await fetch(`${proxy.url}/w/large/_mock/state`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(state),
    })
    assert.equal(response.status, 200, await response.text())
  })
  console.log(`scale-out: ${passed} passed, 0 failed`)
}

/** Ends all processes with a signal that nginx passes on to its own, and waits for them. */
async function stop() {
  const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
  for (const child of running) child.kill('SIGTERM')
  await Promise.all(running.map((child) => once(child, 'exit')))
}

/** Returns the path of nginx: the installed one, or the one of Debian's package, unpacked but not installed. */
function findNginx() {
  if (process.platform !== 'linux') return
  if (spawnSync('nginx', ['-v']).status === 0) return 'nginx'
  const run = (command, ...args) => spawnSync(command, args, { cwd: folder, encoding: 'utf8' }).status === 0
  if (!run('apt-get', 'download', 'nginx')) {
    if (!run('apt-get', 'update') || !run('apt-get', 'download', 'nginx')) return
  }
  const file = readdirSync(folder).find((name) => name.endsWith('.deb'))
  const unpacked = join(folder, 'usr/sbin/nginx')
  return run('dpkg-deb', '-x', file, '.') && existsSync(unpacked) ? unpacked : undefined
}

/** Starts a replica, and waits until it listens. */
async function startReplica(port) {
  const child = spawn(process.execPath, ['dist/cli/main.js', '--port', port, '--fixtures', 'blank-stack'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = JSON.parse(line)
    if (entry.msg !== 'listening') continue
    // Nobody reads on: what the server logs must not fill the pipe.
    child.stdout.resume()
    return { child, url: entry.url, port: new URL(entry.url).port }
  }
  throw new Error('A replica did not start.')
}

/** Starts nginx with the configuration of the page, on a free port and with the ports of the replicas. */
async function startProxy(nginx, replicas) {
  const [[, text]] = filesOf(sectionsOf('scale-out.md').get('# Scale out'))
  const port = await freePort()
  const prefix = join(folder, 'nginx')
  mkdirSync(prefix)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    join(prefix, 'nginx.conf'),
    `${process.getuid() === 0 ? 'user root;' : ''}
    daemon off; pid nginx.pid; worker_processes 2; events {}
    http { access_log off; ${temporary.map((name) => `${name}_temp_path ${name};`).join(' ')} include page.conf; }`,
  )
  const configure = (down) => {
    let page = replaced(text, `listen ${PROXY_PORT};`, `listen 127.0.0.1:${port};`)
    for (const [index, replica] of replicas.entries()) {
      const address = `127.0.0.1:${replica.port}`
      page = replaced(
        page,
        `server 127.0.0.1:${PORTS[index]} `,
        `server ${address} ${down.includes(replica.port) ? 'down ' : ''}`,
      )
    }
    writeFileSync(join(prefix, 'page.conf'), page)
  }
  const command = ['-p', prefix, '-c', 'nginx.conf', '-e', 'stderr']
  configure([])
  const child = spawn(nginx, command, { stdio: ['ignore', 'inherit', 'pipe'] })
  children.push(child)
  // That a call is refused here and there is what this tries out; what else nginx says is wanted.
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!/connect\(\) failed|prematurely closed|Connection reset|signal|notice/.test(line)) console.log(line)
  })
  const url = `http://127.0.0.1:${port}`
  await until(() => fetch(`${url}/_mock/health`).then(({ ok }) => ok))
  return {
    url,
    /** Marks replicas as down, and waits until the old processes of nginx have gone with their connections. */
    async configure(down) {
      const workers = workersOf(child.pid)
      configure(down)
      assert.equal(spawnSync(nginx, [...command, '-s', 'reload']).status, 0)
      await until(() => workersOf(child.pid).every((pid) => !workers.includes(pid)))
    },
  }
}

/** The processes that nginx has started. */
function workersOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
}

/** A worker with the official client, in a world of its own. */
function worker(proxy, name) {
  const client = contentstack.client({
    endpoint: `${proxy}/w/${name}/v3`,
    authtoken: 'Your_Authtoken',
    // At an IP address the client cannot retry.
    retryOnError: false,
    retryOnNetworkFailure: false,
    retryOnHttpServerError: false,
  })
  const stack = client.stack({ api_key: 'blt20962a819b57e233' })
  const scope = [
    { module: 'environment', environments: ['production'], acl: { read: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ]
  return {
    name,
    create: (tokenName) => stack.deliveryToken().create({ token: { name: `${name} ${tokenName}`, scope } }),
    /** Returns the names of the tokens without the name of the worker, or the status of the failure. */
    async list() {
      try {
        const { items } = await stack.deliveryToken().query().find()
        return items.map((token) => token.name.replace(`${name} `, '')).join()
      } catch (error) {
        return String(JSON.parse(error.message).status)
      }
    },
  }
}

/** The names of the worlds that workers have in a replica. */
async function worldsOf({ url }) {
  const { worlds } = await (await fetch(`${url}/_mock/worlds`)).json()
  return worlds
    .map(({ name }) => name)
    .filter((name) => name !== 'default')
    .sort()
}

function replaced(text, from, to) {
  assert.equal(text.split(from).length, 2, `the page has '${from}' once`)
  return text.replace(from, to)
}

/** Asks again and again until the answer is yes. */
async function until(isDone) {
  while (
    !(await Promise.resolve()
      .then(isDone)
      .catch(() => false))
  )
    await new Promise(setImmediate)
}

async function step(name, run) {
  await run()
  passed += 1
  console.log(`ok ${passed} ${name}`)
}
