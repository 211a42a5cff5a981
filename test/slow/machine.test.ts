import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import t from 'tap'
import { cli, makeNoise, terminate } from '../command.ts'
import { freePort } from '../free-port.ts'
import { API_KEY, AUTHTOKENS, DELIVERY, deliveryScope } from '../support.ts'

// What the machine can do to the server: full disks and streams, and names. Linux shows it, with tools that Debian has.

t.setTimeout(240_000)

const headers = { api_key: API_KEY, authtoken: AUTHTOKENS.owner, 'content-type': 'application/json' }
const isLinux = process.platform === 'linux'
const hasTool = (name: string) => isLinux && spawnSync(name, ['--version']).status === 0

/** Waits until a server answers. */
async function untilUp(url: string): Promise<void> {
  for (;;) {
    const isUp = await fetch(`${url}/_mock/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return
  }
}

t.test('streams that are full', { skip: !isLinux && 'there is no /dev/full here' }, async (t) => {
  const full = openSync('/dev/full', 'w')
  t.teardown(() => closeSync(full))
  const port = String(await freePort())
  const child = spawn(process.execPath, [cli, '--port', port], { stdio: ['ignore', full, full] })
  t.teardown(() => child.kill('SIGKILL'))
  const url = `http://127.0.0.1:${port}`
  await untilUp(url)
  t.equal(await makeNoise(url, 20), 20)
  t.strictSame(await terminate(child), [0, null])
  const mistaken = spawn(process.execPath, [cli, '--nonsense'], { stdio: ['ignore', full, full] })
  t.strictSame(await once(mistaken, 'exit'), [2, null])
})

t.test('a terminal that nobody reads', { skip: !hasTool('script') && 'no script here' }, async (t) => {
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const folder = t.testdir()
  const pidFile = join(folder, 'pid')
  const command = `echo $$ > ${pidFile}; exec ${process.execPath} ${cli} --port ${port}`
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  await untilUp(url)
  const pid = Number(readFileSync(pidFile, 'utf8'))
  t.teardown(() => {
    if (child.exitCode === null) process.kill(pid, 'SIGKILL')
  })
  t.equal(await makeNoise(url, 40), 40)
  process.kill(pid, 'SIGTERM')
  const said = await text(child.stdout)
  t.match(said, /404\S* GET \/v3\/x+ \d+ms/)
  t.strictSame(child.exitCode ?? (await once(child, 'exit'))[0], 0)
})

const hasLimits = hasTool('prlimit')

t.test('a disk that is full: 503, and on when there is room', { skip: !hasLimits }, async (t) => {
  const folder = t.testdir()
  const log = join(folder, 'log')
  const port = String(await freePort())
  const url = `http://127.0.0.1:${port}`
  const args = `--port ${port} --fixtures empty --database ${join(folder, 'tokens.db')}`
  // No file may grow beyond 1 MiB, neither the database nor the log. What the test runner adds to Node would end the process
  // at the signal that comes with it, so that goes.
  const command = `unset NODE_OPTIONS; ulimit -S -f 2048; exec ${process.execPath} ${cli} ${args} > ${log}`
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  await untilUp(url)
  t.equal(await makeNoise(url, 100), 100)
  let attempts = 0
  const create = () =>
    fetch(`${url}${DELIVERY}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        token: { name: `Web ${attempts++}`, scope: deliveryScope(), description: 'x'.repeat(200_000) },
      }),
    })
  let created = 0
  let response = await create()
  for (; response.status === 201; response = await create()) created += 1
  t.equal(response.status, 503)
  t.strictSame(await response.json(), {
    error_message: 'The server cannot use its database at the moment. Its log says more.',
    error_code: 503,
  })
  t.equal(
    response.headers.get('x-mock-reason'),
    'The server cannot use its database at the moment. Its log says more.',
  )
  const count = async () =>
    ((await (await fetch(`${url}${DELIVERY}?count=true`, { headers })).json()) as { tokens: number }).tokens
  t.equal(await count(), created)

  t.equal(spawnSync('prlimit', [`--pid=${child.pid}`, '--fsize=unlimited:']).status, 0)
  t.equal((await create()).status, 201)
  t.equal(await count(), created + 1)
  t.strictSame(await terminate(child), [0, null])
  t.match(readFileSync(log, 'utf8'), /"dropped":\d+,"msg":"log lines dropped: \d+"/)
})

/** Lets the official client list tokens after each of the failures, at the host of its argument. Prints what came of it. */
const RETRIES = `
  import { createRequire } from 'node:module'
  import { createTokensMock } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)}
  const { client } = createRequire(${JSON.stringify(import.meta.url)})('@contentstack/management')
  const mock = await createTokensMock({ hostname: process.argv[1] })
  const thrown = []
  process.on('uncaughtException', ({ message }) => thrown.push(message.replace(/:\\d+/, '')))
  const results = await Promise.all(
    [{ status: 429 }, { status: 503 }, { connection: 'reset' }].map(async (rule) => {
      const world = mock.world(String(rule.status ?? 0))
      world.faults.set({ rules: [{ ...rule, times: 1 }] })
      const { items } = await Promise.race([
        client({ endpoint: world.url + '/v3', authtoken: 'Your_Authtoken', logHandler() {} })
          .stack({ api_key: 'blt20962a819b57e233' }).deliveryToken().query().find(),
        new Promise((resolve) => setTimeout(resolve, 3000, {})),
      ])
      return items ? world.requests.list().map(({ status }) => status) : 'never settles'
    }),
  )
  console.log(JSON.stringify({ results, thrown: thrown.sort() }))
  process.exit()
`
const retriesAt = async (name: string, command: string, ...args: string[]) => {
  const all = [...args, process.execPath, '--input-type=module', '-e', RETRIES, name]
  const { stdout } = await promisify(execFile)(command, all, {
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return JSON.parse(stdout)
}

const canMount = isLinux && spawnSync('unshare', ['--mount', 'true']).status === 0
const noMount = !canMount && 'needs root on Linux, for a hosts file of its own'

t.test('the official client retries at a name of the hosts file', { skip: noMount }, async (t) => {
  const folder = t.testdir({ hosts: '127.0.0.1 localhost tokens-mock\n' })
  const script = `mount --bind ${join(folder, 'hosts')} /etc/hosts && exec "$@"`
  t.strictSame(await retriesAt('tokens-mock', 'unshare', '--mount', 'sh', '-c', script, 'sh'), {
    results: [
      [200, 429],
      [200, 503],
      [200, 0],
    ],
    thrown: [],
  })
})

t.test('at an IP address and at localhost it throws, and its call never settles', async (t) => {
  const names = ['127.0.0.1', 'localhost']
  t.strictSame(
    await Promise.all(names.map((name) => retriesAt(name, 'env'))),
    names.map((name) => ({
      results: ['never settles', 'never settles', 'never settles'],
      thrown: ['0', '429', '503'].map(
        (world) => `SSRF Prevention: Base URL "http://${name}/w/${world}/v3" is not allowed`,
      ),
    })),
  )
})
