import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import Database from 'better-sqlite3'
import t from 'tap'
import { parseCommandLine } from '../src/cli/command-line.ts'
import { run } from '../src/cli/commands.ts'
import type { Terminal } from '../src/cli/serve.ts'
import { createTokensMock } from '../src/index.ts'
import { cli, launch } from './command.ts'
import { freePort } from './free-port.ts'
import { API_KEY, AUTHTOKENS, DELIVERY, deliveryScope, MANAGEMENT, managementScope } from './support.ts'

const headers = { api_key: API_KEY, authtoken: AUTHTOKENS.owner, 'content-type': 'application/json' }

/** A stand-in for the process: its streams are read, its signals are sent. */
function terminal({ isTTY = false, env = {} }: { isTTY?: boolean; env?: NodeJS.ProcessEnv } = {}) {
  const stop = new AbortController()
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
  const stderr = new PassThrough({ encoding: 'utf8' })
  const ended = Promise.withResolvers<void>()
  const streams: Terminal = { stdin: new PassThrough(), stdout, stderr, env, exit: ended.resolve }
  return {
    run: (args: string[]) => run(args, streams, stop.signal),
    read: () => ({ stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }),
    stop: () => stop.abort(),
    /** Resolves when a server that was told to stop has ended. */
    ended: ended.promise,
    streams,
  }
}

/** Runs a command line that ends by itself. */
async function execute(args: string[], env: NodeJS.ProcessEnv = {}) {
  const { run, read } = terminal({ env })
  return { code: await run(args), ...read() }
}

const DEFAULTS = {
  host: '127.0.0.1',
  hostname: undefined,
  port: 4747,
  database: ':memory:',
  fixtures: undefined,
  profile: 'compatible',
  managementTokenCap: 10,
  deliveryTokenCap: undefined,
  tlsPort: undefined,
  tlsCert: undefined,
  tlsKey: undefined,
  tlsHost: [],
  dataDirectory: '~/.contentstack-tokens-mock',
  idSeed: undefined,
  rateLimit: undefined,
  maxWorlds: 1000,
  requireWorld: false,
  journalSize: 1000,
  smtp: undefined,
  console: true,
  controlOrigin: [],
  controlToken: undefined,
  controlHost: [],
  logLevel: 'info',
}

t.test('settings: default, then environment, then flag', async (t) => {
  const askedFor = { TOKENS_MOCK_HOST: 'localhost', TOKENS_MOCK_PORT: '1' }
  t.equal((await execute(['healthcheck'], askedFor)).stderr, 'No healthy server at http://localhost:1.\n')
  t.equal(
    (await execute(['healthcheck', '--port', '2'], askedFor)).stderr,
    'No healthy server at http://localhost:2.\n',
  )
  const env = { TOKENS_MOCK_PORT: '0', TOKENS_MOCK_FIXTURES: 'demo', TOKENS_MOCK_PROFILE: 'documented' }
  const loud = terminal({ env })
  t.equal(await loud.run(['serve', '--profile=live']), 0)
  const ready = loud
    .read()
    .stdout.split('\n')
    .find((line) => line.includes('"listening"'))
  t.match(JSON.parse(ready ?? '{}'), {
    profile: 'live',
    stacks: [{ name: 'Web shop' }, { name: 'Trail magazine' }],
  })
  loud.stop()
  const quiet = terminal({ env: { ...env, TOKENS_MOCK_LOG_LEVEL: 'warn' } })
  t.equal(await quiet.run([]), 0)
  t.match(JSON.parse(quiet.read().stdout), { msg: 'listening', profile: 'documented' }, 'its free port')
  quiet.stop()
  await quiet.ended
  const silent = terminal({
    env: { ...env, TOKENS_MOCK_LOG_LEVEL: 'silent', TOKENS_MOCK_PORT: String(await freePort()) },
  })
  t.equal(await silent.run([]), 0)
  t.equal(silent.read().stdout, '')
  silent.stop()
})

