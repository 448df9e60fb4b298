import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { State } from './algorithm.ts'
import type { AlgorithmName } from './algorithms.ts'
import { applyAlgorithm } from './apply-algorithm.ts'

const QUOTA = 10
const WINDOW_MS = 20

/** The most units that each algorithm admits in any `windowMs`, and requests that get so many: when, and how many at once. */
const WORST = {
  'fixed-window': [
    2 * QUOTA - 1,
    [
      [0, 1],
      [WINDOW_MS - 1, QUOTA],
      [WINDOW_MS, QUOTA],
    ],
  ],
  'sliding-window': [QUOTA, [[0, QUOTA + 1]]],
  'sliding-window-counter': [
    2 * QUOTA - 2,
    [
      [0, 1],
      [WINDOW_MS - 1, QUOTA],
      [2 * WINDOW_MS - 2, QUOTA],
    ],
  ],
  'token-bucket': [
    2 * QUOTA - 1,
    [
      [0, QUOTA],
      [WINDOW_MS - 1, QUOTA],
    ],
  ],
} as const satisfies Record<AlgorithmName, readonly [number, readonly (readonly [at: number, asked: number])[]]>

function mostIn(algorithm: AlgorithmName, requests: readonly (readonly [at: number, asked: number])[]): number {
  let state: State | undefined
  const admittedAt: number[] = []
  for (const [at, asked] of requests) {
    for (let i = 0; i < asked; i++) {
      const outcome = applyAlgorithm({ algorithm, quota: QUOTA, windowMs: WINDOW_MS }, state, 1, at)
      if (outcome.verdict.allowed) admittedAt.push(at)
      state = outcome.state
    }
  }
  return Math.max(...admittedAt.map((from) => admittedAt.filter((at) => at >= from && at < from + WINDOW_MS).length))
}

const anyRequests = fc
  .array(fc.tuple(fc.integer({ min: 0, max: WINDOW_MS }), fc.integer({ min: 1, max: QUOTA + 1 })), { minLength: 1 })
  .map((waits) => {
    let now = 0
    return waits.map(([wait, asked]) => [(now += wait), asked] as const)
  })

describe.each(Object.entries(WORST))('%s', (algorithm, [most, requests]) => {
  it(`admits at most ${most} where the quota is ${QUOTA}, in any span as long as the window`, () => {
    fc.assert(
      fc.property(anyRequests, (any) => {
        expect(mostIn(algorithm as AlgorithmName, any)).toBeLessThanOrEqual(most)
      }),
      { numRuns: 2000 },
    )
  })

  it('admits so many of requests that come just then', () => {
    expect(mostIn(algorithm as AlgorithmName, requests)).toBe(most)
  })
})
