import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { Algorithm, Outcome, Receipt, State } from './algorithm.ts'

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
    const bucket = refilled(state, now) ?? ([0, now, quota, windowMs] as const)
    const [missing, , rate, parts] = bucket
    const tokens = Math.ceil(missing / parts)
    const left = Math.max(0, capacity - tokens)
    const resetAfterMs = refillTime(missing, rate)
    if (cost === 0) return { verdict: admitted(capacity, left, resetAfterMs), state }
    if (cost > capacity) return { verdict: denied(capacity, left, Infinity, resetAfterMs), state }
    if (cost > left) {
      const retryAfterMs = refillTime(missing - (capacity - cost) * parts, rate)
      return {
        verdict: denied(capacity, left, retryAfterMs, resetAfterMs),
        state: isFromTheFuture(state, now) ? bucket : state,
      }
    }
    const spent = (parts === windowMs ? missing : tokens * windowMs) + cost * windowMs
    const next: Bucket = [spent, now, quota, windowMs]
    return { verdict: admitted(capacity, left - cost, refillTime(spent, quota)), state: next }
  },

  /**
   * By receipt, only as much as time has not refilled yet, which goes to what was spent first: the charge is refilled when
   * its verdict said that the bucket would be full. That is in whole milliseconds, of which the last may give up to its own
   * refill too much; and what others have spent since would have been refilled as well, so that it may be too little.
   */
  refund(state: State, cost: number, now: number, receipt?: Receipt): State | undefined {
    const bucket = refilled(state, now)
    if (!bucket) return undefined
    const [missing, , quota, windowMs] = bucket
    const lasting = receipt
      ? Math.max(0, receipt.at + receipt.resetAfterMs - Math.max(now, receipt.at)) * quota
      : Infinity
    const left = missing - Math.min(cost * windowMs, lasting)
    return left > 0 ? [left, now, quota, windowMs] : undefined
  },

  expiresAt(state: State): number {
    const [missing, at, quota] = state as Bucket
    return at + refillTime(missing, quota)
  },
}

/** The bucket as of now; none if it is full. */
function refilled(state: State | undefined, now: number): Bucket | undefined {
  if (state === undefined) return undefined
  const [missing, at, quota, windowMs] = state as Bucket
  const elapsed = Math.max(0, now - at)
  return elapsed < refillTime(missing, quota) ? [missing - elapsed * quota, now, quota, windowMs] : undefined
}

/** Milliseconds until so many parts have been refilled. The quotient of two integers below 2^53 rounds up correctly. */
function refillTime(parts: number, quota: number): number {
  return parts === 0 ? 0 : Math.ceil(parts / quota)
}

function isFromTheFuture(state: State | undefined, now: number): boolean {
  return state !== undefined && now < state[1]!
}
