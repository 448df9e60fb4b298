import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { AlgorithmInPlace, Receipt, State, Verdict } from './algorithm.ts'
import { pureForm } from './pure-form.ts'

/** A state, in this order. */
interface TwoWindows {
  /** When the current window opened (ms), and how long it is. */
  readonly opensAt: number
  readonly windowMs: number
  /** What was spent in it, and in the one right before it. */
  readonly current: number
  readonly previous: number
}

const WIDTH = 4

/**
 * A sliding window estimated from two counters: what the window before has spent counts by the share of it that a
 * window ending now still covers, as if it had been spent evenly.
 *
 * State of constant size, in exchange for an estimate: a client that keeps asking gets a little less than the quota,
 * and one that spends it at the very end of a window can spend nearly all of it again before a `windowMs` has passed:
 * never more than twice the quota less two.
 * The windows follow each other from the first charge on. The estimate is rounded up to whole units.
 */
export const slidingWindowCounter: AlgorithmInPlace = {
  width: WIDTH,
  capacity: (limit) => limit.quota,
  reach: (limit) => limit.quota * limit.windowMs,

  decide,
  consume: pureForm(WIDTH, decide),

  /**
   * Gives back to the current window only, since what the one before has spent is fading by itself; by receipt, to its own.
   * Windows that follow on the charge stay where they are, if others are charged in them.
   */
  refund(state: State, cost: number, now: number, receipt?: Receipt): State | undefined {
    const windows = openWindows(state, 0, now)
    if (!windows) return undefined
    const { opensAt, windowMs, current, previous } = windows
    const at = receipt ? receipt.at : opensAt
    const left = at >= opensAt ? Math.max(0, current - cost) : current
    const before = at < opensAt && at >= opensAt - windowMs ? Math.max(0, previous - cost) : previous
    return left + before > 0 ? [opensAt, windowMs, left, before] : undefined
  },

  expiresAt(state: ArrayLike<number>, at = 0): number {
    return state[at]! + (state[at + 2]! > 0 ? 2 : 1) * state[at + 1]!
  },
}

function decide(
  { quota, windowMs }: Limit,
  cost: number,
  now: number,
  numbers: Float64Array,
  at: number,
  writes: boolean,
): Verdict {
  const windows = openWindows(numbers, at, now) ?? { opensAt: now, windowMs, current: 0, previous: 0 }
  const spent = estimate(windows, now)
  const left = Math.max(0, quota - spent)
  if (cost === 0) return admitted(quota, left, resetAfter(windows, now), now)
  if (cost > quota) return denied(quota, left, Infinity, resetAfter(windows, now), now)
  if (cost > left) {
    if (writes && now < numbers[at]!) write(windows, numbers, at)
    return denied(quota, left, fitsAt(windows, quota - cost) - now, resetAfter(windows, now), now)
  }
  const { opensAt, current, previous } = windows
  const next =
    windows.windowMs === windowMs
      ? { opensAt, windowMs, current: current + cost, previous }
      : { opensAt: now, windowMs, current: cost, previous: spent }
  if (writes) write(next, numbers, at)
  return admitted(quota, left - cost, resetAfter(next, now), now)
}

function write(windows: TwoWindows, numbers: Float64Array, at: number): void {
  numbers[at] = windows.opensAt
  numbers[at + 1] = windows.windowMs
  numbers[at + 2] = windows.current
  numbers[at + 3] = windows.previous
}

/**
 * The two windows as of now; none if both are over. Those of the future count as one that ended just now: nothing is
 * forgotten, and all of it fades within one window.
 */
function openWindows(state: ArrayLike<number>, at: number, now: number): TwoWindows | undefined {
  const opensAt = state[at]!
  const windowMs = state[at + 1]!
  const current = state[at + 2]!
  const previous = state[at + 3]!
  if (windowMs === 0) return undefined
  if (now < opensAt) {
    const countable = Math.floor(Number.MAX_SAFE_INTEGER / windowMs)
    // At least the quota, so it denies as much as the sum would, which could pass 2^53.
    return { opensAt: now, windowMs, current: 0, previous: Math.min(current + previous, countable) }
  }
  if (now < opensAt + windowMs) return { opensAt, windowMs, current, previous }
  if (now < opensAt + 2 * windowMs && current > 0) {
    return { opensAt: opensAt + windowMs, windowMs, current: 0, previous: current }
  }
  return undefined
}

/** What counts as spent within the `windowMs` that end now. */
function estimate({ opensAt, windowMs, current, previous }: TwoWindows, now: number): number {
  return current + Math.ceil((previous * (opensAt + windowMs - now)) / windowMs)
}

/** When the estimate will have fallen to `target`, which it is above now. */
function fitsAt({ opensAt, windowMs, current, previous }: TwoWindows, target: number): number {
  const endsAt = opensAt + windowMs
  // In this window if the share of the previous one that fits beside the current lasts for a millisecond at least.
  const lasting = Math.floor(((target - current) * windowMs) / previous)
  if (lasting > 0) return endsAt - lasting
  if (target >= current) return endsAt
  return endsAt + windowMs - Math.floor((target * windowMs) / current)
}

function resetAfter({ opensAt, windowMs, current, previous }: TwoWindows, now: number): number {
  if (current > 0) return opensAt + 2 * windowMs - now
  return previous > 0 ? opensAt + windowMs - now : 0
}
