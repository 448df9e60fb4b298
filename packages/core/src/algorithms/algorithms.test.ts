import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { checkLimit } from '../limits/check-limit.ts'
import type { Limit } from '../limits/limit.ts'
import type { State } from './algorithm.ts'
import { algorithmOf, algorithms } from './algorithms.ts'
import type { AlgorithmName } from './algorithms.ts'
import { applyAlgorithm } from './apply-algorithm.ts'
import { limitsOf, NAMES, START } from './limits.fixture.ts'

/** Histories in which the limit changes, and the clock steps back. */
const disturbed = (algorithm: AlgorithmName) =>
  fc.array(
    limitsOf(algorithm).chain((limit) =>
      fc.record({
        limit: fc.constant(limit),
        wait: fc.oneof(
          fc.constantFrom(0, 1, -1, -5000, -3_600_000),
          fc.integer({ min: -limit.windowMs, max: 2 * limit.windowMs }),
        ),
        cost: fc.integer({ min: 0, max: 4 }),
      }),
    ),
    { maxLength: 30 },
  )

describe.each(NAMES)('%s', (algorithm) => {
  it('tells the wait to the millisecond, whatever limits and clocks wrote the state', () => {
    fc.assert(
      fc.property(disturbed(algorithm), (history) => {
        let state: State | undefined
        let now = START
        for (const { limit, wait, cost } of history) {
          now += wait
          const { verdict, state: next } = applyAlgorithm(limit, state, cost, now)
          state = next
          if (verdict.allowed) expect(verdict.retryAfterMs).toBe(0)
          else if (cost > algorithms[algorithm].capacity(limit)) expect(verdict.retryAfterMs).toBe(Infinity)
          else {
            const { retryAfterMs } = verdict
            expect(retryAfterMs).toBeGreaterThan(0)
            expect(applyAlgorithm(limit, state, cost, now + retryAfterMs).verdict.allowed).toBe(true)
            expect(applyAlgorithm(limit, state, cost, now + retryAfterMs - 1).verdict.allowed).toBe(false)
          }
        }
      }),
    )
  })

  it('tells what is left as a look at what it keeps does', () => {
    fc.assert(
      fc.property(disturbed(algorithm), (history) => {
        let state: State | undefined
        let now = START
        for (const { limit, wait, cost } of history) {
          now += wait
          const { verdict, state: next } = applyAlgorithm(limit, state, cost, now)
          const { remaining, resetAfterMs } = applyAlgorithm(limit, next, 0, now).verdict
          expect(verdict).toMatchObject({ remaining, resetAfterMs })
          state = next
        }
      }),
    )
  })

  it('is found by its name', () => {
    expect(algorithmOf({ algorithm, quota: 1, windowMs: 1 })).toBe(algorithms[algorithm])
  })

  it('keeps whole numbers below 2^53, which mean nothing any more once the reset is over', () => {
    fc.assert(
      fc.property(disturbed(algorithm), (history) => {
        let state: State | undefined
        let now = START
        for (const { limit, wait, cost } of history) {
          now += wait
          const { verdict, state: next } = applyAlgorithm(limit, state, cost, now)
          expect(next?.every(Number.isSafeInteger) ?? true).toBe(true)
          expect(algorithmOf(limit).width ?? next?.length).toBe(next?.length ?? algorithmOf(limit).width)
          const later = now + verdict.resetAfterMs
          expect(verdict.resetAfterMs).toBeGreaterThanOrEqual(verdict.allowed && cost > 0 ? 1 : 0)
          if (next !== state) {
            expect(algorithms[algorithm].expiresAt(next!)).toBe(later)
            expect(applyAlgorithm(limit, next, 1, later).verdict).toEqual(
              applyAlgorithm(limit, undefined, 1, later).verdict,
            )
          }
          state = next
        }
      }),
    )
  })

  it('hands out nothing extra when the clock steps back, and locks out for one window at most', () => {
    const limit: Limit = { algorithm, quota: 5, windowMs: 60_000 }
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 120_000 }),
        fc.oneof(fc.constantFrom(1, 5000, 3_600_000), fc.integer({ min: 1, max: 10_000_000 })),
        (wait, step) => {
          const { state } = applyAlgorithm(limit, undefined, 5, START)
          // One window, but for the two-counter one, of which it is the way: its last window still counts in the next.
          const longest = Math.max(limit.windowMs, applyAlgorithm(limit, state, 1, START).verdict.retryAfterMs)
          const before = applyAlgorithm(limit, state, 0, START + wait).verdict.remaining
          const now = START + wait - step
          const { verdict, state: settled } = applyAlgorithm(limit, state, 1, now)
          expect(verdict.remaining).toBeLessThanOrEqual(before)
          expect(verdict.retryAfterMs).toBeLessThanOrEqual(longest)
          expect(applyAlgorithm(limit, settled, 1, now + longest).verdict.allowed).toBe(true)
        },
      ),
    )
  })

  it('takes nothing away when the clock steps back', () => {
    const limit: Limit = { algorithm, quota: 5, windowMs: 60_000 }
    const { state } = applyAlgorithm(limit, undefined, 1, START)
    expect(applyAlgorithm(limit, state, 0, START - 1).verdict.remaining).toBe(4)
  })

  it('counts on a clock that has not come to 0 yet', () => {
    const limit: Limit = { algorithm, quota: 5, windowMs: 60_000 }
    const { verdict, state } = applyAlgorithm(limit, undefined, 1, -1000)
    expect(verdict).toEqual(applyAlgorithm(limit, undefined, 1, START).verdict)
    expect(applyAlgorithm(limit, state, 5, -999).verdict).toMatchObject({ allowed: false, remaining: 4 })
  })

  it('keeps nothing where all is given back, or time has done so', () => {
    const limit: Limit = { algorithm, quota: 5, windowMs: 60_000 }
    const { verdict, state } = applyAlgorithm(limit, undefined, 3, START)
    expect(algorithms[algorithm].refund(state!, 3, START)).toBeUndefined()
    expect(algorithms[algorithm].refund(state!, 1, START + verdict.resetAfterMs)).toBeUndefined()
  })

  it('decides in place as it does on a state, and writes only where it is to', () => {
    const inPlace = algorithms[algorithm]
    if (!('decide' in inPlace)) return
    fc.assert(
      fc.property(disturbed(algorithm), (history) => {
        const numbers = new Float64Array(inPlace.width + 2).fill(7)
        numbers.fill(0, 1, -1)
        let state: State | undefined
        let now = START
        for (const { limit, wait, cost } of history) {
          now += wait
          const before = [...numbers]
          const { verdict, state: next } = applyAlgorithm(limit, state, cost, now)
          expect(inPlace.decide(limit, cost, now, numbers, 1, false)).toEqual({ ...verdict, at: now })
          expect([...numbers]).toEqual(before)
          expect(inPlace.decide(limit, cost, now, numbers, 1, true)).toEqual({ ...verdict, at: now })
          state = next
          expect([...numbers]).toEqual([7, ...(state ?? Array<number>(inPlace.width).fill(0)), 7])
        }
      }),
    )
  })

  it('gives back what was spent, never more', () => {
    fc.assert(
      fc.property(disturbed(algorithm), fc.integer({ min: 1, max: 100 }), (history, cost) => {
        let state: State | undefined
        let now = START
        for (const step of history) {
          now += step.wait
          const { limit } = step
          const before = applyAlgorithm(limit, state, 0, now).verdict
          const refunded = state && algorithms[algorithm].refund(state, cost, now)
          const after = applyAlgorithm(limit, refunded, 0, now).verdict
          expect(after.remaining).toBeGreaterThanOrEqual(before.remaining)
          expect(after.remaining).toBeLessThanOrEqual(Math.min(before.limit, before.remaining + cost))
          expect(refunded === undefined || state !== undefined).toBe(true)
          if (refunded && refunded !== state) {
            expect(algorithms[algorithm].expiresAt(refunded)).toBe(now + after.resetAfterMs)
          }
          state = applyAlgorithm(limit, state, step.cost, now).state
        }
      }),
    )
  })

  it('admits no more than both limits together where two take turns on one key', () => {
    const free: Limit = { algorithm, quota: 60, windowMs: 60_000 }
    const pro: Limit = { algorithm, quota: 1000, windowMs: 3_600_000 }
    for (const order of [
      [free, pro],
      [pro, free],
    ]) {
      let state: State | undefined
      let passed = 0
      for (let now = START; now < START + 3_600_000; now += 500) {
        for (const limit of order) {
          const outcome = applyAlgorithm(limit, state, 1, now)
          if (outcome.verdict.allowed) passed += 1
          state = outcome.state
        }
      }
      expect(passed).toBeLessThanOrEqual(60 * 61 + 2 * 1000)
    }
  })

  it('starves nobody where two limits take turns on one key', () => {
    const limits: Limit[] = [60_000, 61_000].map((windowMs) => ({ algorithm, quota: 5, windowMs }))
    let state: State | undefined
    let passed = 0
    for (let second = 0; second < 3600; second++) {
      const outcome = applyAlgorithm(limits[second % 2]!, state, 1, START + 1000 * second)
      if (outcome.verdict.allowed) passed += 1
      state = outcome.state
    }
    // Each time the state changes hands, the two-counter estimate is rounded up.
    expect(passed).toBeGreaterThanOrEqual(algorithm === 'sliding-window-counter' ? 200 : 290)
  })

  it('gives a client at twice the rate its whole share', () => {
    const limit: Limit = { algorithm, quota: 10, windowMs: 1000 }
    let state: State | undefined
    let passed = 0
    for (let now = START; now < START + 20_000; now += 50) {
      const outcome = applyAlgorithm(limit, state, 1, now)
      if (outcome.verdict.allowed) passed += 1
      state = outcome.state
    }
    expect(passed).toBeGreaterThanOrEqual(algorithm === 'sliding-window-counter' ? 175 : 190)
  })

  it('denies everyone at a quota of 0', () => {
    const limit: Limit = { algorithm, quota: 0, windowMs: 1000 }
    const { verdict, state } = applyAlgorithm(limit, undefined, 1, START)
    expect(verdict).toEqual({ allowed: false, limit: 0, remaining: 0, retryAfterMs: Infinity, resetAfterMs: 0 })
    expect(state).toBeUndefined()
  })

  it('counts exactly at the largest limit that it accepts', () => {
    const year = 31_536_000_000
    const quota = Math.floor(
      Number.MAX_SAFE_INTEGER / (algorithms[algorithm].reach({ algorithm, quota: 1, windowMs: year }) || 1),
    )
    const limit: Limit = { algorithm, quota, windowMs: year }
    const first = applyAlgorithm(limit, undefined, quota - 1, START)
    expect(first.verdict).toMatchObject({ allowed: true, remaining: 1 })
    const second = applyAlgorithm(limit, first.state, 1, START)
    expect(second.verdict).toMatchObject({ allowed: true, remaining: 0 })
    expect(applyAlgorithm(limit, second.state, 1, START).verdict.allowed).toBe(false)
    expect(() => checkLimit({ ...limit, quota: quota + 1 })).toThrow(/2\^53|whole number/)
  })
})

