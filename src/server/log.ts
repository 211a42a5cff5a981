/** A stream as the log needs it: `stdout`, or its stand-in. */
export type LogStream = Pick<NodeJS.WritableStream, 'on'> & {
  write(text: string, done: (error?: Error | null) => void): boolean
}

/** How much may wait to be written, in bytes, before lines are dropped. */
const WAITING_BOUND = 4 * 2 ** 20

/**
 * Writes log lines in the background. Where the stream is not read, closed or full, it drops lines, and says how many as
 * soon as the stream takes some again.
 */
export class LogDestination {
  readonly #stream: LogStream
  readonly #lineAbout: (dropped: number) => string
  #waiting: string[] = []
  /** The bytes of what waits and of what is being written. */
  #size = 0
  #dropped = 0
  #isBusy = false
  #idle = Promise.withResolvers<void>()

  /** @param lineAbout the line that says how many were dropped */
  constructor(stream: LogStream, lineAbout: (dropped: number) => string) {
    this.#stream = stream
    this.#lineAbout = lineAbout
    // The callback of each write has the error, too; without a listener it would end the process.
    stream.on('error', () => {})
  }

  write(line: string): void {
    const size = Buffer.byteLength(line)
    if (this.#size + size > WAITING_BOUND) {
      this.#dropped += 1
      return
    }
    this.#size += size
    this.#waiting.push(line)
    if (this.#isBusy) return
    this.#isBusy = true
    this.#idle = Promise.withResolvers()
    // What is logged until then goes out in one piece.
    setImmediate(() => this.#flush())
  }

  /** Resolves when nothing waits any more, the stream has failed, or the time is up. */
  async drain(milliseconds: number): Promise<void> {
    if (!this.#isBusy) return
    const timer = setTimeout(this.#idle.resolve, milliseconds)
    await this.#idle.promise
    clearTimeout(timer)
  }

  #flush(): void {
    const lines = this.#waiting
    const size = this.#size
    const told = this.#dropped
    this.#waiting = []
    const text = lines.join('') + (told > 0 ? this.#lineAbout(told) : '')
    this.#stream.write(text, (error) => {
      this.#size -= size
      this.#dropped += error ? lines.length : -told
      // After a failure, the next line tries again.
      if (this.#waiting.length > 0 || (this.#dropped > 0 && !error)) {
        this.#flush()
        return
      }
      this.#isBusy = false
      this.#idle.resolve()
    })
  }
}
