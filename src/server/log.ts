/** The part of a stream that the log uses: `stdout`, or a substitute. */
type LogStream = Pick<NodeJS.WritableStream, 'on'> & {
  write(text: string, done: (error?: Error | null) => void): boolean
}

/** How many bytes may wait to be written; further lines are dropped. */
const WAITING_BOUND = 4 * 2 ** 20

/**
 * Writes log lines in the background. While the stream is closed, full or not read, it drops lines. It reports their number
 * once the stream accepts lines again.
 */
export class LogDestination {
  readonly #stream: LogStream
  readonly #lineAbout: (dropped: number) => string
  #waiting: string[] = []
  /** The bytes that are waiting or being written. */
  #size = 0
  #dropped = 0
  #isBusy = false
  #idle = Promise.withResolvers<void>()

  /** @param lineAbout returns the log line that reports the number of dropped lines */
  constructor(stream: LogStream, lineAbout: (dropped: number) => string) {
    this.#stream = stream
    this.#lineAbout = lineAbout
    // The callback of each write handles the error. Without a listener, it would also end the process.
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
    // Writes all lines of this turn at once.
    setImmediate(() => this.#flush())
  }

  /** Resolves when nothing is waiting, the stream has failed, or the time is up. */
  async drain(milliseconds: number): Promise<void> {
    if (!this.#isBusy) return
    const timer = setTimeout(this.#idle.resolve, milliseconds)
    await this.#idle.promise
    clearTimeout(timer)
  }

  #flush(): void {
    const lines = this.#waiting
    const size = this.#size
    const reported = this.#dropped
    this.#waiting = []
    const text = lines.join('') + (reported > 0 ? this.#lineAbout(reported) : '')
    this.#stream.write(text, (error) => {
      this.#size -= size
      this.#dropped += error ? lines.length : -reported
      // After an error, the next line triggers another try.
      if (this.#waiting.length > 0 || (this.#dropped > 0 && !error)) {
        this.#flush()
        return
      }
      this.#isBusy = false
      this.#idle.resolve()
    })
  }
}
