/** A value's place in a line. */
export interface Place<T> {
  readonly value: T
  older: Place<T> | undefined
  newer: Place<T> | undefined
}

/** Values in the order in which they came. Adding or removing one costs the same however many there are. */
export class Line<T> {
  #oldest: Place<T> | undefined
  #newest: Place<T> | undefined

  get oldest(): Place<T> | undefined {
    return this.#oldest
  }

  add(value: T): Place<T> {
    const place: Place<T> = { value, older: this.#newest, newer: undefined }
    if (this.#newest) this.#newest.newer = place
    else this.#oldest = place
    this.#newest = place
    return place
  }

  remove({ older, newer }: Place<T>): void {
    if (older) older.newer = newer
    else this.#oldest = newer
    if (newer) newer.older = older
    else this.#newest = older
  }

  *newestFirst(): Generator<T> {
    for (let place = this.#newest; place; place = place.older) yield place.value
  }
}
