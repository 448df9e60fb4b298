import { algorithms } from '@rl/core'
import type { AlgorithmName, Limit } from '@rl/core'
import fc from 'fast-check'

import { MINUTE, SECOND } from './durations.ts'

/** Any limit that is small enough to be met within a few calls. */
export const anyLimit: fc.Arbitrary<Limit> = fc
  .record({
    algorithm: fc.constantFrom(...(Object.keys(algorithms) as AlgorithmName[])),
    quota: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 7 }) }, fc.constant(0)),
    windowMs: fc.constantFrom(1, 7, SECOND, MINUTE),
    burst: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  })
  .map(({ burst, ...limit }) =>
    limit.algorithm === 'token-bucket' && burst !== undefined ? { ...limit, burst } : limit,
  )

/** A cost that mostly fits: now and then it is 0, or too much. */
export const anyCost: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 4, max: 9 }) },
  { weight: 1, arbitrary: fc.constant(0) },
)

/** A time that may be a part of a window, or several. */
export const anyTime: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 10 }),
  fc.integer({ min: 1, max: 2 * SECOND }),
  fc.integer({ min: 1, max: 2 * MINUTE }),
)

/** Up to so many of something: enough to get somewhere, which fast-check by itself seldom does. */
export function many<T>(arbitrary: fc.Arbitrary<T>, atMost: number): fc.Arbitrary<readonly T[]> {
  return fc.array(arbitrary, { minLength: 1, maxLength: atMost, size: 'max' })
}
