import type { Limit } from '../limits/limit.ts'
import { admitted, denied } from './algorithm.ts'
import type { Algorithm, Outcome, Receipt, State } from './algorithm.ts'

/**
 * Never more than `quota` within any `windowMs`, wherever one lays it: every charge is remembered until it is
 * `windowMs` old. The exact one, at the price of a state as long as the charges in a window (those of one millisecond
 * count as one).
 *
 * State: how long charges are remembered (ms), then the time (ms) and the cost of each, oldest first.
 */
export const slidingWindow: Algorithm = {
  capacity: (limit) => limit.quota,
  reach: (limit) => limit.quota,

  consume({ quota, windowMs }: Limit, state: State | undefined, cost: number, now: number): Outcome {
    const log = liveLog(state, now)
    const left = Math.max(0, quota - total(log))
    const resetAfterMs = log.length > 1 ? log.at(-2)! + log[0]! - now : 0
    if (cost === 0) return { verdict: admitted(quota, left, resetAfterMs), state }
    if (cost > quota) return { verdict: denied(quota, left, Infinity, resetAfterMs), state }
    if (cost > left) {
      const retryAfterMs = timeOfFreeing(log, total(log) - (quota - cost)) - now
      return {
        verdict: denied(quota, left, retryAfterMs, resetAfterMs),
        state: isFromTheFuture(state, now) ? log : state,
      }
    }
    const next = withCharge(liveLog([windowMs, ...log.slice(1)], now), now, cost)
    return { verdict: admitted(quota, quota - total(next), windowMs), state: next }
  },

  /** Takes back the oldest charges first: what remains is then remembered longer rather than shorter than it should. */
  refund(state: State, cost: number, now: number, receipt?: Receipt): State | undefined {
    const log = liveLog(state, now)
    if (receipt) return withoutCharge(log, cost, receipt.at)
    let owed = cost
    let first = 1
    while (first < log.length && log[first + 1]! <= owed) {
      owed -= log[first + 1]!
      first += 2
    }
    if (first >= log.length) return undefined
    return [log[0]!, log[first]!, log[first + 1]! - owed, ...log.slice(first + 2)]
  },

  expiresAt(log: State): number {
    return log[0]! + log.at(-2)!
  },
}

/** The charges not yet forgotten; those of the future are of now. */
function liveLog(state: State | undefined, now: number): State {
  if (state === undefined || state.length === 0) return []
  const windowMs = state[0]!
  let first = 1
  while (first < state.length && state[first]! + windowMs <= now) first += 2
  const log = first === 1 ? state : [windowMs, ...state.slice(first)]
  if (!isFromTheFuture(log, now)) return log
  let kept = log.length
  while (kept > 1 && log[kept - 2]! >= now) kept -= 2
  return [...log.slice(0, kept), now, total([windowMs, ...log.slice(kept)])]
}

function isFromTheFuture(state: State | undefined, now: number): boolean {
  return state !== undefined && state.length > 1 && state.at(-2)! > now
}

function withCharge(log: State, now: number, cost: number): State {
  if (log.length === 1 || log.at(-2) !== now) return [...log, now, cost]
  return [...log.slice(0, -1), log.at(-1)! + cost]
}

/** Takes back what was charged at one time; what is spent at others stays. */
function withoutCharge(log: State, cost: number, at: number): State | undefined {
  if (log.length === 0) return undefined
  const left = [log[0]!]
  for (let i = 1; i < log.length; i += 2) {
    const units = log[i] === at ? Math.max(0, log[i + 1]! - cost) : log[i + 1]!
    if (units > 0) left.push(log[i]!, units)
  }
  return left.length > 1 ? left : undefined
}

function total(log: State): number {
  let sum = 0
  for (let i = 2; i < log.length; i += 2) sum += log[i]!
  return sum
}

/** When so many units will have been forgotten. */
function timeOfFreeing(log: State, units: number): number {
  let freed = 0
  let i = 1
  while ((freed += log[i + 1]!) < units) i += 2
  return log[i]! + log[0]!
}
