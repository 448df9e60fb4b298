/** Random numbers (xorshift, Marsaglia 2003), for what no answer shows to anybody. The same seed, the same numbers. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    // 0 would stay 0.
    this.#state = seed | 0 || 1
  }

  /** At least 0, and below 1. */
  next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return (state >>> 0) / 2 ** 32
  }
}
