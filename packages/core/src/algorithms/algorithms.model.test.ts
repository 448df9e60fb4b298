import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Limit } from '../limits/limit.ts'
import type { State } from './algorithm.ts'
import type { AlgorithmName } from './algorithms.ts'
import { applyAlgorithm } from './apply-algorithm.ts'
import { limitsOf, NAMES, START } from './limits.fixture.ts'

/** An algorithm as its definition reads, with nothing forgotten and no rounding: slow, and hard to get wrong. */
interface NaiveModel {
  consume(cost: number, now: number): boolean
  remaining(now: number): number
}

interface Spent {
  readonly at: number
  readonly cost: number
}

const sum = (spent: readonly Spent[]): number => spent.reduce((total, { cost }) => total + cost, 0)

function model(remaining: (now: number) => number, spend: (cost: number, now: number) => void): NaiveModel {
  return {
    remaining,
    consume(cost, now) {
      const isAllowed = cost <= remaining(now)
      if (isAllowed && cost > 0) spend(cost, now)
      return isAllowed
    },
  }
}

/** For clocks that run forward, and one limit. */
const naiveModels: Readonly<Record<AlgorithmName, (limit: Limit) => NaiveModel>> = {
  'fixed-window': ({ quota, windowMs }) => {
    let opensAt = -Infinity
    const all: Spent[] = []
    const current = (now: number): Spent[] => (now < opensAt + windowMs ? all.filter(({ at }) => at >= opensAt) : [])
    return model(
      (now) => quota - sum(current(now)),
      (cost, now) => {
        if (now >= opensAt + windowMs) opensAt = now
        all.push({ at: now, cost })
      },
    )
  },

  'sliding-window': ({ quota, windowMs }) => {
    const all: Spent[] = []
    return model(
      (now) => quota - sum(all.filter(({ at }) => at > now - windowMs)),
      (cost, now) => all.push({ at: now, cost }),
    )
  },

  'sliding-window-counter': ({ quota, windowMs }) => {
    const all: Spent[] = []
    let origin: number | undefined
    const within = (from: number, to: number): bigint => BigInt(sum(all.filter(({ at }) => at >= from && at < to)))
    const isOver = (now: number): boolean => {
      if (origin === undefined) return true
      const opensAt = now - ((now - origin) % windowMs)
      return within(opensAt - windowMs, opensAt + windowMs) === 0n
    }
    return model(
      (now) => {
        if (origin === undefined || isOver(now)) return quota
        const elapsed = (now - origin) % windowMs
        const opensAt = now - elapsed
        const width = BigInt(windowMs)
        const estimate =
          within(opensAt - windowMs, opensAt) * (width - BigInt(elapsed)) + within(opensAt, opensAt + windowMs) * width
        return Number((BigInt(quota) * width - estimate) / width)
      },
      (cost, now) => {
        if (isOver(now)) {
          origin = now
          all.length = 0
        }
        all.push({ at: now, cost })
      },
    )
  },

  'token-bucket': ({ quota, windowMs, burst = quota }) => {
    const width = BigInt(windowMs)
    const full = quota === 0 ? 0n : BigInt(burst) * width
    let level = full
    let last: number | undefined
    const levelAt = (now: number): bigint => {
      const refilled = level + BigInt(now - (last ?? now)) * BigInt(quota)
      return refilled < full ? refilled : full
    }
    return model(
      (now) => Number(levelAt(now) / width),
      (cost, now) => {
        level = levelAt(now) - BigInt(cost) * width
        last = now
      },
    )
  },
}

/** Steps whose lengths have something to do with the window, so that its edges are met. */
function historiesOf({ windowMs }: Limit): fc.Arbitrary<{ wait: number; cost: number }[]> {
  const waits = fc.oneof(
    fc.constantFrom(0, 1, windowMs - 1, windowMs, windowMs + 1, 2 * windowMs),
    fc.integer({ min: 0, max: Math.min(2 * windowMs, 100_000) }),
  )
  return fc.array(fc.record({ wait: waits, cost: fc.integer({ min: 0, max: 4 }) }), { maxLength: 40 })
}

const withHistory = (algorithm: AlgorithmName) =>
  limitsOf(algorithm).chain((limit) => historiesOf(limit).map((history) => ({ limit, history })))

describe.each(NAMES)('%s, under one limit and a clock that runs on', (algorithm) => {
  it('admits what a naive model in exact fractions admits', () => {
    fc.assert(
      fc.property(withHistory(algorithm), ({ limit, history }) => {
        const model = naiveModels[algorithm](limit)
        let state: State | undefined
        let now = START
        for (const { wait, cost } of history) {
          now += wait
          const outcome = applyAlgorithm(limit, state, cost, now)
          expect(outcome.verdict.allowed).toBe(model.consume(cost, now))
          expect(outcome.verdict.remaining).toBe(model.remaining(now))
          state = outcome.state
        }
      }),
    )
  })

  it('leaves the state as it is on a denial, and on a cost of 0', () => {
    fc.assert(
      fc.property(withHistory(algorithm), ({ limit, history }) => {
        let state: State | undefined
        let now = START
        for (const { wait, cost } of history) {
          now += wait
          const outcome = applyAlgorithm(limit, state && Object.freeze(state), cost, now)
          if (!outcome.verdict.allowed || cost === 0) expect(outcome.state).toBe(state)
          state = outcome.state
        }
      }),
    )
  })
})

describe('sliding-window', () => {
  it('never admits more than the quota within any window, wherever one lays it', () => {
    fc.assert(
      fc.property(withHistory('sliding-window'), ({ limit, history }) => {
        const passed: { at: number; cost: number }[] = []
        let state: State | undefined
        let now = START
        for (const { wait, cost } of history) {
          now += wait
          const outcome = applyAlgorithm(limit, state, cost, now)
          if (outcome.verdict.allowed) passed.push({ at: now, cost })
          state = outcome.state
        }
        for (const { at } of passed) {
          const within = passed.filter((other) => other.at >= at && other.at < at + limit.windowMs)
          expect(within.reduce((sum, { cost }) => sum + cost, 0)).toBeLessThanOrEqual(limit.quota)
        }
      }),
    )
  })
})
