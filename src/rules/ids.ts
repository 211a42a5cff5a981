import { createHash } from 'node:crypto'

/** Makes the API's identifiers (R): a prefix followed by lower-case hexadecimal digits. */
export interface Ids {
  /** `blt` + 16 digits: a uid, an api_key or an authtoken */
  uid(): string
  /** `cs` + 24 digits: the value of a token */
  token(): string
  /** `cs` + 16 digits: the uid in the `_metadata` of a scope entry */
  metadataUid(): string
}

/** Identifiers for what a fixture leaves out. They depend only on `place`, a JSON path. */
export function idsOfPlace(place: string): Ids {
  const digits = createHash('sha256').update(place).digest('hex')
  return {
    uid: () => `blt${digits.slice(0, 16)}`,
    token: () => `cs${digits.slice(0, 24)}`,
    metadataUid: () => `cs${digits.slice(0, 16)}`,
  }
}
