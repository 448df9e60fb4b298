import type { Limit } from '../limits/limit.ts'
import type { Algorithm, Outcome, Receipt, State } from './algorithm.ts'
import { ChargeLog } from './charge-log.ts'
import { outcome } from './pure-form.ts'

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

  consume(limit: Limit, state: State | undefined, cost: number, now: number): Outcome {
    const log = new ChargeLog(state)
    const verdict = log.decide(limit, cost, now, true)
    return outcome(verdict, state, log.isEmpty ? [] : log.state)
  },

  /** Takes back the oldest charges first: what remains is then remembered longer rather than shorter than it should. */
  refund(state: State, cost: number, now: number, receipt?: Receipt): State | undefined {
    const log = new ChargeLog(state).stateAt(now)
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

/** Takes back what was charged at one time; what is spent at others stays. */
function withoutCharge(log: State, cost: number, at: number): State | undefined {
  const left = [log[0]!]
  for (let i = 1; i < log.length; i += 2) {
    const units = log[i] === at ? Math.max(0, log[i + 1]! - cost) : log[i + 1]!
    if (units > 0) left.push(log[i]!, units)
  }
  return left.length > 1 ? left : undefined
}
