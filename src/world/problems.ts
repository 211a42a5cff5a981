/** How many problems are told. */
const TOLD = 100

/** The longest that is told of one, in characters: it may quote the file. */
const TEXT_BOUND = 500

/** The mistakes of a file: the first hundred, and how many more there are. */
export class Problems {
  readonly #told = new Set<string>()
  #more = 0
  #isCut = false

  /** How many there are so far. */
  get count(): number {
    return this.#told.size + this.#more
  }

  add(problem: string): void {
    if (this.#told.size >= TOLD) this.#more += 1
    else this.#told.add(problem.length > TEXT_BOUND ? `${problem.slice(0, TEXT_BOUND)}...` : problem)
  }

  /** Says that there are more, and nobody counted them. */
  cut(): void {
    this.#isCut = true
  }

  list(): string[] {
    const told = [...this.#told]
    if (this.#isCut) return [...told, '... and more.']
    return this.#more === 0 ? told : [...told, `... and ${this.#more} more.`]
  }
}
