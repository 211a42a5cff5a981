// Builds the image and runs the recipes of docs/docker.md from the page's own text, with a real Docker engine. Not part of
// `npm test`: it takes minutes.
import assert from 'node:assert/strict'
import { exec, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { commandsOf, filesOf, sectionsOf } from './recipes.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const CHECKOUT = 'path/to/contentstack-tokens-mock'
const IMAGE = 'contentstack-tokens-mock'
const VERSIONS = { '@contentstack/management': '1.30.2', testcontainers: '12.2.0' }
/** How long one command may take, in milliseconds. A first build installs everything. */
const TIMEOUT = 600_000
/** Names that no other project uses. */
const CONTAINER = 'tokens-mock-test'
const PROJECTS = ['tokens-mock-test', 'tokens-mock-test-second', 'tokens-mock-test-app']
const headers = { api_key: 'blt20962a819b57e233', authtoken: 'Your_Authtoken' }

const run = promisify(exec)
const folder = mkdtempSync(join(tmpdir(), 'tokens-mock-docker-'))
const sections = sectionsOf('docker.md')
let passed = 0

if (spawnSync('docker', ['compose', 'version']).status !== 0 || spawnSync('docker', ['info']).status !== 0) {
  console.log('skipped: needs Docker with Compose')
  process.exit(0)
}
try {
  await tryImage()
  await tryCompose()
  await tryApplication()
  await tryTestcontainers()
  console.log(`docker: ${passed} passed, 0 failed`)
} finally {
  await sh(`docker rm --force ${CONTAINER}`)
  // Where no Compose file is, this finds everything by the name of the project.
  for (const project of PROJECTS) {
    await sh(`docker compose --project-name ${project} down --volumes`, {}, folder)
    await sh(`docker image prune --all --force --filter label=com.docker.compose.project=${project}`)
  }
  rmSync(folder, { recursive: true, force: true })
}

async function tryImage() {
  const [build, start, stop] = commandsOf(sections.get('Without Compose'))[0].split(/\n(?! )/)
  await step('docker build', () => sh(build))
  await step('the image has labels, an unprivileged user and no volume', async () => {
    const [{ Config: config }] = JSON.parse(await sh(`docker image inspect ${IMAGE}`))
    assert.equal(config.User, 'node')
    assert.equal(config.Volumes, null)
    assert.deepEqual(config.Labels, {
      'org.opencontainers.image.title': 'contentstack-tokens-mock',
      'org.opencontainers.image.description': 'A local server that emulates the Tokens API of Contentstack',
      'org.opencontainers.image.licenses': 'MIT',
    })
  })
  await step('it adds less than 12 MB to the image of Node', async () => {
    const sizes = await sh(`docker run --rm --entrypoint find ${IMAGE} /app -type f -printf '%s\\n'`)
    const bytes = sizes.split('\n').reduce((sum, size) => sum + Number(size), 0)
    console.log(`  ${(bytes / 1e6).toFixed(1)} MB`)
    assert(bytes < 12e6)
  })
  await step('docker run, and docker stop', async () => {
    // On a free port and under another name, since the printed ones may be in use.
    const command = replaced(start, '127.0.0.1:4747:4747', '127.0.0.1::4747')
    await sh(replaced(command, '--name tokens-mock', `--name ${CONTAINER}`))
    const url = await urlOf(CONTAINER)
    await healthy(CONTAINER)
    const { stacks } = await (await fetch(`${url}/_mock/state`)).json()
    assert(stacks.length > 0)
    await sh(replaced(stop, 'tokens-mock', CONTAINER))
  })
  await step('128 MB are enough for a hundred worlds under load', async () => {
    const limits = '--read-only --memory 128m --memory-swap 128m'
    await sh(`docker run --detach --name ${CONTAINER} ${limits} --publish 127.0.0.1::4747 ${IMAGE}`)
    await healthy(CONTAINER)
    const url = await urlOf(CONTAINER)
    const worlds = Array.from({ length: 100 }, (_, number) => `${url}/w/world-${number}`)
    for (let round = 0; round < 20; round++) {
      const statuses = await Promise.all(worlds.map((world) => create(world, round)))
      assert(statuses.every((status) => status === 201))
    }
    const state = JSON.parse(await sh(`docker inspect --format '{{json .State}}' ${CONTAINER}`))
    assert.deepEqual([state.Running, state.OOMKilled], [true, false])
    console.log(`  ${(await sh(`docker stats --no-stream --format '{{.MemUsage}}' ${CONTAINER}`)).trim()}`)
    await sh(`docker rm --force ${CONTAINER}`)
  })
}

/** Creates a delivery token, and returns the status of the response. */
async function create(world, round) {
  const scope = [
    { module: 'environment', environments: ['production'], acl: { read: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ]
  const response = await fetch(`${world}/v3/stacks/delivery_tokens`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ token: { name: `token ${round}`, scope } }),
  })
  await response.arrayBuffer()
  return response.status
}