t.test(
  'an empty variable, and what an orchestrator sets for a service of this name, set nothing',
  async (t) => {
    const env = {
      TOKENS_MOCK_HOST: '',
      TOKENS_MOCK_NOTHING: '',
      TOKENS_MOCK_SERVICE_HOST: '10.0.0.1',
      TOKENS_MOCK_SERVICE_PORT: '4747',
      TOKENS_MOCK_SERVICE_PORT_HTTP: '4747',
      TOKENS_MOCK_PORT: 'tcp://10.0.0.1:4747',
      TOKENS_MOCK_PORT_4747_TCP: 'tcp://10.0.0.1:4747',
      TOKENS_MOCK_PORT_4747_TCP_ADDR: '10.0.0.1',
      TOKENS_MOCK_NAME: '/app/tokens-mock',
      TOKENS_MOCK_ENV_NODE_VERSION: '24.0.0',
      TOKENS_MOCK_TLS_SERVICE_HOST: '10.0.0.2',
      TOKENS_MOCK_TLS_PORT: 'tcp://10.0.0.2:80',
    }
    t.strictSame(parseCommandLine([], env), { command: 'serve', config: DEFAULTS })
  },
)

t.test('the console can be turned off', async (t) => {
  t.strictSame(parseCommandLine(['--console', 'off'], {}), {
    command: 'serve',
    config: { ...DEFAULTS, console: false },
  })
})

t.test("'none' turns off whatever has no value by default", async (t) => {
  const off = [
    'hostname',
    'delivery-token-cap',
    'tls-port',
    'tls-cert',
    'tls-key',
    'tls-host',
    'id-seed',
    'rate-limit',
    'smtp',
    'control-origin',
    'control-token',
    'control-host',
  ]
  const flags = off.flatMap((flag) => [`--${flag}`, 'none'])
  t.strictSame(parseCommandLine(flags, {}), { command: 'serve', config: DEFAULTS })
  const env = Object.fromEntries(
    off.map((flag) => [`TOKENS_MOCK_${flag.toUpperCase().replaceAll('-', '_')}`, 'none']),
  )
  t.strictSame(parseCommandLine([], env), { command: 'serve', config: DEFAULTS })
})

for (const [args, env, message] of [
  [['--port', 'http'], {}, "--port: 'http' is not valid. Expected: 0-65535."],
  [['--port', '65536'], {}, "--port: '65536' is not valid. Expected: 0-65535."],
  [[], { TOKENS_MOCK_PORT: 'tcp' }, "TOKENS_MOCK_PORT: 'tcp' is not valid. Expected: 0-65535."],
  [[], { TOKENS_MOCK_PORT: 'none' }, "TOKENS_MOCK_PORT: 'none' is not valid. Expected: 0-65535."],
  [
    [],
    { TOKENS_MOCK_PROFLE: 'live' },
    'Unknown variable TOKENS_MOCK_PROFLE. Did you mean TOKENS_MOCK_PROFILE?',
  ],
  [
    ['healthcheck'],
    { TOKENS_MOCK_PORTS: '1' },
    'Unknown variable TOKENS_MOCK_PORTS. Did you mean TOKENS_MOCK_PORT?',
  ],
  [['--console', 'toString'], {}, "--console: 'toString' is not valid. Expected: on, off."],
  [['--console', 'no'], {}, "--console: 'no' is not valid. Expected: on, off. Did you mean 'on'?"],
  [['--host', ''], {}, "--host: '' is not valid. Expected: ADDRESS."],
  [['--hostname', 'http://mock:4747'], {}, "--hostname: 'http://mock:4747' is not valid. Expected: NAME."],
  [[], { TOKENS_MOCK_HOSTNAME: 'a b' }, "TOKENS_MOCK_HOSTNAME: 'a b' is not valid. Expected: NAME."],
  [['--profile', 'x'], {}, "--profile: 'x' is not valid. Expected: compatible, documented, live."],
  [['--management-token-cap', '-1'], {}, "Option '--management-token-cap' argument is ambiguous."],
  [
    ['--profile', 'liv'],
    {},
    "--profile: 'liv' is not valid. Expected: compatible, documented, live. Did you mean 'live'?",
  ],
  [['--prot', '1'], {}, "Unknown option '--prot'. Did you mean --port?"],
  [
    ['--managment-token-cap=5'],
    {},
    "Unknown option '--managment-token-cap'. Did you mean --management-token-cap?",
  ],
  [['--hlep'], {}, "Unknown option '--hlep'. Did you mean --help?"],
  [['--something-else'], {}, "Unknown option '--something-else'."],
  [['-x'], {}, "Unknown option '-x'."],
  [['--tls-port', '0', '--tls-host', 'a b'], {}, "--tls-host: 'a b' is not valid. Expected: NAME,...."],
  [['--tls-port', '0', '--tls-cert', 'x'], {}, 'Pass both --tls-cert and --tls-key, or neither.'],
  [['--tls-host', 'x'], {}, '--tls-cert, --tls-key and --tls-host need --tls-port.'],
  [['--tls-cert', 'x', '--tls-key', 'x'], {}, '--tls-cert, --tls-key and --tls-host need --tls-port.'],
  [['--rate-limit', '0'], {}, "--rate-limit: '0' is not valid. Expected: NUMBER/s."],
  [['--rate-limit', '0/s'], {}, "--rate-limit: '0/s' is not valid. Expected: NUMBER/s."],
  [['--rate-limit', 'fast'], {}, "--rate-limit: 'fast' is not valid. Expected: NUMBER/s."],
  [['--smtp', 'localhost:25'], {}, "--smtp: 'localhost:25' is not valid. Expected: URL."],
  [
    ['--control-origin', 'localhost:5173'],
    {},
    "--control-origin: 'localhost:5173' is not valid. Expected: ORIGIN,....",
  ],
  [
    [],
    { TOKENS_MOCK_CONTROL_ORIGIN: 'http://a.example,*' },
    "TOKENS_MOCK_CONTROL_ORIGIN: 'http://a.example,*' is not valid. Expected: ORIGIN,....",
  ],
  [['--control-token', 'a secret'], {}, '--control-token: the value is not valid. Expected: TOKEN.'],
  [['--control-host', 'a:80'], {}, "--control-host: 'a:80' is not valid. Expected: NAME,...."],
  [
    [],
    { TOKENS_MOCK_REQUIRE_WORLD: '1' },
    "TOKENS_MOCK_REQUIRE_WORLD: '1' is not valid. Expected: true or false.",
  ],
  [['--require-world=false'], {}, "Option '--require-world' does not take an argument."],
  [['start'], {}, "Unknown command 'start'. The commands are serve, healthcheck, validate, import, verify."],
  [['import'], {}, 'import takes files with responses of the API.'],
  [['serve', '--keep-values'], {}, '--keep-values is a flag of import.'],
  [['import', 'a.json', '--port', '1'], {}, 'import does not take --port.'],
  [['validate', 'demo', '--profile', 'live'], {}, 'validate does not take --profile.'],
  [['serve', 'x'], {}, "serve takes no arguments: 'x'."],
  [['validate'], {}, 'validate takes the name or path of one fixture.'],
  [['validate', 'a', 'b'], {}, 'validate takes the name or path of one fixture.'],
] as const) {
  t.test(`refuses ${args.join(' ') || JSON.stringify(env)} in one line`, async (t) => {
    const { code, stdout, stderr } = await execute([...args], env)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.equal(stderr, `${message} See --help.\n`)
  })
}

