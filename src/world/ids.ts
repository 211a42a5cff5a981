import { createHash } from 'node:crypto'
import { customRandom, random } from 'nanoid'

/** Fills a buffer of `size` random bytes, as nanoid asks for them. */
export type RandomBytes = (size: number) => Uint8Array

const HEX = '0123456789abcdef'

/** The API's identifiers (R): a prefix and lower-case hexadecimal digits. */
export interface Ids {
  /** `blt` + 16 digits: a uid, an api_key, an authtoken */
  uid(): string
  /** `cs` + 24 digits: the value of a token */
  token(): string
  /** `cs` + 16 digits: the uid in the `_metadata` of a scope entry */
  metadataUid(): string
}

/** Ids that can be made to come in the same order again. */
export class WorldIds implements Ids {
  readonly #isTaken: (id: string) => boolean
  readonly #random: RandomBytes
  #next: RandomBytes
  #seed: number | null = null

  /** @param isTaken whether something has an id already, as those of a seed come again */
  constructor(isTaken: (id: string) => boolean, randomBytes: RandomBytes = random) {
    this.#isTaken = isTaken
    this.#random = randomBytes
    this.#next = randomBytes
  }

  /** Null where ids are random. */
  get seed(): number | null {
    return this.#seed
  }

  /** Starts the order of a seed from its beginning; null makes ids random again. */
  restart(seed: number | null): void {
    this.#seed = seed
    this.#next = seed === null ? this.#random : seededBytes(`ids ${seed}`)
  }

  uid(): string {
    return this.#free('blt', 16)
  }

  token(): string {
    return this.#free('cs', 24)
  }

  metadataUid(): string {
    return `cs${this.#digits(16)}`
  }

  /** The next that nothing has. Random ones need no look. */
  #free(prefix: string, count: number): string {
    let id = prefix + this.#digits(count)
    while (this.#seed !== null && this.#isTaken(id)) id = prefix + this.#digits(count)
    return id
  }

  #digits(count: number): string {
    return customRandom(HEX, count, this.#next)()
  }
}

/** Bytes that depend on nothing but the seed. */
export function seededBytes(seed: string): RandomBytes {
  let block = 0
  const next = () => createHash('sha256').update(`${seed} ${block++}`).digest()
  return (size) => Buffer.concat(Array.from({ length: Math.ceil(size / 32) }, next)).subarray(0, size)
}

/** Identifiers that depend on nothing but `place`: for what a fixture leaves out. */
export function idsOfPlace(place: string): Ids {
  const digits = createHash('sha256').update(place).digest('hex')
  return {
    uid: () => `blt${digits.slice(0, 16)}`,
    token: () => `cs${digits.slice(0, 24)}`,
    metadataUid: () => `cs${digits.slice(0, 16)}`,
  }
}
