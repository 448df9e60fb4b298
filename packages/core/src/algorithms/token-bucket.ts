import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { AlgorithmInPlace, Receipt, State, Verdict } from './algorithm.ts'
import { pureForm } from './pure-form.ts'

/**
 * How far below full the bucket was in 1/`windowMs` of a token, at which time (ms), and the rate at which it refills
 * from there: `quota` of those parts each millisecond.
 */
type Bucket = readonly [missing: number, at: number, quota: number, windowMs: number]

const WIDTH = 4

/**
 * A bucket of `burst` tokens that refills without pause, at `quota` per `windowMs`; each unit takes a token.
 *
 * The level is counted in parts of 1/`windowMs` token, of which every millisecond brings `quota`: no rounding, no
 * drift. (The meter of ITU-T I.371, turned round.)
 */
export const tokenBucket: AlgorithmInPlace = {
  width: WIDTH,
  bursts: true,
  capacity,
  reach: (limit) => capacity(limit) * limit.windowMs,

  decide,
  consume: pureForm(WIDTH, decide),

  /**
   * By receipt, only as much as time has not refilled yet, which goes to what was spent first: the charge is refilled when
   * its verdict said that the bucket would be full. That is in whole milliseconds, of which the last may give up to its own
   * refill too much; and what others have spent since would have been refilled as well, so that it may be too little.
   */
  refund(state: State, cost: number, now: number, receipt?: Receipt): State | undefined {
    const [missing, at, quota, windowMs] = state as Bucket
    const lasting = receipt
      ? Math.max(0, receipt.at + receipt.resetAfterMs - Math.max(now, receipt.at)) * quota
      : Infinity
    const left = missing - Math.max(0, now - at) * quota - Math.min(cost * windowMs, lasting)
    return left > 0 ? [left, now, quota, windowMs] : undefined
  },

  expiresAt(state: ArrayLike<number>, at = 0): number {
    return state[at + 1]! + refillTime(state[at]!, state[at + 2]!)
  },
}

function capacity({ quota, burst = quota }: Limit): number {
  return quota === 0 ? 0 : burst
}

function decide(limit: Limit, cost: number, now: number, numbers: Float64Array, at: number, writes: boolean): Verdict {
  const { quota, windowMs } = limit
  const most = capacity(limit)
  // What comes to more than 2^53 is not exact, and more than is ever missing.
  const refilled = Math.max(0, now - numbers[at + 1]!) * numbers[at + 2]!
  const isFull = refilled >= numbers[at]!
  const rate = isFull ? quota : numbers[at + 2]!
  const parts = isFull ? windowMs : numbers[at + 3]!
  const missing = isFull ? 0 : numbers[at]! - refilled
  const tokens = Math.ceil(missing / parts)
  const left = Math.max(0, most - tokens)
  if (cost === 0) return admitted(most, left, refillTime(missing, rate), now)
  if (cost > left) {
    const resetAfterMs = refillTime(missing, rate)
    if (cost > most) return denied(most, left, Infinity, resetAfterMs, now)
    // One that was filled in the future was filled now.
    if (writes) numbers[at + 1] = Math.min(now, numbers[at + 1]!)
    return denied(most, left, refillTime(missing - (most - cost) * parts, rate), resetAfterMs, now)
  }
  const spent = (parts === windowMs ? missing : tokens * windowMs) + cost * windowMs
  if (writes) {
    numbers[at] = spent
    numbers[at + 1] = now
    numbers[at + 2] = quota
    numbers[at + 3] = windowMs
  }
  return admitted(most, left - cost, refillTime(spent, quota), now)
}

/** Milliseconds until so many parts have been refilled. The quotient of two integers below 2^53 rounds up correctly. */
function refillTime(parts: number, quota: number): number {
  return parts === 0 ? 0 : Math.ceil(parts / quota)
}
