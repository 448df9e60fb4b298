import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { AlgorithmInPlace, Receipt, State, Verdict } from './algorithm.ts'
import { pureForm } from './pure-form.ts'

/** When the window opened (ms), how long it lasts, and what has been spent in it. */
type FixedWindow = readonly [opensAt: number, windowMs: number, spent: number]

const WIDTH = 3

/**
 * At most `quota` in a window, which opens with the first charge and is gone `windowMs` later.
 *
 * Windows are not aligned to the wall clock, so that clients do not all come back in the same millisecond. Around the
 * seam of two windows, up to twice the quota can pass within one `windowMs`.
 */
export const fixedWindow: AlgorithmInPlace = {
  width: WIDTH,
  capacity: (limit) => limit.quota,
  reach: (limit) => limit.quota,

  decide,
  consume: pureForm(WIDTH, decide),

  /** A window that the charge has opened stays where it is, if others are charged in it. */
  refund(state: State, cost: number, now: number, receipt?: Receipt): State | undefined {
    const window = openWindow(state, now)
    if (window && receipt && receipt.at < window[0]) return state
    return window && window[2] > cost ? [window[0], window[1], window[2] - cost] : undefined
  },

  expiresAt(state: ArrayLike<number>, at = 0): number {
    return state[at]! + state[at + 1]!
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
  // A window that opens in the future opens now.
  const opensAt = Math.min(now, numbers[at]!)
  const endsAt = opensAt + numbers[at + 1]!
  const isOpen = now < endsAt
  const spent = isOpen ? numbers[at + 2]! : 0
  const left = Math.max(0, quota - spent)
  const resetAfterMs = isOpen ? endsAt - now : 0
  if (cost === 0) return admitted(quota, left, resetAfterMs, now)
  if (cost > quota) return denied(quota, left, Infinity, resetAfterMs, now)
  if (cost > left) {
    if (writes) numbers[at] = opensAt
    return denied(quota, left, resetAfterMs, resetAfterMs, now)
  }
  const nextOpensAt = isOpen && now < opensAt + windowMs ? opensAt : now
  if (writes) {
    numbers[at] = nextOpensAt
    numbers[at + 1] = windowMs
    numbers[at + 2] = spent + cost
  }
  return admitted(quota, left - cost, nextOpensAt + windowMs - now, now)
}

/** The window that `now` falls in, the very state if it stands. One that opens in the future opens now. */
function openWindow(state: State, now: number): FixedWindow | undefined {
  const [opensAt, windowMs, spent] = state as FixedWindow
  if (now < opensAt) return [now, windowMs, spent]
  return now < opensAt + windowMs ? (state as FixedWindow) : undefined
}