/** What each setting is called, and what it is where nobody sets it. */
const SETTINGS = [
  ['host', 'TOKENS_MOCK_HOST', '127.0.0.1'],
  ['hostname', 'TOKENS_MOCK_HOSTNAME', 'none'],
  ['port', 'TOKENS_MOCK_PORT', '4747'],
  ['database', 'TOKENS_MOCK_DATABASE', ':memory:'],
  ['fixtures', 'TOKENS_MOCK_FIXTURES', 'documentation'],
  ['profile', 'TOKENS_MOCK_PROFILE', 'compatible'],
  ['management-token-cap', 'TOKENS_MOCK_MANAGEMENT_TOKEN_CAP', '10'],
  ['delivery-token-cap', 'TOKENS_MOCK_DELIVERY_TOKEN_CAP', 'none'],
  ['tls-port', 'TOKENS_MOCK_TLS_PORT', 'none'],
  ['tls-cert', 'TOKENS_MOCK_TLS_CERT', 'none'],
  ['tls-key', 'TOKENS_MOCK_TLS_KEY', 'none'],
  ['tls-host', 'TOKENS_MOCK_TLS_HOST', 'none'],
  ['data-directory', 'TOKENS_MOCK_DATA_DIRECTORY', '~/.contentstack-tokens-mock'],
  ['id-seed', 'TOKENS_MOCK_ID_SEED', 'none'],
  ['rate-limit', 'TOKENS_MOCK_RATE_LIMIT', 'none'],
  ['max-worlds', 'TOKENS_MOCK_MAX_WORLDS', '1000'],
  ['require-world', 'TOKENS_MOCK_REQUIRE_WORLD', 'false'],
  ['journal-size', 'TOKENS_MOCK_JOURNAL_SIZE', '1000'],
  ['smtp', 'TOKENS_MOCK_SMTP', 'none'],
  ['console', 'TOKENS_MOCK_CONSOLE', 'on'],
  ['control-origin', 'TOKENS_MOCK_CONTROL_ORIGIN', 'none'],
  ['control-token', 'TOKENS_MOCK_CONTROL_TOKEN', 'none'],
  ['control-host', 'TOKENS_MOCK_CONTROL_HOST', 'none'],
  ['log-level', 'TOKENS_MOCK_LOG_LEVEL', 'info'],
]

