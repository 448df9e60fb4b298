import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { Algorithm, Outcome, State } from './algorithm.ts'

/** When the current window opened (ms) and how long it is, what was spent in it, and in the one right before it. */
type TwoWindows = readonly [opensAt: number, windowMs: number, current: number, previous: number]

/**
 * A sliding window estimated from two counters: what the window before has spent counts by the share of it that a
 * window ending now still covers, as if it had been spent evenly.
 *
 * State of constant size, in exchange for an estimate: a client that keeps asking gets a little less than the quota,
 * and one that spends all of it early in a window can get more than the quota within some other `windowMs`.
 * The windows follow each other from the first charge on. All sums are in 1/`windowMs` of a unit, so they are exact.
 */
export const slidingWindowCounter: Algorithm = {
  width: 4,
  capacity: (limit) => limit.quota,
  reach: (limit) => limit.quota * limit.windowMs,

  consume(limit: Limit, state: State | undefined, cost: number, now: number): Outcome {
    const { quota, windowMs } = limit
    const settled = settle(limit, state, now) ?? ([now, windowMs, 0, 0] as const)
    const [opensAt, , current, previous] = settled
    const elapsed = now - opensAt
    const room = roomAt(limit, current, previous, elapsed)
    const left = Math.floor(room / windowMs)
    if (cost === 0) return { verdict: admitted(quota, left, resetAfter(settled, now)), state }
    if (cost > quota) return { verdict: denied(quota, left, Infinity, resetAfter(settled, now)), state }
    if (cost * windowMs > room) {
      const retryAfterMs = opensAt + fitsAfter(limit, current, previous, cost) - now
      return {
        verdict: denied(quota, left, retryAfterMs, resetAfter(settled, now)),
        state: isForeign(limit, state, now) ? settled : state,
      }
    }
    const next: TwoWindows = [opensAt, windowMs, current + cost, previous]
    return {
      verdict: admitted(quota, Math.floor((room - cost * windowMs) / windowMs), resetAfter(next, now)),
      state: next,
    }
  },

  /** Gives back to the current window only: what the one before has spent is fading by itself. */
  refund(limit: Limit, state: State | undefined, cost: number, now: number): State | undefined {
    const settled = settle(limit, state, now)
    if (!settled) return undefined
    const [opensAt, windowMs, current, previous] = settled
    const left = Math.max(0, current - cost)
    return left + previous > 0 ? [opensAt, windowMs, left, previous] : undefined
  },
}

/**
 * The two windows as of now; none if both are over. Windows of another length, or that open in the future (the clock
 * has stepped back), count as a window that ended just now: nothing is forgotten, and all of it fades within one window.
 */
function settle(limit: Limit, state: State | undefined, now: number): TwoWindows | undefined {
  if (state === undefined) return undefined
  const [opensAt, length, current, previous] = state as TwoWindows
  const age = now - opensAt
  if (age >= 2 * length) return undefined
  const recent = age < length ? current : 0
  const before = age < length ? previous : current
  if (recent + before === 0) return undefined
  if (isForeign(limit, state, now)) return [now, limit.windowMs, 0, recent + before]
  return age < length ? (state as TwoWindows) : [opensAt + length, length, recent, before]
}

function isForeign({ windowMs }: Limit, state: State | undefined, now: number): boolean {
  return state !== undefined && (now < state[0]! || state[1] !== windowMs)
}

/** What can be spent so long into the window, in 1/`windowMs` of a unit. */
function roomAt({ quota, windowMs }: Limit, current: number, previous: number, elapsed: number): number {
  const fading = Math.min(previous, quota) * (windowMs - elapsed)
  return Math.max(0, (quota - Math.min(current, quota)) * windowMs - fading)
}

/** How long after the current window opened a cost fits that does not fit yet. */
function fitsAfter({ quota, windowMs }: Limit, current: number, previous: number, cost: number): number {
  const spare = quota - Math.min(current, quota) - cost
  // The share of the previous window that still fits beside it: at its end at the latest, or the cost would fit now.
  const share = spare > 0 ? Math.floor((spare * windowMs) / Math.min(previous, quota)) : 0
  if (share > 0) return windowMs - share
  if (current === 0) return windowMs
  return windowMs + Math.max(0, windowMs - Math.floor(((quota - cost) * windowMs) / Math.min(current, quota)))
}

function resetAfter([opensAt, windowMs, current, previous]: TwoWindows, now: number): number {
  if (current > 0) return opensAt + 2 * windowMs - now
  return previous > 0 ? opensAt + windowMs - now : 0
}
