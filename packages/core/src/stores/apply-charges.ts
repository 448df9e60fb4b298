import type { Outcome, Receipt, State, Verdict } from '../algorithms/algorithm.ts'
import { algorithmOf } from '../algorithms/algorithms.ts'
import { checkCost } from '../algorithms/apply-algorithm.ts'
import { checkTime } from '../clock.ts'
import { RequestError, shown } from '../errors.ts'
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
 * @throws {ConfigError} `RL_INVALID_LIMIT`, `RL_INVALID_CLOCK`
 * @throws {RequestError} `RL_INVALID_COST`, `RL_INVALID_KEY`, `RL_INVALID_REQUEST`
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
  checkTime(now)
  charges.forEach(checkCharge)
  const states = charges.map(read)
  const outcomes = charges.map(({ limit, cost }, i) => {
    // A sum past 2^53 is above any quota, and denied.
    const spend = cost === 0 ? 0 : cost + costOfEarlier(charges, i)
    return algorithmOf(limit).consume(limit, states[i], spend, now)
  })
  const isAllowed = outcomes.every(({ verdict }) => verdict.allowed)
  const kept = isAllowed ? outcomes : outcomes.map((outcome, i) => unspent(outcome, charges[i]!, states[i], now))
  return { verdicts: kept.map(({ verdict }) => ({ ...verdict, at: now })), writes: changes(kept, states, now) }
}

/**
 * What to write so that earlier charges are given back: the whole of `Store.refund` but for reading and writing.
 *
 * @param read As for `applyCharges`.
 * @throws {ConfigError} `RL_INVALID_LIMIT`, `RL_INVALID_CLOCK`
 * @throws {RequestError} `RL_INVALID_COST`, `RL_INVALID_KEY`, `RL_INVALID_REQUEST`
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
  checkTime(now)
  charges.forEach(checkCharge)
  const states = charges.map(read)
  const outcomes: Outcome[] = []
  for (const [i, { limit, cost, receipt }] of charges.entries()) {
    const earlier = lastOfSame(charges, i)
    const state = earlier === undefined ? states[i] : outcomes[earlier]!.state
    const rest = state && cost > 0 ? algorithmOf(limit).refund(state, cost, now, receipt) : state
    outcomes.push(algorithmOf(limit).consume(limit, rest, 0, now))
  }
  return changes(outcomes, states, now)
}

/**
 * Refuses a charge that is not well formed. For stores that decide elsewhere, and so have to check before they ask.
 *
 * @throws {ConfigError} `RL_INVALID_LIMIT`
 * @throws {RequestError} `RL_INVALID_COST`, `RL_INVALID_KEY`, `RL_INVALID_REQUEST`
 */
export function checkCharge(charge: Charge): void {
  const { key, limit, cost, receipt } = charge ?? ({} as Charge)
  checkKey(key)
  checkLimit(limit)
  checkCost(cost)
  if (receipt !== undefined) checkReceipt(receipt)
}

/** Whole numbers that add up below 2^53, as a store's own are. */
function checkReceipt(receipt: Receipt): void {
  const { at, resetAfterMs } = Object(receipt) as Receipt
  if (!Number.isSafeInteger(at) || !Number.isSafeInteger(at + resetAfterMs) || resetAfterMs < 0) {
    throw new RequestError(
      'RL_INVALID_REQUEST',
      `Expected \`receipt\` to be the verdict of a store on an admitted charge, got ${shown(receipt)}`,
    )
  }
}

/** The last charge before this one on the same counter. */
function lastOfSame(charges: readonly Charge[], index: number): number | undefined {
  const { key, limit } = charges[index]!
  for (let i = index - 1; i >= 0; i--) {
    if (charges[i]!.key === key && charges[i]!.limit.algorithm === limit.algorithm) return i
  }
  return undefined
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