it.each([
  ['fixed-window', 4],
  ['sliding-window-counter', 4],
  ['token-bucket', 4],
  // Whose window, as the limit has it now, reaches back for a second.
  ['sliding-window', 9],
] as const)('%s: counts on from what was spent under another limit, in its own window', (algorithm, remaining) => {
  const slow: Limit = { algorithm, quota: 5, windowMs: 60_000 }
  const fast: Limit = { algorithm, quota: 10, windowMs: 1000 }
  const { state: before } = applyAlgorithm(slow, undefined, 5, START)
  for (const waitMs of [1000, 5000]) {
    const { verdict, state } = applyAlgorithm(fast, before, 1, START + waitMs)
    expect(verdict.remaining).toBe(remaining)
    expect(applyAlgorithm(fast, state, 0, START + waitMs).verdict.remaining).toBe(remaining)
  }
})

it('sliding-window-counter: counts within 2^53 when the clock steps back from two full windows', () => {
  const windowMs = 31_536_000_000
  const limit: Limit = {
    algorithm: 'sliding-window-counter',
    quota: Math.floor(Number.MAX_SAFE_INTEGER / windowMs),
    windowMs,
  }
  const { state: one } = applyAlgorithm(limit, undefined, limit.quota, START)
  const later = START + 2 * windowMs - 1
  const { state: two } = applyAlgorithm(limit, one, applyAlgorithm(limit, one, 0, later).verdict.remaining, later)
  const { verdict, state } = applyAlgorithm(limit, two, 1, START)
  expect(verdict).toMatchObject({ allowed: false, remaining: 0, resetAfterMs: windowMs })
  expect(Number.isSafeInteger(state![3]! * windowMs)).toBe(true)
})

