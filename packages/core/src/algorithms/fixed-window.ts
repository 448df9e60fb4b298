import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { Algorithm, Outcome, Receipt, State } from './algorithm.ts'

/** When the window opened (ms), how long it lasts, and what has been spent in it. */
type FixedWindow = readonly [opensAt: number, windowMs: number, spent: number]

/**
 * At most `quota` in a window, which opens with the first charge and is gone `windowMs` later.
 *
 * Windows are not aligned to the wall clock, so that clients do not all come back in the same millisecond. Around the
 * seam of two windows, up to twice the quota can pass within one `windowMs`.
 */
export const fixedWindow: Algorithm = {
  width: 3,
  capacity: (limit) => limit.quota,
  reach: (limit) => limit.quota,

  consume({ quota, windowMs }: Limit, state: State | undefined, cost: number, now: number): Outcome {
    const window = openWindow(state, now)
    const spent = window ? window[2] : 0
    const left = Math.max(0, quota - spent)
    const resetAfterMs = window ? window[0] + window[1] - now : 0
    if (cost === 0) return { verdict: admitted(quota, left, resetAfterMs), state }
    if (cost > quota) return { verdict: denied(quota, left, Infinity, resetAfterMs), state }
    if (cost > left) return { verdict: denied(quota, left, resetAfterMs, resetAfterMs), state: window }
    const opensAt = window && now < window[0] + windowMs ? window[0] : now
    const next: FixedWindow = [opensAt, windowMs, spent + cost]
    return { verdict: admitted(quota, left - cost, opensAt + windowMs - now), state: next }
  },

  /** A window that the charge has opened stays where it is, if others are charged in it. */
  refund(state: State, cost: number, now: number, receipt?: Receipt): State | undefined {
    const window = openWindow(state, now)
    if (window && receipt && receipt.at < window[0]) return state
    return window && window[2] > cost ? [window[0], window[1], window[2] - cost] : undefined
  },

  expiresAt(state: State): number {
    const [opensAt, windowMs] = state as FixedWindow
    return opensAt + windowMs
  },
}

/** The window that `now` falls in, the very state if it stands. One that opens in the future opens now. */
function openWindow(state: State | undefined, now: number): FixedWindow | undefined {
  if (state === undefined) return undefined
  const [opensAt, windowMs, spent] = state as FixedWindow
  if (now < opensAt) return [now, windowMs, spent]
  return now < opensAt + windowMs ? (state as FixedWindow) : undefined
}
