import type { Limit } from '../limits/limit.ts'

/**
 * What a store keeps for one key under one algorithm: whole numbers, below 2^53. Plain data, never changed in place.
 *
 * It says by itself until when it matters, whatever limit reads it later: a store may drop it at that time or long
 * after, and no decision differs.
 */
export type State = readonly number[]

/** The answer for one charge. Plain data: it does not change afterwards. */
export interface Verdict {
  /** Whether this limit admits the charge. */
  readonly allowed: boolean
  /** The most that this limit ever admits at once, in units. */
  readonly limit: number
  /** How many units are left now, after this charge if it was spent. */
  readonly remaining: number
  /**
   * How long to wait in milliseconds until the same charge is admitted, if nobody else asks; one millisecond less is
   * too early. 0 if it was admitted, `Infinity` if its cost can never fit.
   */
  readonly retryAfterMs: number
  /** How long in milliseconds until all of the limit is available again. 0 if it is. */
  readonly resetAfterMs: number
  /** When a store has decided, by its clock (ms). What `applyAlgorithm` answers leaves it out: it was told the time. */
  readonly at?: number
}

/** The verdict on a charge that was admitted, as far as a refund needs it: which window it was that was charged. */
export interface Receipt {
  readonly at: number
  readonly resetAfterMs: number
}

/** A verdict, and the state to keep. The very state that was given, where there is nothing to write. */
export interface Outcome {
  readonly verdict: Verdict
  readonly state: State | undefined
}

/**
 * A way to count, as pure functions over whole numbers.
 *
 * Limits, costs and times that reach these functions have been checked. No state (`undefined`) is a limit that nobody
 * has used. Two rules are the same in all algorithms:
 *
 * - A state goes by the window and the rate of the limit that last admitted something, whatever limit asks; with an
 *   admission it passes to the limit that admits. So limits that take turns on one key cannot undo each other.
 * - A denial gives back the state that it was given. The one exception is a state of the future, written before the clock
 *   stepped back: it is taken for one of now, so that nothing extra is admitted, and kept so, since nobody could wait it
 *   out otherwise.
 */
export interface Algorithm {
  /** How many integers its state has, if that number is fixed: such states can be kept in typed arrays. */
  readonly width?: number
  /** Whether a limit may set `burst`. */
  readonly bursts?: true
  /** The highest cost that can ever be admitted. */
  capacity(limit: Limit): number
  /** The largest integer that counting under this limit can come to. */
  reach(limit: Limit): number
  /** Spends `cost` at `now` (ms) if it fits. A cost of 0 always fits, and writes nothing. */
  consume(limit: Limit, state: State | undefined, cost: number, now: number): Outcome
  /**
   * Gives back up to `cost`: never above full. With the receipt of a charge, only what is still spent of that one, so that
   * it is as if so much had never been charged; each algorithm says where it cannot. No state if nothing is spent any more.
   */
  refund(state: State, cost: number, now: number, receipt?: Receipt): State | undefined
  /** From when on (ms) a state does not matter any more. */
  expiresAt(state: State): number
}

/** An algorithm whose states are all of one length, and so can be counted in where they lie, among others in one typed array. */
export interface AlgorithmInPlace extends Algorithm {
  readonly width: number
  /**
   * Decides as `consume` does, on the state that begins at `at`; so many zeros there are no state. The verdict tells the time.
   *
   * @param writes Whether the next state is written over this one, if they differ.
   */
  decide(limit: Limit, cost: number, now: number, numbers: Float64Array, at: number, writes: boolean): Verdict
  /** As of any algorithm, but for the state that begins at `at`. @param at @default 0 */
  expiresAt(state: ArrayLike<number>, at?: number): number
}

/** An admission at `at` that leaves `remaining` units. */
export function admitted(limit: number, remaining: number, resetAfterMs: number, at: number): Verdict {
  return { allowed: true, limit, remaining, retryAfterMs: 0, resetAfterMs, at }
}

/** A denial at `at`, for `retryAfterMs` from then. */
export function denied(
  limit: number,
  remaining: number,
  retryAfterMs: number,
  resetAfterMs: number,
  at: number,
): Verdict {
  return { allowed: false, limit, remaining, retryAfterMs, resetAfterMs, at }
}