/** Stores keep these from one version to the next: another layout needs another version in the keys of each. */
it.each<[AlgorithmName, number, State]>([
  ['fixed-window', 30_000, [START, 60_000, 3]],
  ['sliding-window', 30_000, [60_000, START, 2, START + 30_000, 1]],
  ['sliding-window-counter', 90_000, [START + 60_000, 60_000, 1, 2]],
  ['token-bucket', 6_000, [2.5 * 60_000, START + 6_000, 5, 60_000]],
])(
  '%s: keeps its numbers in the order in which stores have them, of two charges %d ms apart',
  (algorithm, wait, kept) => {
    const limit: Limit = { algorithm, quota: 5, windowMs: 60_000 }
    const { state } = applyAlgorithm(limit, undefined, 2, START)
    expect(applyAlgorithm(limit, state, 1, START + wait).state).toEqual(kept)
  },
)

describe('sliding-window', () => {
  const state: State = [60_000, START, 1, START + 1, 2, START + 2, 3]

  it('gives back the oldest charges first', () => {
    expect(algorithms['sliding-window'].refund(state, 2, START + 2)).toEqual([60_000, START + 1, 1, START + 2, 3])
    expect(algorithms['sliding-window'].refund(state, 6, START + 2)).toBeUndefined()
  })

  it('keeps nothing where the one charge is given back by its receipt', () => {
    const receipt = { at: START, resetAfterMs: 60_000 }
    expect(algorithms['sliding-window'].refund([60_000, START, 1], 1, START + 2, receipt)).toBeUndefined()
    expect(algorithms['sliding-window'].refund(state, 1, START + 2, receipt)).toEqual([60_000, ...state.slice(3)])
  })
})

describe('applyAlgorithm', () => {
  const limit: Limit = { algorithm: 'fixed-window', quota: 5, windowMs: 1000 }

  it.each([Number.NaN, -1, 0.5, Infinity])('refuses a cost of %d, which would open a limit', (cost) => {
    expect(() => applyAlgorithm(limit, undefined, cost, START)).toThrow(
      expect.objectContaining({
        code: 'RL_INVALID_COST',
        message: `Expected \`cost\` to be a whole number of at least 0, got \`${cost}\` (number)`,
      }),
    )
  })

  it('refuses a limit that cannot be counted, and an algorithm that is not there', () => {
    expect(() => applyAlgorithm({ ...limit, quota: Number.NaN }, undefined, 1, START)).toThrow('`quota`')
    expect(() => applyAlgorithm({ ...limit, algorithm: 'leaky' }, undefined, 1, START)).toThrow(
      'one of fixed-window, sliding-window, sliding-window-counter, token-bucket, got `leaky` (string)',
    )
  })
})
