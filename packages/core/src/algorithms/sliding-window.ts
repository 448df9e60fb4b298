import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { Algorithm, Outcome, State } from './algorithm.ts'

/**
 * Never more than `quota` within any `windowMs`, wherever one lays it: every charge is remembered until it is
 * `windowMs` old. The exact one, at the price of a state as long as the charges in a window (those of one millisecond
 * count as one).
 *
 * State: pairs of the time (ms) at which a charge is forgotten, ascending, and its cost.
 */
export const slidingWindow: Algorithm = {
  capacity: (limit) => limit.quota,
  reach: (limit) => limit.quota,

  consume(limit: Limit, state: State | undefined, cost: number, now: number): Outcome {
    const { quota, windowMs } = limit
    const log = liveCharges(state, now, now + windowMs)
    const spent = Math.min(total(log), quota)
    const left = quota - spent
    const resetAfterMs = log.length > 0 ? lastExpiry(log) - now : 0
    if (cost === 0) return { verdict: admitted(quota, left, resetAfterMs), state }
    if (cost > quota) return { verdict: denied(quota, left, Infinity, resetAfterMs), state }
    if (cost > left) {
      const isSettled = state !== undefined && lastExpiry(state) === lastExpiry(log)
      const retryAfterMs = expiryOf(log, total(log) + cost - quota) - now
      return { verdict: denied(quota, left, retryAfterMs, resetAfterMs), state: isSettled ? state : log }
    }
    return { verdict: admitted(quota, left - cost, windowMs), state: withCharge(log, now + windowMs, cost) }
  },

  /** Takes back the oldest charges first: what remains is then remembered longer rather than shorter than it should. */
  refund(limit: Limit, state: State | undefined, cost: number, now: number): State | undefined {
    const log = liveCharges(state, now, now + limit.windowMs)
    let owed = cost
    let first = 0
    while (first < log.length && log[first + 1]! <= owed) {
      owed -= log[first + 1]!
      first += 2
    }
    if (first === log.length) return undefined
    return [log[first]!, log[first + 1]! - owed, ...log.slice(first + 2)]
  },
}

/** The charges not yet forgotten, none remembered past `horizon`. */
function liveCharges(state: State | undefined, now: number, horizon: number): State {
  if (state === undefined) return []
  let first = 0
  while (first < state.length && state[first]! <= now) first += 2
  const log = first === 0 ? state : state.slice(first)
  if (log.length === 0 || lastExpiry(log) <= horizon) return log
  let kept = log.length
  while (kept > 0 && log[kept - 2]! >= horizon) kept -= 2
  return [...log.slice(0, kept), horizon, total(log.slice(kept))]
}

function withCharge(log: State, expiresAt: number, cost: number): State {
  if (log.length === 0 || lastExpiry(log) !== expiresAt) return [...log, expiresAt, cost]
  const merged = log.slice()
  merged[merged.length - 1]! += cost
  return merged
}

function total(log: State): number {
  let sum = 0
  for (let i = 1; i < log.length; i += 2) sum += log[i]!
  return sum
}

function lastExpiry(log: State): number {
  return log[log.length - 2]!
}

/** When so many units will have been forgotten. */
function expiryOf(log: State, units: number): number {
  let freed = 0
  let i = 0
  while ((freed += log[i + 1]!) < units) i += 2
  return log[i]!
}