t.test('--help names every setting as the README does, and --version the version', async (t) => {
  const { code, stdout } = await execute(['--help', '--port', '1'])
  t.equal(code, 0)
  const settings = [...stdout.matchAll(/^ {2}--(\S+)(?: \S+)? +(.+)\n +\[(\w+), default (.+)\]$/gm)]
  t.strictSame(
    settings.map(([, flag, , env, fallback]) => [flag, env, fallback]),
    SETTINGS,
  )
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const [, table = ''] = /^\| flag \|.*\n.*\n((?:\|.*\n)+)/m.exec(readme) ?? []
  const rows = settings.map(
    ([, flag, description, env, fallback]) =>
      `| \`--${flag}\` | \`${env}\` | \`${fallback}\` | ${description} |\n`,
  )
  t.equal(table, rows.join(''))
  t.strictSame(await execute(['-v']), { code: 0, stdout: '0.1.0\n', stderr: '' })
})

t.test('the flag of a list may be repeated', async (t) => {
  const flags = [
    [
      '--control-origin',
      'http://localhost:5173',
      '--control-origin',
      'https://app.example,http://[::1]:8080',
    ],
    ['--control-host', 'a.example, b.example', '--control-host=c.example'],
    ['--tls-port', '0', '--tls-host', 'd.example', '--tls-host', 'e.example'],
  ].flat()
  t.match(parseCommandLine(flags, {}), {
    config: {
      controlOrigin: ['http://localhost:5173', 'https://app.example', 'http://[::1]:8080'],
      controlHost: ['a.example', 'b.example', 'c.example'],
      tlsHost: ['d.example', 'e.example'],
    },
  })
  const env = { TOKENS_MOCK_CONTROL_ORIGIN: 'http://a.example, http://b.example' }
  t.match(parseCommandLine([], env), { config: { controlOrigin: ['http://a.example', 'http://b.example'] } })
})

t.test('--require-world takes no value, and its variable is true or false', async (t) => {
  const isRequired = (args: string[], value: string) => {
    const invocation = parseCommandLine(args, { TOKENS_MOCK_REQUIRE_WORLD: value })
    return 'config' in invocation && invocation.config.requireWorld
  }
  t.equal(isRequired(['--require-world'], ''), true)
  t.equal(isRequired(['--require-world'], 'false'), true)
  t.equal(isRequired([], 'true'), true)
  t.equal(isRequired([], 'false'), false)
})

t.test('with --require-world, the sample calls name a world', async (t) => {
  const { run, read, stop } = terminal()
  t.equal(await run(['--port', '0', '--fixtures', 'empty', '--require-world']), 0)
  const said = read().stdout
  const [, url = ''] = /"url":"(http[^"]+)"/.exec(said) ?? []
  t.match(said, `${url}/w/one/v3/stacks/delivery_tokens"`)
  t.equal((await fetch(`${url}${DELIVERY}`, { headers })).status, 400)
  t.equal((await fetch(`${url}/w/one${DELIVERY}`, { headers })).status, 200)
  stop()
})

t.test('without a control token, listening for other machines warns, but not in the image', async (t) => {
  const warning =
    'Whoever can reach 0.0.0.0 can read and change everything through /_mock. Protect it with --control-token, or listen on 127.0.0.1.'
  const warnings = async (args: string[], env: NodeJS.ProcessEnv = {}, isTTY = false) => {
    const { run, read, stop, ended } = terminal({ env, isTTY })
    t.equal(await run(['--port', '0', '--fixtures', 'empty', ...args]), 0)
    stop()
    await ended
    const said = read().stdout
    t.notMatch(said, 'csecret')
    return said.split('\n').filter((line) => line.includes('/_mock.'))
  }
  t.match(
    (await warnings(['--host', '0.0.0.0'])).map((line) => JSON.parse(line)),
    [{ level: 40, msg: warning }],
  )
  const [shown = ''] = await warnings(['--host', '0.0.0.0'], {}, true)
  t.match(shown, 'WARN')
  t.match(shown, warning)
  t.strictSame(await warnings(['--host', '0.0.0.0', '--control-token', 'csecret']), [])
  t.strictSame(await warnings(['--host', '0.0.0.0'], { container: 'oci' }), [])
  t.strictSame(await warnings(['--host', 'localhost']), [])
  t.strictSame(await warnings(['--host', '127.0.0.2']), [])
  const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
  t.match(dockerfile, /^ {2}container=oci \\$/m)
})

