import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { Algorithm, Outcome, Receipt, State } from './algorithm.ts'

/** When the current window opened (ms) and how long it is, what was spent in it, and in the one right before it. */
type TwoWindows = readonly [opensAt: number, windowMs: number, current: number, previous: number]

/**
 * A sliding window estimated from two counters: what the window before has spent counts by the share of it that a
 * window ending now still covers, as if it had been spent evenly.
 *
 * State of constant size, in exchange for an estimate: a client that keeps asking gets a little less than the quota,
 * and one that spends it at the very end of a window can spend nearly all of it again before a `windowMs` has passed:
 * never more than twice the quota less two.
 * The windows follow each other from the first charge on. The estimate is rounded up to whole units.
 */
export const slidingWindowCounter: Algorithm = {
  width: 4,
  capacity: (limit) => limit.quota,
  reach: (limit) => limit.quota * limit.windowMs,

  consume({ quota, windowMs }: Limit, state: State | undefined, cost: number, now: number): Outcome {
    const windows = openWindows(state, now) ?? ([now, windowMs, 0, 0] as const)
    const spent = estimate(windows, now)
    const left = Math.max(0, quota - spent)
    if (cost === 0) return { verdict: admitted(quota, left, resetAfter(windows, now)), state }
    if (cost > quota) return { verdict: denied(quota, left, Infinity, resetAfter(windows, now)), state }
    if (cost > left) {
      const verdict = denied(quota, left, fitsAt(windows, quota - cost) - now, resetAfter(windows, now))
      return { verdict, state: isFromTheFuture(state, now) ? windows : state }
    }
    const [opensAt, length, current, previous] = windows
    const next: TwoWindows =
      length === windowMs ? [opensAt, windowMs, current + cost, previous] : [now, windowMs, cost, spent]
    return { verdict: admitted(quota, left - cost, resetAfter(next, now)), state: next }
  },

  /**
   * Gives back to the current window only, since what the one before has spent is fading by itself; by receipt, to its own.
   * Windows that follow on the charge stay where they are, if others are charged in them.
   */
  refund(state: State, cost: number, now: number, receipt?: Receipt): State | undefined {
    const windows = openWindows(state, now)
    if (!windows) return undefined
    const [opensAt, windowMs, current, previous] = windows
    const at = receipt ? receipt.at : opensAt
    const left = at >= opensAt ? Math.max(0, current - cost) : current
    const before = at < opensAt && at >= opensAt - windowMs ? Math.max(0, previous - cost) : previous
    return left + before > 0 ? [opensAt, windowMs, left, before] : undefined
  },

  expiresAt(state: State): number {
    const [opensAt, windowMs, current] = state as TwoWindows
    return opensAt + (current > 0 ? 2 : 1) * windowMs
  },
}

/**
 * The two windows as of now, the very state if it stands; none if both are over. Those of the future count as one that
 * ended just now: nothing is forgotten, and all of it fades within one window.
 */
function openWindows(state: State | undefined, now: number): TwoWindows | undefined {
  if (state === undefined) return undefined
  const [opensAt, windowMs, current, previous] = state as TwoWindows
  if (now < opensAt) {
    const countable = Math.floor(Number.MAX_SAFE_INTEGER / windowMs)
    // At least the quota, so it denies as much as the sum would, which could pass 2^53.
    return [now, windowMs, 0, Math.min(current + previous, countable)]
  }
  if (now < opensAt + windowMs) return state as TwoWindows
  if (now < opensAt + 2 * windowMs && current > 0) return [opensAt + windowMs, windowMs, 0, current]
  return undefined
}

function isFromTheFuture(state: State | undefined, now: number): boolean {
  return state !== undefined && now < state[0]!
}

/** What counts as spent within the `windowMs` that end now. */
function estimate([opensAt, windowMs, current, previous]: TwoWindows, now: number): number {
  return current + Math.ceil((previous * (opensAt + windowMs - now)) / windowMs)
}

/** When the estimate will have fallen to `target`, which it is above now. */
function fitsAt([opensAt, windowMs, current, previous]: TwoWindows, target: number): number {
  const endsAt = opensAt + windowMs
  // In this window if the share of the previous one that fits beside the current lasts for a millisecond at least.
  const lasting = target > current ? Math.floor(((target - current) * windowMs) / previous) : 0
  if (lasting > 0) return endsAt - lasting
  if (target >= current) return endsAt
  return endsAt + windowMs - Math.floor((target * windowMs) / current)
}

function resetAfter([opensAt, windowMs, current, previous]: TwoWindows, now: number): number {
  if (current > 0) return opensAt + 2 * windowMs - now
  return previous > 0 ? opensAt + windowMs - now : 0
}
