import { X509Certificate } from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileErrorOf, UserError } from '../../rules/user-error.ts'
import { createAuthority } from './certificates.ts'
import type { KeyPair } from './key-pair.ts'

/** How long a stored authority must still be valid, in milliseconds: as long as the certificates that it signs. */
const LEAST_VALIDITY = 397 * 24 * 60 * 60 * 1000

/** A local authority, and the file with the certificate that clients must trust. */
type Authority = KeyPair & { file: string }

/**
 * Loads the certificate authority of this machine. On first use, it is created and stored in the folder `ca` of the data
 * directory, so that a client has to be configured to trust it only once.
 *
 * @param directory a leading `~/` is the user's home directory
 * @throws UserError if the directory cannot be used
 */
export async function localAuthority(directory: string): Promise<Authority> {
  const folder = join(
    directory.replace(/^~(?=[/\\]|$)/, () => homedir()),
    'ca',
  )
  // The key and its certificate share a file, so that both exist or neither does. A public file also holds the certificate.
  const secret = join(folder, 'authority.pem')
  const file = join(folder, 'ca.pem')
  try {
    if (existsSync(file) && !existsSync(secret)) throw new Error(`${file} was not created by this program`)
    makeFolder(folder)
    const kept = existsSync(secret) ? read(secret) : undefined
    if (!kept || !isGood(kept)) await keep(secret, kept !== undefined)
    const authority = read(secret)
    writeFileSync(file, authority.cert)
    return { ...authority, file }
  } catch (error) {
    throw new UserError(
      `Cannot store the local certificate authority in ${folder}: ${fileErrorOf(error as Error)}. See --data-directory.`,
    )
  }
}

function read(secret: string): KeyPair {
  const [key = '', cert = ''] = readFileSync(secret, 'utf8').split(/(?<=-----END PRIVATE KEY-----\n)/)
  return { key, cert }
}

const isGood = ({ cert }: KeyPair) =>
  Date.parse(new X509Certificate(cert).validTo) >= Date.now() + LEAST_VALIDITY

/** Creates and stores an authority. Two processes that do so at the same time end up with the same one. */
async function keep(secret: string, replaces: boolean): Promise<void> {
  const { key, cert } = await createAuthority()
  const drafts = mkdtempSync(join(dirname(secret), 'draft-'))
  const draft = join(drafts, 'authority.pem')
  writeFileSync(draft, `${key}${cert}`, { mode: 0o600 })
  if (replaces) renameSync(draft, secret)
  else attempt(() => linkSync(draft, secret))
  rmSync(drafts, { recursive: true })
}

/** Ignores an error: either another process was faster, or the next step fails for the same reason. */
function attempt(step: () => void): void {
  try {
    step()
  } catch {
    // Ignored, see above.
  }
}

/** Creates folders one by one, because `mkdir` with `recursive` hangs on a path in `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  // The root of a drive that does not exist is its own parent.
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process may have been faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