t.test('the health check needs no control token', async (t) => {
  const mock = await createTokensMock({ controlToken: 'csecret' })
  const { port } = new URL(mock.url)
  t.equal((await execute(['healthcheck', '--port', port])).code, 0)
  t.equal((await execute(['healthcheck', '--port', port, '--control-token', 'other'])).code, 0)
  await mock.close()
})

t.test('validate', async (t) => {
  t.strictSame(await execute(['validate', 'demo']), {
    code: 0,
    stdout: 'The fixture demo is valid.\n',
    stderr: '',
  })
  const file = join(t.testdir({ 'bad.json': '{"organization":{"name":"x"},"users":[]}' }), 'bad.json')
  t.strictSame(await execute(['validate', file]), {
    code: 2,
    stdout: '',
    stderr: `The fixture ${file} cannot be loaded:\n  $: must have required property 'stacks'.\n`,
  })
})

t.test('a fixture that is wrong leaves the database untouched', async (t) => {
  const database = join(t.testdir(), 'tokens.db')
  const { code, stderr } = await execute(['--database', database, '--fixtures', 'nothing', '--port', '0'])
  t.equal(code, 2)
  t.match(stderr, 'The fixture nothing cannot be loaded')
  t.notOk(existsSync(database))
})

t.test('an address that cannot be had', async (t) => {
  await using other = await createTokensMock()
  const { port } = new URL(other.url)
  const taken = await execute(['--port', port])
  t.equal(taken.code, 2)
  t.equal(taken.stderr, `Port ${port} is in use. Stop the other server or pass --port.\n`)
  const tls = ['--port', '0', '--tls-port', port, '--data-directory', t.testdir()]
  t.equal((await execute(tls)).stderr, `Port ${port} is in use. Stop the other server or pass --tls-port.\n`)
  t.equal(
    (await execute(['--port', '0', '--host', '192.0.2.1'])).stderr,
    'Cannot listen: address not available 192.0.2.1. See --host, --port and --tls-port.\n',
  )
})

t.test('a second server on one database file is refused', async (t) => {
  const database = join(t.testdir(), 'tokens.db')
  const { url, child } = await launch(t, ['--database', database])
  t.strictSame(await execute(['--database', database, '--port', '0']), {
    code: 2,
    stdout: '',
    stderr: `The database ${database} is in use by another server. Stop that one, or choose another file with --database.\n`,
  })
  const health = await fetch(`${url}/_mock/health`)
  t.equal(health.status, 200)
  await health.json()
  child.kill('SIGINT')
  t.strictSame(await once(child, 'exit'), [0, null], 'SIGINT ends it, also with a connection kept open')
})

t.test('a database that another fixture filled is refused, but for the default', async (t) => {
  const database = join(t.testdir(), 'tokens.db')
  const { run, read, stop } = terminal()
  t.equal(await run(['--database', database, '--fixtures', 'demo', '--port', '0']), 0)
  stop()
  const [, url = ''] = /"url":"(http[^"]+)"/.exec(read().stdout) ?? []
  await t.rejects(fetch(url))
  const message = `The database ${database} was filled from the fixture demo, not documentation. Delete the file, choose another one with --database, or omit --fixtures to keep its content.\n`
  const wrong = { code: 2, stdout: '', stderr: message }
  t.strictSame(await execute(['--database', database, '--fixtures', 'documentation']), wrong)
  const env = { TOKENS_MOCK_DATABASE: database, TOKENS_MOCK_FIXTURES: 'documentation' }
  t.strictSame(await execute([], env), wrong)
  const again = terminal()
  t.equal(await again.run(['--database', database, '--port', '0']), 0)
  t.match(again.read().stdout, 'Web shop')
  again.stop()
})

t.test('a row that cannot be read does not hinder the start', async (t) => {
  const database = join(t.testdir(), 'tokens.db')
  await (await createTokensMock({ database })).close()
  const db = new Database(database)
  db.exec("UPDATE delivery_tokens SET scope = 'y'")
  db.close()
  const { run, read, stop } = terminal()
  t.equal(await run(['--database', database, '--port', '0']), 0)
  const said = read().stdout
  t.match(said, '"msg":"The database has a row whose delivery_tokens.scope cannot be read: ')
  t.match(said, '"stacks":[]')
  stop()
})

t.test('one that is told to stop while it starts, stops', async (t) => {
  const { run, read, stop } = terminal()
  stop()
  t.equal(await run(['--port', '0']), 0)
  t.match(read().stdout, '"msg":"closing"')
})

