const START = Date.UTC(2026, 0, 1)

/**
 * A clock that stands still until a test turns it.
 *
 * @example
 * ```ts
 * import { TestClock } from '@rl/conformance'
 * import { MemoryStore } from '@rl/store-memory'
 *
 * const clock = new TestClock()
 * const store = new MemoryStore({ clock: clock.read })
 * clock.advance(60_000)
 * ```
 */
export class TestClock {
  #now: number

  /** @param now Milliseconds since the Unix epoch. @default the first moment of 2026 */
  constructor(now: number = START) {
    this.#now = now
  }

  get now(): number {
    return this.#now
  }

  /** Turns the clock on; back, if `ms` is negative. */
  advance(ms: number): void {
    this.#now += ms
  }

  /** Turns the clock to a moment. */
  set(now: number): void {
    this.#now = now
  }

  /** What a store takes as its `clock`. */
  readonly read = (): number => this.#now
}
