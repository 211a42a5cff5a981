import { createHash } from 'node:crypto'
import { customRandom, random } from 'nanoid'
import type { Ids } from '../rules/ids.ts'

/** Fills a buffer of `size` random bytes, as nanoid asks for them. */
export type RandomBytes = (size: number) => Uint8Array

const HEX = '0123456789abcdef'

/** How many random bytes are fetched at a time. */
const POOL_SIZE = 4096

/** Hands out random bytes from a pool: one call to the system gives those of many ids. */
function pooled(fill: RandomBytes): RandomBytes {
  let pool: Uint8Array = new Uint8Array()
  let used = 0
  return (size) => {
    if (used + size > pool.length) {
      pool = fill(POOL_SIZE)
      used = 0
    }
    used += size
    return pool.subarray(used - size, used)
  }
}

const systemBytes = pooled(random)

/** Ids that can be made to come in the same order again. */
export class WorldIds implements Ids {
  readonly #isTaken: (id: string) => boolean
  readonly #random: RandomBytes
  #draw: (digits: number) => string
  #seed: number | null = null

  /** @param isTaken whether something has an id already, as the ids of a seed come again */
  constructor(isTaken: (id: string) => boolean, randomBytes: RandomBytes = systemBytes) {
    this.#isTaken = isTaken
    this.#random = randomBytes
    this.#draw = customRandom(HEX, 16, randomBytes)
  }

  /** Null where ids are random. */
  get seed(): number | null {
    return this.#seed
  }

  /** Starts the order of a seed from its beginning; null makes ids random again. */
  restart(seed: number | null): void {
    this.#seed = seed
    this.#draw = customRandom(HEX, 16, seed === null ? this.#random : seededBytes(`ids ${seed}`))
  }

  uid(): string {
    return this.#next('blt', 16)
  }

  token(): string {
    return this.#next('cs', 24)
  }

  metadataUid(): string {
    return `cs${this.#draw(16)}`
  }

  /** The next id that nothing has. Random ones need no look. */
  #next(prefix: string, digits: number): string {
    let id = prefix + this.#draw(digits)
    while (this.#seed !== null && this.#isTaken(id)) id = prefix + this.#draw(digits)
    return id
  }
}

/** Bytes that depend on nothing but the seed. */
export function seededBytes(seed: string): RandomBytes {
  let block = 0
  const next = () => createHash('sha256').update(`${seed} ${block++}`).digest()
  return (size) => Buffer.concat(Array.from({ length: Math.ceil(size / 32) }, next)).subarray(0, size)
}
