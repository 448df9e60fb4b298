import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { Algorithm, Outcome, State } from './algorithm.ts'

/**
 * How far below full the bucket was in 1/`windowMs` of a token, at which time (ms), and the rate at which it refills
 * from there: `quota` of those parts each millisecond.
 */
type Bucket = readonly [missing: number, at: number, quota: number, windowMs: number]

/**
 * A bucket of `burst` tokens that refills without pause, at `quota` per `windowMs`; each unit takes a token.
 *
 * The level is counted in parts of 1/`windowMs` token, of which every millisecond brings `quota`: no rounding, no
 * drift. (The meter of ITU-T I.371, turned round.)
 */
export const tokenBucket: Algorithm = {
  width: 4,
  bursts: true,
  capacity: ({ quota, burst = quota }) => (quota === 0 ? 0 : burst),
  reach: (limit) => tokenBucket.capacity(limit) * limit.windowMs,

  consume(limit: Limit, state: State | undefined, cost: number, now: number): Outcome {
    const { quota, windowMs } = limit
    const capacity = tokenBucket.capacity(limit)
    const missing = missingParts(limit, state, now)
    const room = capacity * windowMs - missing
    const left = Math.floor(room / windowMs)
    const resetAfterMs = refillTime(missing, quota)
    if (cost === 0) return { verdict: admitted(capacity, left, resetAfterMs), state }
    if (cost > capacity) return { verdict: denied(capacity, left, Infinity, resetAfterMs), state }
    const price = cost * windowMs
    if (price > room) {
      return {
        verdict: denied(capacity, left, refillTime(price - room, quota), resetAfterMs),
        state: isCurrent(limit, state, now) ? state : [missing, now, quota, windowMs],
      }
    }
    const next: Bucket = [missing + price, now, quota, windowMs]
    return {
      verdict: admitted(capacity, Math.floor((room - price) / windowMs), refillTime(next[0], quota)),
      state: next,
    }
  },

  refund(limit: Limit, state: State | undefined, cost: number, now: number): State | undefined {
    const missing = missingParts(limit, state, now) - cost * limit.windowMs
    return missing > 0 ? [missing, now, limit.quota, limit.windowMs] : undefined
  },
}

/** How far below full the bucket is now, at most empty. Refills at the rate it was left with, up to now. */
function missingParts(limit: Limit, state: State | undefined, now: number): number {
  if (state === undefined) return 0
  const [missing, at, quota, windowMs] = state as Bucket
  const elapsed = Math.max(0, now - at)
  const left = elapsed < refillTime(missing, quota) ? missing - elapsed * quota : 0
  const parts = windowMs === limit.windowMs ? left : Math.ceil(left / windowMs) * limit.windowMs
  return Math.min(parts, tokenBucket.capacity(limit) * limit.windowMs)
}

/** Milliseconds until so many parts have been refilled. The quotient of two integers below 2^53 rounds up correctly. */
function refillTime(parts: number, quota: number): number {
  return parts === 0 ? 0 : Math.ceil(parts / quota)
}

/** Whether the state refills as this limit does, by this clock, and is not below empty. */
function isCurrent(limit: Limit, state: State | undefined, now: number): boolean {
  if (state === undefined) return true
  const [missing, at, quota, windowMs] = state as Bucket
  const isSameRate = quota === limit.quota && windowMs === limit.windowMs
  return isSameRate && at <= now && missing <= tokenBucket.capacity(limit) * windowMs
}