t.test('the URL of a server that listens on every address', async (t) => {
  for (const [host, url] of [
    ['0.0.0.0', 'http://127.0.0.1:1'],
    ['::', 'http://[::1]:1'],
  ] as const) {
    const { stderr } = await execute(['healthcheck', '--host', host, '--port', '1'])
    t.equal(stderr, `No healthy server at ${url}.\n`)
  }
})

t.test('--hostname is the host in every URL that is printed', async (t) => {
  const args = ['--hostname', 'tokens-mock', '--port', '0', '--rate-limit', '10/s']
  const person = terminal({ isTTY: true })
  t.equal(await person.run(args), 0)
  const said = person.read().stdout
  const [, url = ''] = /listens on (http:\/\/tokens-mock:\d+)\n/.exec(said) ?? []
  const notice = `@contentstack/management retries at ${url}/v3, but neither at an IP address nor at localhost.`
  t.match(said, `\n  ${notice}\n`)
  t.notMatch(said, '127.0.0.1')
  t.equal(
    said.split(url).length - 1,
    6,
    'where it listens, the console, where clients retry, and a call for each stack',
  )
  person.stop()
  const program = terminal({ env: { TOKENS_MOCK_HOSTNAME: 'tokens-mock' } })
  t.equal(await program.run(args.slice(2)), 0)
  const { url: found, ...fields } = JSON.parse(program.read().stdout)
  t.match(found, /^http:\/\/tokens-mock:\d+$/)
  t.equal(fields.notice, notice.replace(url, found))
  program.stop()
  const { stderr } = await execute(['healthcheck', '--hostname', 'tokens-mock', '--port', '1'])
  t.equal(stderr, 'No healthy server at http://tokens-mock:1.\n')
})

t.test('HTTPS: says what clients have to trust', async (t) => {
  const dataDirectory = t.testdir()
  const args = [
    '--port',
    '0',
    '--tls-port',
    '0',
    '--tls-host',
    'mock.local, ::2',
    '--data-directory',
    dataDirectory,
  ]
  const file = join(dataDirectory, 'ca', 'ca.pem')
  const person = terminal({ isTTY: true })
  t.equal(await person.run(args), 0)
  const said = person.read().stdout
  t.match(said, /listens on http:\/\/127\.0\.0\.1:\d+ and https:\/\/127\.0\.0\.1:\d+\n/)
  t.match(said, `for HTTPS, clients must trust ${file}\n`)
  person.stop()
  const program = terminal()
  await program.run(args)
  t.match(program.read().stdout, `"authority":"${file}"`)
  program.stop()
  const wrong = [...args.slice(0, 4), '--tls-cert', 'no.pem', '--tls-key', 'no.pem']
  const { code, stderr } = await execute(wrong)
  t.equal(code, 2)
  t.match(stderr, /^Cannot read no\.pem: there is no such file or folder\.$/m)
})

t.test('the flags of worlds', async (t) => {
  const { run, read, stop } = terminal()
  const flags = ['--id-seed', '5', '--rate-limit', '1/s', '--smtp', 'smtp://127.0.0.1:1', '--max-worlds', '0']
  const caps = ['--journal-size', '1', '--management-token-cap', '3', '--delivery-token-cap', '7']
  t.equal(await run(['--port', '0', ...flags, ...caps]), 0)
  const url = /"url":"(http[^"]+)"/.exec(read().stdout)?.[1] ?? ''
  t.strictSame(await (await fetch(`${url}/_mock/ids`)).json(), { seed: 5 })
  t.equal((await fetch(`${url}/w/a/v3/user`)).status, 429, 'no further world')
  t.match(await (await fetch(`${url}/_mock/faults`)).json(), { rules: [{ rate_limit: 1, status: 429 }] })
  const organization = `${url}/v3/organizations/blt1f4a90c7d2e6b835?include_plan=true`
  const headers = { authtoken: 'Your_Authtoken' }
  t.match(await (await fetch(organization, { headers })).json(), {
    organization: { plan: { features: [{ limit: 3 }, { uid: 'deliveryTokens', limit: 7 }] } },
  })
  stop()
})

t.test('any other defect is not hidden', async (t) => {
  const { streams } = terminal()
  const stdout = Object.assign(new PassThrough(), {
    write: () => {
      throw new Error('defect')
    },
  })
  await t.rejects(run(['validate', 'demo'], { ...streams, stdout }, AbortSignal.abort()), {
    message: 'defect',
  })
})

