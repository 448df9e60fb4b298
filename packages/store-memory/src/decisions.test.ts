import { algorithms } from '@rl/core'
import type { AlgorithmName, Charge, Limit } from '@rl/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import { MemoryStore } from './memory-store.ts'

const START = 1_700_000_000_000
const WINDOWS = [1, 10, 1000]
const KEYS = ['a', 'b', 'c', 'd', 'ключ', 'x'.repeat(300)]

/** Costs nothing. Twice in a call, it takes it to the algorithms of core. */
const NOTHING: Charge = {
  key: 'another',
  limit: { algorithm: 'token-bucket', quota: 1, windowMs: 1000 },
  cost: 0,
}

const NAMES = Object.keys(algorithms) as AlgorithmName[]

const WHAT_IS_LEFT: readonly Charge[] = NAMES.flatMap((algorithm) =>
  KEYS.map((key) => ({ key, limit: { algorithm, quota: 10, windowMs: 1000 }, cost: 0 })),
)

const anyLimit: fc.Arbitrary<Limit> = fc.record({
  algorithm: fc.constantFrom(...NAMES),
  quota: fc.integer({ min: 0, max: 5 }),
  windowMs: fc.constantFrom(...WINDOWS),
})
const anyCharge = fc.record({ key: fc.constantFrom(...KEYS), limit: anyLimit, cost: fc.integer({ min: 0, max: 6 }) })
const anyStep = fc.record({
  charges: fc.array(anyCharge, { maxLength: 4 }),
  do: fc.constantFrom('consume', 'consume', 'consume', 'refund', 'sweep'),
  waitMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.constantFrom(...WINDOWS) },
    fc.integer({ min: -20, max: 1100 }),
  ),
})

it('decides every history as core does, keeps the same counts, and makes room alike', () => {
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 1, max: 15 }),
      (steps, maxKeys) => {
        let now = START
        const fast = new MemoryStore({ maxKeys, clock: () => now })
        const plain = new MemoryStore({ maxKeys, clock: () => now })
        for (const { do: verb, charges, waitMs } of steps) {
          now += waitMs
          if (verb === 'sweep') expect(fast.sweep()).toBe(plain.sweep())
          else if (verb === 'refund') expect(fast.refund(charges)).toBe(plain.refund(charges))
          else expect(fast.consume(charges)).toEqual(plain.consume([...charges, NOTHING, NOTHING]).slice(0, -2))
          expect(fast.size).toBe(plain.size)
          expect(fast.peek(WHAT_IS_LEFT)).toEqual(plain.peek(WHAT_IS_LEFT))
        }
      },
    ),
    { numRuns: 500 },
  )
})
