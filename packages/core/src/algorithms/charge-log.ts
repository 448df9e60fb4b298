import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { State, Verdict } from './algorithm.ts'

/** Charges that are forgotten are cleared away once there are so many of them, and as many others at most. */
const LEAST_TO_CLEAR = 32

/**
 * The charges of a sliding window, as they are remembered and forgotten. What `slidingWindow` is made of, for stores that keep it between
 * decisions: then each takes as long as what it forgets, and not as what it remembers.
 *
 * @example
 * ```ts
 * import { ChargeLog, parseLimit } from '@rl/core'
 *
 * const log = new ChargeLog()
 * log.decide(parseLimit({ rate: '2 per second', algorithm: 'sliding-window' }), 1, 0, true).remaining // 1
 * log.state // [1000, 0, 1]
 * ```
 */
export class ChargeLog {
  #windowMs: number
  /** The time and the cost of each, oldest first. */
  readonly #charges: number[] = []
  /** Where the first is that has not been dropped, and the first that was still remembered at the time that was last asked for. */
  #first = 0
  #live = 0
  #asOf = -Infinity
  /** The sum of the costs from there. */
  #units = 0

  /** @param state As of `slidingWindow`, so many numbers from `at` on. */
  constructor(state: ArrayLike<number> = [], at = 0, width = state.length) {
    this.#windowMs = state[at] ?? 0
    for (let i = at + 1; i < at + width; i++) this.#charges.push(state[i]!)
    this.#units = sum(this.#charges, 0)
  }

  get isEmpty(): boolean {
    return this.#first === this.#charges.length
  }

  /** How many numbers its state has. */
  get width(): number {
    return 1 + this.#charges.length - this.#first
  }

  /** The state of `slidingWindow` that it comes to. */
  get state(): State {
    return [this.#windowMs, ...this.#charges.slice(this.#first)]
  }

  /** Writes its state over numbers. */
  writeTo(numbers: Float64Array, at: number): void {
    numbers[at] = this.#windowMs
    for (let i = this.#first; i < this.#charges.length; i++) numbers[at + 1 + i - this.#first] = this.#charges[i]!
  }

  /** From when on (ms) it does not matter any more. */
  get expiresAt(): number {
    return this.#windowMs + this.#charges.at(-2)!
  }

  /** The state as of `now`: without what is forgotten, and what was charged in the future is charged now. */
  stateAt(now: number): State {
    this.#forget(now)
    this.#settle(now)
    return [this.#windowMs, ...this.#charges.slice(this.#live)]
  }

  /** Decides as `slidingWindow.consume` does. The verdict tells the time. @param writes Whether a charge that is admitted is remembered. */
  decide({ quota, windowMs }: Limit, cost: number, now: number, writes: boolean): Verdict {
    this.#forget(now)
    const left = Math.max(0, quota - this.#units)
    const resetAfterMs = this.#resetAfter(now)
    if (cost === 0) return admitted(quota, left, resetAfterMs, now)
    if (cost > quota) return denied(quota, left, Infinity, resetAfterMs, now)
    if (cost > left) {
      const freesAt = this.#freesAt(this.#units - (quota - cost), now)
      if (writes && this.#isFromTheFuture(now)) this.#settle(now)
      return denied(quota, left, freesAt - now, resetAfterMs, now)
    }
    const remaining = quota - cost - this.#unitsWithin(windowMs, now)
    if (writes) this.#add(windowMs, cost, now)
    return admitted(quota, remaining, windowMs, now)
  }

  /** Passes over what is forgotten by now. Nothing is dropped: a clock that steps back finds it again. */
  #forget(now: number): void {
    if (now < this.#asOf) {
      this.#live = this.#first
      this.#units = sum(this.#charges, this.#first)
    }
    this.#asOf = now
    while (this.#live < this.#charges.length && this.#charges[this.#live]! + this.#windowMs <= now) {
      this.#units -= this.#charges[this.#live + 1]!
      this.#live += 2
    }
  }

  #isFromTheFuture(now: number): boolean {
    return !this.isEmpty && this.#charges.at(-2)! > now
  }

  #resetAfter(now: number): number {
    if (this.#live === this.#charges.length) return 0
    return Math.min(now, this.#charges.at(-2)!) + this.#windowMs - now
  }

  /** When so many units will have been forgotten. */
  #freesAt(units: number, now: number): number {
    let freed = 0
    let i = this.#live
    while ((freed += this.#charges[i + 1]!) < units) i += 2
    return Math.min(now, this.#charges[i]!) + this.#windowMs
  }

  /** What is remembered now, if for another time. */
  #unitsWithin(windowMs: number, now: number): number {
    let units = this.#units
    for (let i = this.#live; i < this.#charges.length && this.#charges[i]! + windowMs <= now; i += 2) {
      units -= this.#charges[i + 1]!
    }
    return units
  }

  #add(windowMs: number, cost: number, now: number): void {
    this.#settle(now)
    this.#windowMs = windowMs
    this.#forget(now)
    this.#first = this.#live
    if (this.#first >= LEAST_TO_CLEAR && 2 * this.#first >= this.#charges.length) this.#clear()
    if (!this.isEmpty && this.#charges.at(-2) === now) this.#charges[this.#charges.length - 1]! += cost
    else this.#charges.push(now, cost)
    this.#units += cost
  }

  /** What was charged in the future is charged now, and what is forgotten by now has gone. */
  #settle(now: number): void {
    this.#first = this.#live
    if (!this.#isFromTheFuture(now)) return
    let units = 0
    while (!this.isEmpty && this.#charges.at(-2)! >= now) {
      units += this.#charges.pop()!
      this.#charges.pop()
    }
    this.#charges.push(now, units)
  }

  #clear(): void {
    this.#charges.splice(0, this.#first)
    this.#first = 0
    this.#live = 0
  }
}

function sum(charges: readonly number[], from: number): number {
  let units = 0
  for (let i = from + 1; i < charges.length; i += 2) units += charges[i]!
  return units
}