t.test('healthcheck asks the server of the same settings', async (t) => {
  const mock = await createTokensMock()
  const { port } = new URL(mock.url)
  t.strictSame(await execute(['healthcheck', '--port', port]), { code: 0, stdout: '', stderr: '' })
  t.equal((await execute(['healthcheck'], { TOKENS_MOCK_PORT: port, TOKENS_MOCK_HOST: '0.0.0.0' })).code, 0)
  await mock.close()
  t.strictSame(await execute(['healthcheck', '--port', port]), {
    code: 1,
    stdout: '',
    stderr: `No healthy server at http://127.0.0.1:${port}.\n`,
  })
})

t.test('--console off: the start says nothing of a console', async (t) => {
  const { run, read, stop, ended } = terminal({ isTTY: true })
  t.equal(await run(['--port', '0', '--console', 'off']), 0)
  t.match(read().stdout, 'listens on http://')
  t.notMatch(read().stdout, 'console')
  stop()
  await ended
})

t.test('on a terminal: says what the profile has', async (t) => {
  for (const [profile, hint] of [
    [
      'compatible',
      'the forms of the documentation and of the service, side by side; live is as strict as the service',
    ],
    ['documented', 'the forms of the documentation'],
    ['live', 'the forms and checks of the service'],
  ] as const) {
    const { run, read, stop, ended } = terminal({ isTTY: true })
    t.equal(await run(['--port', '0', '--profile', profile]), 0)
    t.match(read().stdout, `profile ${profile}: ${hint}\n`)
    stop()
    await ended
  }
})

t.test('on a terminal: says where it listens, with a call for each stack, and logs for people', async (t) => {
  const { run, read, stop, ended } = terminal({ isTTY: true })
  t.equal(await run(['--port', '0', '--fixtures', 'demo', '--profile', 'live']), 0)
  const said = read().stdout
  const url = /listens on (\S+)/.exec(said)?.[1] ?? ''
  t.match(said, 'authtokens of Web shop: owner maya_authtoken, ')
  t.match(said, /^ {2}console http:\/\/127\.0\.0\.1:\d+\/_mock\/console$/m)
  t.equal(
    said.split('http://').length - 1,
    4,
    'no line twice: where it listens, the console, and a call for each stack',
  )
  t.match(said, 'Web shop (blt4f8a2c6e9b1d7035)')
  t.match(
    said,
    `curl -H 'api_key: bltd03b5e7f1a9c2648' -H 'authtoken: tom_authtoken' ${url}/v3/stacks/delivery_tokens`,
  )
  await fetch(`${url}/v3/nothing`)
  await fetch(`${url}/v3/user`)
  await fetch(`${url}/v3/user`, { headers: { authtoken: 'maya_authtoken' } })
  const headers = { 'content-type': 'application/json' }
  await fetch(`${url}/_mock/faults`, { method: 'PUT', headers, body: '{"presets":["outage"]}' })
  await fetch(`${url}/v3/user`)
  const logged = read().stdout
  t.match(logged, /INFO: \S*200\S* GET \/v3\/user \d+ms\n/)
  t.match(
    logged,
    /INFO: \S*503\S* GET \/v3\/user \d+ms {2}A fault rule of this world applied to the request\./,
  )
  t.match(logged, /INFO: \S*404\S* GET \/v3\/nothing \d+ms {2}There is no call GET \/v3\/nothing\. Nearest: /)
  t.match(logged, /INFO: \S*401\S* GET \/v3\/user \d+ms {2}The header authtoken is missing\./)
  stop()
  await ended
  await t.rejects(fetch(`${url}/_mock/health`))
})

t.test(
  'elsewhere: logs JSON lines, without secrets and without stacks that have no authtoken to show',
  async (t) => {
    const { run, read, stop, ended } = terminal()
    t.equal(await run(['--port', '0', '--fixtures', 'at-cap']), 0)
    const lines = read()
      .stdout.trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const ready = lines.find(({ msg }) => msg === 'listening') as {
      url: string
      profile: string
      stacks: unknown[]
    }
    t.equal(ready.profile, 'compatible')
    t.strictSame(ready.stacks, [
      {
        name: 'At the cap',
        api_key: API_KEY,
        curl: `curl -H 'api_key: ${API_KEY}' -H 'authtoken: Your_Authtoken' ${ready.url}/v3/stacks/delivery_tokens`,
      },
    ])
    await fetch(`${ready.url}${MANAGEMENT}?access_token=csecret`, {
      method: 'POST',
      headers: { ...headers, authorization: 'csecret' },
      body: JSON.stringify({ token: { name: 'csecret', scope: managementScope() } }),
    })
    await fetch(`${ready.url}${DELIVERY}`, { headers: { ...headers, authtoken: 'csecret' } })
    stop()
    await ended
    const logged = read().stdout
    t.match(logged, '"method":"POST","url":"/v3/stacks/management_tokens","status":422')
    t.notMatch(logged, 'csecret')
    t.notMatch(logged, 'Your_Authtoken')
  },
)

