// The built server at port 443 under names of the service, for clients that call the service's own URLs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const HOSTS_FILE = '/etc/hosts'

/** Ends the process, with the reason, where port 443 and the hosts file are out of reach. */
export function needRoot() {
  if (process.platform === 'linux' && process.getuid() === 0) return
  console.log('skipped: needs root on Linux, for port 443 and the hosts file')
  process.exit(0)
}

/** Makes a folder that `run` may use, and removes it. */
export async function withFolder(run) {
  const folder = mkdtempSync(join(tmpdir(), 'tokens-mock-names-'))
  try {
    await run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Calls `run` with the server's `url` and `authority` (a file) while it serves the names. Takes the names out again. */
export async function underNames(names, folder, run) {
  const line = `127.0.0.1 ${names.join(' ')} # contentstack-tokens-mock test\n`
  const flags = [
    '--port',
    '0',
    '--tls-port',
    '443',
    '--tls-host',
    names.join(','),
    '--data-directory',
    folder,
  ]
  writeFileSync(HOSTS_FILE, readFileSync(HOSTS_FILE, 'utf8') + line)
  const server = spawn(process.execPath, ['dist/cli/main.js', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await run(await listening(server))
  } finally {
    server.kill()
    if (server.exitCode === null) await once(server, 'exit')
    writeFileSync(HOSTS_FILE, readFileSync(HOSTS_FILE, 'utf8').replace(line, ''))
  }
}

/** What the server says of itself once it listens. */
async function listening({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const entry = JSON.parse(line)
    if (entry.msg === 'listening') {
      // Nobody reads on: what the server logs must not fill the pipe.
      stdout.resume()
      return entry
    }
  }
  throw new Error('The server did not start.')
}

let passed = 0

/** Runs one step of a script, and reports it. */
export async function step(name, run) {
  await run()
  passed += 1
  console.log(`ok ${passed} ${name}`)
}

/** The last line of a script whose steps have all passed. */
export const report = (script) => console.log(`${script}: ${passed} passed, 0 failed`)
