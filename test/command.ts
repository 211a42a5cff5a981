import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

// The command, in a process of its own.

export const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

export interface Running {
  child: ChildProcess
  url: string
  tlsUrl: string
}

/** Starts the command, and reads its log up to where it listens. */
export async function launch(t: Test, args: string[]): Promise<Running> {
  const child = spawn(process.execPath, [cli, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })
  const found = Promise.withResolvers<{ url: string; tlsUrl: string }>()
  lines.on('line', (line) => {
    const { msg, url, tlsUrl = '' } = JSON.parse(line) as Record<string, string>
    if (msg === 'listening') found.resolve({ url: url as string, tlsUrl })
  })
  const where = await found.promise
  lines.close()
  return { child, ...where }
}

/** Sends SIGTERM, and waits for the end. */
export async function terminate(child: ChildProcess): Promise<unknown[]> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  return exit
}

/** As long as the log's line of a request can be. */
const LONG = `/v3/${'x'.repeat(12_000)}`

/** Makes the server log so many long lines, and counts the answers. */
export async function makeNoise(url: string, lines: number): Promise<number> {
  let answered = 0
  const work = async () => {
    for (let i = 0; i < lines / 10; i++) {
      const { status } = await fetch(`${url}${LONG}`)
      if (status === 404) answered += 1
    }
  }
  await Promise.all(Array.from({ length: 10 }, work))
  return answered
}