t.test('an owner without an authtoken', async (t) => {
  const fixture = {
    organization: { name: 'x' },
    users: [{ email: 'o@example.com', password: 'x', first_name: '', last_name: '' }],
    stacks: [{ api_key: 'blt1', name: 'Bare', owner: 'o@example.com' }],
  }
  const file = join(t.testdir({ 'f.json': JSON.stringify(fixture) }), 'f.json')
  const { run, read, stop } = terminal({ isTTY: true })
  await run(['--port', '0', '--fixtures', file])
  t.match(read().stdout, "authtoken: ...'")
  stop()
})

// From here on in a process of its own.

const createManagementToken = async (url: string) =>
  (
    await fetch(`${url}${MANAGEMENT}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ token: { name: 'Job', scope: managementScope() } }),
    })
  ).status

const countManagementTokens = async (url: string) =>
  ((await (await fetch(`${url}${MANAGEMENT}?count=true`, { headers })).json()) as { tokens: number }).tokens

const creations = (urls: string[]) =>
  Promise.all(Array.from({ length: 200 }, (_, i) => createManagementToken(urls[i % urls.length] as string)))

const countOf = (statuses: number[], status: number) => statuses.filter((value) => value === status).length

t.test('200 parallel creations of management tokens: exactly 10 succeed', async (t) => {
  await using mock = await createTokensMock({ fixtures: 'empty' })
  const statuses = await creations([mock.url])
  t.strictSame([countOf(statuses, 201), countOf(statuses, 422)], [10, 190])
  t.equal(await countManagementTokens(mock.url), 10)
})

t.test('after kill -9, everything that was answered is there', async (t) => {
  const args = ['--fixtures', 'empty', '--database', join(t.testdir(), 'tokens.db')]
  const { url, child } = await launch(t, args)
  const created = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const body = JSON.stringify({ token: { name: `Token ${i}`, scope: deliveryScope() } })
      const response = await fetch(`${url}${DELIVERY}`, { method: 'POST', headers, body })
      return ((await response.json()) as { token: { uid: string } }).token
    }),
  )
  child.kill('SIGKILL')
  await once(child, 'exit')
  const again = await launch(t, args)
  const { tokens } = (await (await fetch(`${again.url}${DELIVERY}`, { headers })).json()) as {
    tokens: { uid: string }[]
  }
  const byUid = (a: { uid: string }, b: { uid: string }) => a.uid.localeCompare(b.uid)
  t.strictSame(tokens.sort(byUid), created.sort(byUid))
  again.child.kill('SIGTERM')
  t.strictSame(
    await once(again.child, 'exit'),
    [0, null],
    'SIGTERM ends it, also with a connection kept open',
  )
})

/** Runs `validate empty` after that code. */
async function validateAfter(code: string) {
  const args = ['--import', `data:text/javascript,${encodeURIComponent(code)}`, cli, 'validate', 'empty']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code: exitCode, stdout, stderr }
}

t.test('a terminal is not written to synchronously', async (t) => {
  const says = "process.stderr.write('blocking: ' + isBlocking)"
  t.strictSame(
    await validateAfter(
      `process.stdout.isTTY = true; process.stdout._handle.setBlocking = (isBlocking) => ${says}`,
    ),
    { code: 0, stdout: 'The fixture empty is valid.\n', stderr: 'blocking: false' },
  )
})

t.test('an older Node is refused before anything native loads', async (t) => {
  const as = (version: string) =>
    validateAfter(
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`,
    )
  const refused = (version: string) => ({
    code: 2,
    stdout: '',
    stderr: `contentstack-tokens-mock needs Node 22.14 or newer; this is ${version}.\n`,
  })
  const valid = { code: 0, stdout: 'The fixture empty is valid.\n', stderr: '' }
  t.strictSame(await as('20.20.2'), refused('20.20.2'))
  t.strictSame(await as('22.13.9'), refused('22.13.9'))
  t.strictSame(await as('22.14.0'), valid)
  t.strictSame(await as('26.1.0'), valid)
})
