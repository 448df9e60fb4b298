import { checkTime } from '../clock.ts'
import { RequestError, shown } from '../errors.ts'
import { checkLimit } from '../limits/check-limit.ts'
import type { Limit } from '../limits/limit.ts'
import type { Outcome, State } from './algorithm.ts'
import { algorithmOf } from './algorithms.ts'

/**
 * Decides one charge: the pure function at the bottom of everything.
 *
 * @param state What is kept for the key; `undefined` if nothing is.
 * @param cost How many units to spend: a whole number of at least 0. 0 only reads.
 * @param now Whole milliseconds, on whatever clock wrote the state.
 * @throws {ConfigError} `RL_INVALID_LIMIT`, `RL_INVALID_CLOCK`
 * @throws {RequestError} `RL_INVALID_COST`
 *
 * @example
 * ```ts
 * import { applyAlgorithm, parseLimit } from '@rl/core'
 *
 * const limit = parseLimit('2 per second')
 * const first = applyAlgorithm(limit, undefined, 2, 0)
 * const second = applyAlgorithm(limit, first.state, 1, 400)
 * console.log(second.verdict.allowed, second.verdict.retryAfterMs) // false 600
 * ```
 */
export function applyAlgorithm(limit: Limit, state: State | undefined, cost: number, now: number): Outcome {
  checkLimit(limit)
  checkCost(cost)
  checkTime(now)
  return algorithmOf(limit).consume(limit, state, cost, now)
}

/**
 * Refuses a cost that could not be counted: NaN, for one, compares as false with everything, and would open a limit.
 *
 * @throws {RequestError} `RL_INVALID_COST`
 */
export function checkCost(cost: number): void {
  if (!Number.isSafeInteger(cost) || cost < 0) {
    throw new RequestError(
      'RL_INVALID_COST',
      `Expected \`cost\` to be a whole number of at least 0, got ${shown(cost)}`,
    )
  }
}
