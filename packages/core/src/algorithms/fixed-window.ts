import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { Algorithm, Outcome, State } from './algorithm.ts'

/** When the window ends (ms), and what has been spent in it. */
type FixedWindow = readonly [endsAt: number, spent: number]

/**
 * At most `quota` in a window, which opens with the first charge and is gone `windowMs` later.
 *
 * Windows are not aligned to the wall clock, so that clients do not all come back in the same millisecond. Around the
 * seam of two windows, up to twice the quota can pass within one `windowMs`.
 */
export const fixedWindow: Algorithm = {
  width: 2,
  capacity: (limit) => limit.quota,
  reach: (limit) => limit.quota,

  consume(limit: Limit, state: State | undefined, cost: number, now: number): Outcome {
    const { quota, windowMs } = limit
    const window = openWindow(limit, state, now)
    const spent = window ? Math.min(window[1], quota) : 0
    const left = quota - spent
    const resetAfterMs = window ? window[0] - now : 0
    if (cost === 0) return { verdict: admitted(quota, left, resetAfterMs), state }
    if (cost > quota) return { verdict: denied(quota, left, Infinity, resetAfterMs), state }
    if (cost > left) return { verdict: denied(quota, left, resetAfterMs, resetAfterMs), state: window }
    const endsAt = window ? window[0] : now + windowMs
    return { verdict: admitted(quota, left - cost, endsAt - now), state: [endsAt, spent + cost] }
  },

  refund(limit: Limit, state: State | undefined, cost: number, now: number): State | undefined {
    const window = openWindow(limit, state, now)
    return window && window[1] > cost ? [window[0], window[1] - cost] : undefined
  },
}

/** The window that `now` falls in, the very state if it stands. None lasts longer than one opened now. */
function openWindow({ windowMs }: Limit, state: State | undefined, now: number): FixedWindow | undefined {
  if (state === undefined) return undefined
  const [endsAt, spent] = state as FixedWindow
  if (endsAt <= now) return undefined
  return endsAt <= now + windowMs ? (state as FixedWindow) : [now + windowMs, spent]
}
