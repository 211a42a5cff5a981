import { createHash } from 'node:crypto'
import { customRandom, random } from 'nanoid'
import type { Ids } from '../rules/ids.ts'

/** Returns `size` random bytes; the signature that nanoid expects. */
export type RandomBytes = (size: number) => Uint8Array

const HEX = '0123456789abcdef'

/** How many random bytes the pool fetches at a time. */
const POOL_SIZE = 4096

/** Serves random bytes from a pool, so that one system call is enough for many ids. */
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

/** Makes ids: random ones, or with a seed the same sequence each time. */
export class WorldIds implements Ids {
  readonly #isTaken: (id: string) => boolean
  readonly #random: RandomBytes
  #draw: (digits: number) => string
  #seed: number | null = null

  /** @param isTaken whether an id is in use, since a restarted seed produces the same ids again */
  constructor(isTaken: (id: string) => boolean, randomBytes: RandomBytes = systemBytes) {
    this.#isTaken = isTaken
    this.#random = randomBytes
    this.#draw = customRandom(HEX, 16, randomBytes)
  }

  /** Null if ids are random. */
  get seed(): number | null {
    return this.#seed
  }

  /** Restarts the sequence of a seed; null makes ids random. */
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

  /** The next unused id. Random ids are not looked up. */
  #next(prefix: string, digits: number): string {
    let id = prefix + this.#draw(digits)
    while (this.#seed !== null && this.#isTaken(id)) id = prefix + this.#draw(digits)
    return id
  }
}

/** Pseudorandom bytes that depend only on the seed. */
export function seededBytes(seed: string): RandomBytes {
  let block = 0
  const next = () => createHash('sha256').update(`${seed} ${block++}`).digest()
  return (size) => Buffer.concat(Array.from({ length: Math.ceil(size / 32) }, next)).subarray(0, size)
}
