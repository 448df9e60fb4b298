import fc from 'fast-check'

import type { Limit } from '../limits/limit.ts'
import { algorithms } from './algorithms.ts'
import type { AlgorithmName } from './algorithms.ts'

export const START = 1_700_000_000_000
export const NAMES = Object.keys(algorithms) as AlgorithmName[]

const windows = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(1000, 60_000, 86_400_000, 31_536_000_000))

/** Limits small enough to be spent, over short windows and very long ones. */
export function limitsOf(algorithm: AlgorithmName): fc.Arbitrary<Limit> {
  const base = { algorithm: fc.constant(algorithm), quota: fc.integer({ min: 0, max: 12 }), windowMs: windows }
  return algorithm === 'token-bucket'
    ? fc.record(
        { ...base, burst: fc.integer({ min: 1, max: 30 }) },
        { requiredKeys: ['algorithm', 'quota', 'windowMs'] },
      )
    : fc.record(base)
}
