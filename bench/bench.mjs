// Compares the built server with a bare Fastify that sends the same bytes from memory: npm run bench [SECONDS PER STEP], which
// defaults to 3. Each figure is the median of three rounds, in which the two servers take turns. Compare only the ratios.
import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import autocannon from 'autocannon'
import { freePort } from '../test/free-port.ts'

const SECONDS = Number(process.argv[2] ?? 3)
if (!(SECONDS > 0)) throw new Error('usage: npm run bench [SECONDS PER STEP]')
const ROUNDS = 3
const STARTS = 5
const CONNECTIONS = 10
const PATH = '/v3/stacks/delivery_tokens'
const headers = { api_key: 'blt20962a819b57e233', authtoken: 'Your_Authtoken' }
const scope = [
  { module: 'environment', environments: ['production'], acl: { read: true } },
  { module: 'branch', branches: ['main'], acl: { read: true } },
]

const BARE = `
  import fastify from 'fastify'
  const [port, list, one, created] = process.argv.slice(1)
  const send = (status, body) => (_request, reply) => {
    reply.code(status).header('content-type', 'application/json').send(body)
  }
  const app = fastify()
  app.get('${PATH}', send(200, list))
  app.get('${PATH}/:uid', send(200, one))
  app.post('${PATH}', send(201, created))
  app.delete('${PATH}/:uid', send(200, '{"notice":"Delivery Token deleted successfully."}'))
  app.listen({ host: '127.0.0.1', port: Number(port) })
`

/** Starts a server, and measures the time to its first response in milliseconds. */
async function launch(args, path) {
  const port = await freePort()
  const began = performance.now()
  const child = spawn(
    process.execPath,
    args.map((arg) => arg.replace('PORT', port)),
    { stdio: 'ignore' },
  )
  const url = `http://127.0.0.1:${port}`
  while (
    !(await fetch(`${url}${path}`).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    if (child.exitCode !== null) throw new Error(`${args[0]} ended with ${child.exitCode}`)
  return { url, ms: performance.now() - began, stop: () => child.kill('SIGKILL') }
}

const launchOurs = () =>
  launch(['dist/cli/main.js', '--port', 'PORT', '--fixtures', 'blank-stack'], '/_mock/health')

/** Returns the average requests per second. */
async function load(url, step) {
  const { requests, non2xx } = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: SECONDS,
    requests: step.map((request) => ({ headers, ...request })),
  })
  if (non2xx > 0) throw new Error(`${non2xx} responses of ${url} were not 2xx`)
  return requests.average
}

const median = (figures) => figures.sort((a, b) => a - b)[figures.length >> 1]

const ours = await launchOurs()
let made = 0
const newToken = () =>
  JSON.stringify({ token: { name: `token ${made++}`, description: 'This is a demo token.', scope } })
const post = { method: 'POST', path: PATH, headers: { ...headers, 'content-type': 'application/json' } }
let created = ''
for (let i = 0; i < 50; i++)
  created = await (await fetch(ours.url + PATH, { ...post, body: newToken() })).text()
const one = `${PATH}/${JSON.parse(created).token.uid}`
const texts = await Promise.all(
  [PATH, one].map(async (path) => (await fetch(ours.url + path, { headers })).text()),
)
const launchBare = () => launch(['--input-type=module', '-e', BARE, 'PORT', ...texts, created], PATH)
const bare = await launchBare()

const steps = {
  'list of 50 tokens': [{ method: 'GET', path: PATH }],
  'one token': [{ method: 'GET', path: one }],
  'create a token and delete it': [
    {
      ...post,
      setupRequest: (request) => ({ ...request, body: newToken() }),
      onResponse: (_status, body, context) => {
        context.uid = JSON.parse(body).token.uid
      },
    },
    {
      method: 'DELETE',
      setupRequest: (request, { uid }) => ({ ...request, path: `${PATH}/${uid}` }),
    },
  ],
}
const rows = []
for (const [name, step] of Object.entries(steps)) {
  const figures = { ours: [], bare: [] }
  for (let round = 0; round < ROUNDS; round++) {
    figures.ours.push(await load(ours.url, step))
    figures.bare.push(await load(bare.url, step))
  }
  rows.push([`${name}, requests/s`, median(figures.ours), median(figures.bare)])
}
ours.stop()
bare.stop()
const starts = { ours: [], bare: [] }
for (let i = 0; i < STARTS; i++)
  for (const [name, start] of Object.entries({ ours: launchOurs, bare: launchBare })) {
    const started = await start()
    starts[name].push(started.ms)
    started.stop()
  }
rows.push(['start to the first response, ms', median(starts.ours), median(starts.bare)])

console.log(
  `\nNode ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}\n`,
)
console.log('| figure | this server | bare Fastify | ratio |\n| --- | --- | --- | --- |')
for (const [name, mine, other] of rows)
  console.log(`| ${name} | ${mine.toFixed(0)} | ${other.toFixed(0)} | ${(mine / other).toFixed(2)} |`)