async function tryCompose() {
  const [text] = commandsOf(sections.get('Compose'))
  const [first, second, down] = text.split('\n')
  const [project, other] = PROJECTS
  const base = 'docker compose'
  await step('a second project runs beside the first', async () => {
    await sh(first.replace(base, `${base} --project-name ${project}`), { TOKENS_MOCK_PORT: '0' })
    await sh(second.replace('TOKENS_MOCK_PORT=4750', 'TOKENS_MOCK_PORT=0').replace('second', other))
    const urls = []
    for (const name of [project, other]) {
      const address = (await sh(`${base} --project-name ${name} port tokens-mock 4747`)).trim()
      assert.equal((await fetch(`http://${address}/_mock/health`)).status, 200)
      urls.push(address)
    }
    assert.notEqual(urls[0], urls[1])
    assert(urls.every((address) => address.startsWith('127.0.0.1:')))
    await sh(down.replace('second', other))
  })
  await step('healthy by the first check after it listens', async () => {
    const id = (await sh(`${base} --project-name ${project} ps --quiet`)).trim()
    const state = JSON.parse(await sh(`docker inspect --format '{{json .State}}' ${id}`))
    const [entry] = (await sh(`docker logs ${id}`)).split('\n').map((line) => line && JSON.parse(line))
    const started = Date.parse(state.StartedAt)
    const checks = state.Health.Log.map(({ Start: start, End: end, ExitCode: code }) => ({
      start: Date.parse(start) - started,
      end: Date.parse(end) - started,
      code,
    }))
    const check = checks.find(({ code }) => code === 0)
    console.log(`  listens after ${entry.time - started} ms, healthy after ${check.end} ms`)
    assert.equal(entry.msg, 'listening')
    assert(checks.every(({ start, code }) => code === 0 || start < entry.time - started))
    await sh(`${base} --project-name ${project} down`)
  })
  await step('the port of the Compose file is a variable', async () => {
    const config = async (env) => {
      const { services } = JSON.parse(await sh(`${base} config --format json`, env))
      return services['tokens-mock'].ports.map(({ host_ip: host, published, target }) => [
        host,
        published,
        target,
      ])
    }
    assert.deepEqual(await config({}), [['127.0.0.1', '4747', 4747]])
    assert.deepEqual(await config({ TOKENS_MOCK_PORT: '5000' }), [['127.0.0.1', '5000', 4747]])
  })
}

async function tryApplication() {
  const project = await prepare('An application that calls `https://api.contentstack.io`')
  const [install, start, down] = project.commands[0].split('\n')
  const env = { COMPOSE_PROJECT_NAME: PROJECTS[2] }
  await sh(pinned(install), {}, project.path)
  await step('an unchanged application calls https://api.contentstack.io', async () => {
    assert.equal(await sh(start, env, project.path), "[ 'Website' ]\n")
  })
  await step('the certificate is for all three hosts', async () => {
    const hosts = ['api.contentstack.io', 'cdn.contentstack.io', 'rest-preview.contentstack.com']
    writeFileSync(
      join(project.path, 'hosts.mjs'),
      `for (const host of ${JSON.stringify(hosts)})
        console.log((await fetch('https://' + host + '/_mock/health')).status)`,
    )
    assert.equal(await sh(`${start} node hosts.mjs`, env, project.path), '200\n200\n200\n')
    await sh(down, env, project.path)
  })
}

async function tryTestcontainers() {
  const project = await prepare('Testcontainers')
  const [install, start] = project.commands
  await sh(pinned(install), {}, project.path)
  // Its own cleaner would come from a registry; the test stops its container itself.
  const env = { TESTCONTAINERS_RYUK_DISABLED: 'true' }
  await step('Testcontainers', async () => assert.match(await sh(start, env, project.path), /^ℹ pass 1$/m))
}

/** Writes the files of a recipe into a project of its own. */
async function prepare(heading) {
  const text = sections.get(heading)
  assert(text, `no recipe for ${heading}`)
  const path = join(folder, heading.replaceAll(/\W+/g, '-'))
  mkdirSync(path)
  writeFileSync(join(path, 'package.json'), '{"private":true}\n')
  for (const [file, content] of filesOf(text))
    writeFileSync(join(path, file), content.replaceAll(CHECKOUT, root))
  return { path, commands: commandsOf(text) }
}

/** Runs a command and returns what it printed. */
async function sh(command, env = {}, cwd = root) {
  const { stdout } = await run(command, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', BUILDKIT_PROGRESS: 'quiet', ...env },
    timeout: TIMEOUT,
    maxBuffer: 2 ** 24,
  })
  return stdout
}

/** A command that installs, with the versions that were tried. */
function pinned(command) {
  const words = command.split(' ')
  return words.map((word) => (VERSIONS[word] ? `${word}@${VERSIONS[word]}` : word)).join(' ')
}

async function urlOf(container) {
  return `http://${(await sh(`docker port ${container} 4747`)).trim()}`
}

/** Waits until a container is healthy. */
async function healthy(container) {
  for (;;) {
    const { Status: status, Health: health } = JSON.parse(
      await sh(`docker inspect --format '{{json .State}}' ${container}`),
    )
    if (health.Status === 'healthy') return
    assert.equal(status, 'running')
  }
}

function replaced(text, from, to) {
  assert.equal(text.split(from).length, 2, `the page has '${from}' once`)
  return text.replace(from, to)
}

async function step(name, run) {
  await run()
  passed += 1
  console.log(`ok ${passed} ${name}`)
}
