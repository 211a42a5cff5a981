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
import { createAuthority, type KeyPair } from './certificates.ts'

/** The least time for which a kept authority has to be good, in milliseconds: as long as what it signs. */
const LEAST_VALIDITY = 397 * 24 * 60 * 60 * 1000

/** A local authority, and the file with its certificate, for clients to trust. */
export type Authority = KeyPair & { file: string }

/**
 * The certificate authority of this machine: made at the first use and then kept in the folder `ca` of the data
 * directory, so that a client has to be told to trust it only once.
 *
 * @param directory a leading `~/` is the user's home directory
 * @throws UserError where the directory cannot be used
 */
export async function localAuthority(directory: string): Promise<Authority> {
  const folder = join(directory.replace(/^~(?=\/|$)/, homedir()), 'ca')
  // Key and certificate in one file, which is there or not; the certificate in a second, for everyone to read.
  const secret = join(folder, 'authority.pem')
  const file = join(folder, 'ca.pem')
  try {
    if (existsSync(file) && !existsSync(secret)) throw new Error(`${file} is not of this program`)
    makeFolder(folder)
    const kept = existsSync(secret) ? read(secret) : undefined
    if (!kept || !isGood(kept)) await keep(secret, kept !== undefined)
    const authority = read(secret)
    writeFileSync(file, authority.cert)
    return { ...authority, file }
  } catch (error) {
    throw new UserError(
      `Cannot keep the local certificate authority in ${folder}: ${fileErrorOf(error as Error)}. See --data-directory.`,
    )
  }
}

function read(secret: string): KeyPair {
  const [key = '', cert = ''] = readFileSync(secret, 'utf8').split(/(?<=-----END PRIVATE KEY-----\n)/)
  return { key, cert }
}

const isGood = ({ cert }: KeyPair) =>
  Date.parse(new X509Certificate(cert).validTo) >= Date.now() + LEAST_VALIDITY

/** Makes an authority. Where two processes do so at the same time, both go on with the same one. */
async function keep(secret: string, replaces: boolean): Promise<void> {
  const { key, cert } = await createAuthority()
  const drafts = mkdtempSync(join(dirname(secret), 'draft-'))
  const draft = join(drafts, 'authority.pem')
  writeFileSync(draft, `${key}${cert}`, { mode: 0o600 })
  if (replaces) renameSync(draft, secret)
  else attempt(() => linkSync(draft, secret))
  rmSync(drafts, { recursive: true })
}

/** What fails because another process was faster is of no matter; what fails for another reason shows in the next step. */
function attempt(step: () => void): void {
  try {
    step()
  } catch {
    // See above.
  }
}

/** Step by step: with `recursive`, Node never comes back where a folder cannot be made in `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process may have been faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
