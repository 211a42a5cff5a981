// Runs the vendor's command line, unmodified, against the built server under the service's own name: login, tokens, export,
// import and clone of a stack without content. Not part of `npm test`: it takes a minute or two, and needs root for
// port 443 and a line in the hosts file, which it takes out again.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needRoot, report, step, underNames, withFolder } from './service-names.mjs'

const CLI_VERSION = '1.60.1'
const PLUGINS = {
  '@contentstack/cli-audit': '1.19.1',
  '@contentstack/cli-auth': '1.8.0',
  '@contentstack/cli-cm-bootstrap': '1.19.0',
  '@contentstack/cli-cm-clone': '1.21.1',
  '@contentstack/cli-cm-export': '1.24.1',
  '@contentstack/cli-cm-import': '1.32.1',
  '@contentstack/cli-cm-import-setup': '1.8.1',
  '@contentstack/cli-cm-seed': '1.15.0',
  '@contentstack/cli-launch': '1.9.7',
  '@contentstack/cli-variants': '1.4.1',
}
/** How long one command may take, in milliseconds. */
const TIMEOUT = 120_000

needRoot()
await withFolder(async (folder) => {
  if (install(folder)) await underNames(['api.contentstack.io'], folder, (server) => tryAll(folder, server))
})

/** Installs csdx; returns whether that worked. */
function install(folder) {
  // With the plugins that came with this version: newer ones ask for others that the registry may lack.
  const manifest = { private: true, dependencies: { '@contentstack/cli': CLI_VERSION }, overrides: PLUGINS }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  const flags = ['install', '--no-audit', '--no-fund', '--loglevel', 'error', '--prefix', folder]
  const { status, stderr } = spawnSync('npm', flags, { cwd: folder, encoding: 'utf8', timeout: 5 * TIMEOUT })
  if (status !== 0) console.log(`skipped: csdx could not be installed\n${stderr}`)
  return status === 0
}

async function tryAll(folder, { url, authority }) {
  await step('chooses the region', () => csdx('config:set:region', 'AWS-NA'))
  const login = ['auth:login', '-u', 'owner@example.com', '-p']
  await step('refuses a wrong login', () =>
    refused('Looks like your email or password is invalid.', ...login, 'wrong'),
  )
  await step('logs in', () => said('Successfully logged in', ...login, 'password'))
  await metNoUnknownRoute()

  // Everything that follows shows that a snapshot keeps the login.
  await api('PUT', '/_mock/snapshots/logged-in')
  await api('POST', '/_mock/reset')
  const exporting = ['cm:stacks:export', '-k', 'blt20962a819b57e233', '-d', join(folder, 'refused')]
  await step('a reset ends the login', () =>
    refused("You're not allowed in here unless you're logged in.", ...exporting),
  )
  await api('POST', '/_mock/snapshots/logged-in/restore')

  const source = await createStack('Source')
  const imported = await createStack('Imported')
  const cloned = await createStack('Cloned')
  await api('POST', '/v3/environments', source, {
    environment: { name: 'qa', urls: [{ locale: 'en-us', url: 'https://x' }] },
  })
  const scope = [
    { module: 'environment', acl: { read: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ]
  const { token } = await api('POST', '/v3/stacks/management_tokens', source, {
    token: { name: 'csdx', scope },
  })
  const add = ['auth:tokens:add', '-y', '--stack-api-key', source, '--management', '--token']
  await step('refuses an unknown management token', () =>
    refused('Invalid management token', ...add, 'nonsense', '-a', 'bad'),
  )
  await step('adds a management token', () =>
    said('Successfully added the token', ...add, token.token, '-a', 'good'),
  )

  const data = join(folder, 'export')
  await step('exports', () =>
    said('has been exported successfully', 'cm:stacks:export', '-k', source, '-d', data),
  )
  await step('has exported the environment', () => {
    const files = ['environments/environments.json', 'main/environments/environments.json'].map((file) =>
      join(data, file),
    )
    const [environment] = Object.values(
      JSON.parse(
        readFileSync(
          files.find((file) => existsSync(file)),
          'utf8',
        ),
      ),
    )
    assert.equal(environment.name, 'qa')
  })
  await step('imports', () =>
    said('Successfully imported', 'cm:stacks:import', '-k', imported, '-d', data, '-y', '--skip-audit'),
  )
  const clone = ['cm:stacks:clone', '--source-stack-api-key', source, '--destination-stack-api-key', cloned]
  const branches = ['--source-branch', 'main', '--target-branch', 'main']
  await step('clones', () => said('Successfully imported', ...clone, ...branches, '--type', 'a', '-y'))
  for (const [name, apiKey] of Object.entries({ imported, cloned })) {
    const { environments } = await api('GET', '/v3/environments', apiKey)
    await step(`the ${name} stack has the environment`, () =>
      assert.deepEqual(
        environments.map(({ name, urls }) => ({ name, urls })),
        [{ name: 'qa', urls: [{ locale: 'en-us', url: 'https://x' }] }],
      ),
    )
  }
  await step('logs out', () => said('Successfully logged out', 'auth:logout', '-y'))
  await metNoUnknownRoute()
  report('csdx')

  /** Runs csdx with a home of its own; returns what it printed. */
  function csdx(...args) {
    const { stdout, stderr } = spawnSync(join(folder, 'node_modules', '.bin', 'csdx'), args, {
      cwd: folder,
      encoding: 'utf8',
      timeout: TIMEOUT,
      env: { ...process.env, HOME: folder, NODE_EXTRA_CA_CERTS: authority },
    })
    return `${stdout}${stderr}`
  }

  function said(expected, ...args) {
    const text = csdx(...args)
    assert.ok(text.includes(expected), text)
  }

  function refused(expected, ...args) {
    const text = csdx(...args)
    assert.ok(text.includes(expected) && !text.includes('Success'), text)
  }

  /** Since the last reset. */
  async function metNoUnknownRoute() {
    const { requests } = await api('GET', '/_mock/requests?limit=1000')
    await step('met no unknown route', () =>
      assert.deepEqual(
        requests.filter(({ status }) => status === 404 || status === 405 || status >= 500),
        [],
      ),
    )
  }

  async function api(method, path, apiKey, body) {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authtoken: 'Your_Authtoken',
        'content-type': 'application/json',
        // A command may run longer than the server keeps a connection, and nothing here notices its end meanwhile.
        connection: 'close',
        ...(apiKey ? { api_key: apiKey } : { organization_uid: 'blt1f4a90c7d2e6b835' }),
      },
      body: body && JSON.stringify(body),
    })
    assert.ok(response.ok, await response.clone().text())
    return response.json()
  }

  async function createStack(name) {
    return (await api('POST', '/v3/stacks', undefined, { stack: { name } })).stack.api_key
  }
}
