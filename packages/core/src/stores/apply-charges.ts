import type { Outcome, State, Verdict } from '../algorithms/algorithm.ts'
import { algorithmOf } from '../algorithms/algorithms.ts'
import { checkCost } from '../algorithms/apply-algorithm.ts'
import { checkLimit } from '../limits/check-limit.ts'
import { checkKey } from './storage-key.ts'
import type { Charge } from './store.ts'

/** What a store has to write after a decision. In order: where one key is written twice, the later one stands. */
export interface StateWrite {
  /** Position of the charge whose key and algorithm this is. */
  readonly index: number
  /** What to keep; `undefined` to keep nothing. */
  readonly state: State | undefined
  /** From when on (ms) the state does not matter any more. */
  readonly expiresAt: number
}

/** What is to be answered for some charges, and written. */
export interface Decision {
  readonly verdicts: readonly Verdict[]
  readonly writes: readonly StateWrite[]
}

/** Answers what is kept for the key and the algorithm of a charge: the state before the call. */
export type StateReader = (charge: Charge, index: number) => State | undefined

/**
 * Decides several charges at once, all or nothing: the whole of `Store.consume` but for reading and writing. With no
 * writing, it is `Store.peek`.
 *
 * A store that can hold its keys still between reading and writing (a lock, a transaction, a single thread,
 * compare-and-set) needs nothing else.
 *
 * @param read Called once for each charge, after all of them have been checked.
 * @param now Whole milliseconds, as `readClock` answers.
 * @throws {ConfigError} `RL_INVALID_LIMIT`
 * @throws {RequestError} `RL_INVALID_COST`, `RL_INVALID_KEY`
 *
 * @example
 * ```ts
 * import { applyCharges, parseLimit } from '@rl/core'
 *
 * const charges = [{ key: 'user:42', limit: parseLimit('5 per minute'), cost: 1 }]
 * const { verdicts, writes } = applyCharges(charges, () => undefined, Date.now())
 * ```
 */
export function applyCharges(charges: readonly Charge[], read: StateReader, now: number): Decision {
  charges.forEach(checkCharge)
  const states = charges.map(read)
  const outcomes = charges.map(({ limit, cost }, i) => {
    // A sum past 2^53 is above any quota, and denied.
    const spend = cost === 0 ? 0 : cost + costOfEarlier(charges, i)
    return algorithmOf(limit).consume(limit, states[i], spend, now)
  })
  const isAllowed = outcomes.every(({ verdict }) => verdict.allowed)
  const kept = isAllowed ? outcomes : outcomes.map((outcome, i) => unspent(outcome, charges[i]!, states[i], now))
  return { verdicts: kept.map(({ verdict }) => verdict), writes: changes(kept, states, now) }
}

/**
 * What to write so that earlier charges are given back: the whole of `Store.refund` but for reading and writing.
 *
 * @param read As for `applyCharges`.
 * @throws {ConfigError} `RL_INVALID_LIMIT`
 * @throws {RequestError} `RL_INVALID_COST`, `RL_INVALID_KEY`
 *
 * @example
 * ```ts
 * import { parseLimit, refundCharges } from '@rl/core'
 *
 * const charges = [{ key: 'user:42', limit: parseLimit('5 per minute'), cost: 1 }]
 * const writes = refundCharges(charges, () => [30_000, 60_000, 3], 60_000) // 3 spent since 30_000: now 2
 * ```
 */
export function refundCharges(charges: readonly Charge[], read: StateReader, now: number): readonly StateWrite[] {
  charges.forEach(checkCharge)
  const states = charges.map(read)
  const outcomes = charges.map(({ limit, cost }, i) => {
    const owed = cost + costOfEarlier(charges, i)
    const state = states[i]
    const rest = state && owed > 0 ? algorithmOf(limit).refund(state, owed, now) : state
    return algorithmOf(limit).consume(limit, rest, 0, now)
  })
  return changes(outcomes, states, now)
}

/**
 * Refuses a charge that is not well formed. For stores that decide elsewhere, and so have to check before they ask.
 *
 * @throws {ConfigError} `RL_INVALID_LIMIT`
 * @throws {RequestError} `RL_INVALID_COST`, `RL_INVALID_KEY`
 */
export function checkCharge(charge: Charge): void {
  const { key, limit, cost } = Object(charge) as Charge
  checkKey(key)
  checkLimit(limit)
  checkCost(cost)
}

/** What the charges before this one spend from the same counter: all are decided on the state before the first. */
function costOfEarlier(charges: readonly Charge[], index: number): number {
  const { key, limit } = charges[index]!
  let sum = 0
  for (let i = 0; i < index; i++) {
    const earlier = charges[i]!
    if (earlier.key === key && earlier.limit.algorithm === limit.algorithm) sum += earlier.cost
  }
  return sum
}

/** What becomes of a charge in a call that is denied: a denial stands, an admission is not spent. */
function unspent(outcome: Outcome, { limit }: Charge, state: State | undefined, now: number): Outcome {
  return outcome.verdict.allowed ? algorithmOf(limit).consume(limit, state, 0, now) : outcome
}

function changes(outcomes: readonly Outcome[], states: readonly (State | undefined)[], now: number): StateWrite[] {
  const writes: StateWrite[] = []
  outcomes.forEach(({ state, verdict }, index) => {
    if (state !== states[index]) writes.push({ index, state, expiresAt: now + verdict.resetAfterMs })
  })
  return writes
}
