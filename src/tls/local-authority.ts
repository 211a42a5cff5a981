import { X509Certificate } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { UserError } from '../user-error.ts'
import { createAuthority, type KeyPair } from './certificates.ts'

/** The least time for which a kept authority has to be good, in milliseconds: as long as what it signs. */
const LEAST_VALIDITY = 397 * 24 * 60 * 60 * 1000

/**
 * The certificate authority of this machine: made at the first use and then kept in the folder `ca` of the data
 * directory, so that a client has to be told to trust it only once.
 *
 * @param directory a leading `~/` is the user's home directory
 * @throws UserError where the directory cannot be used
 */
export async function localAuthority(directory: string): Promise<KeyPair & { file: string }> {
  const home = directory.replace(/^~(?=\/|$)/, homedir())
  const folder = join(home, 'ca')
  try {
    const kept = read(folder)
    if (kept) return kept
    await make(home, folder)
    return read(folder) as KeyPair & { file: string }
  } catch (error) {
    throw new UserError(
      `Cannot keep the local certificate authority in ${folder}: ${(error as Error).message}. See --data-directory.`,
    )
  }
}

function read(folder: string): (KeyPair & { file: string }) | undefined {
  const file = join(folder, 'ca.pem')
  if (!existsSync(file)) return undefined
  const cert = readFileSync(file, 'utf8')
  if (Date.parse(new X509Certificate(cert).validTo) < Date.now() + LEAST_VALIDITY) {
    rmSync(folder, { recursive: true })
    return undefined
  }
  return { cert, key: readFileSync(join(folder, 'ca-key.pem'), 'utf8'), file }
}

/** Step by step: with `recursive`, Node never comes back where a folder cannot be made in `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder)
}

/** Both files appear at once, also where two processes make an authority at the same time: the first one's stays. */
async function make(home: string, folder: string): Promise<void> {
  makeFolder(home)
  const { cert, key } = await createAuthority()
  const draft = mkdtempSync(join(home, 'ca-'))
  writeFileSync(join(draft, 'ca.pem'), cert)
  writeFileSync(join(draft, 'ca-key.pem'), key, { mode: 0o600 })
  // Other users, such as a container's, may read the certificate.
  chmodSync(draft, 0o755)
  try {
    renameSync(draft, folder)
  } catch (error) {
    rmSync(draft, { recursive: true })
    if (!existsSync(join(folder, 'ca.pem'))) throw error
  }
}
