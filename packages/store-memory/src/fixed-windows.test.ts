import type { Charge, Limit } from '@rl/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import { MemoryStore } from './memory-store.ts'

const START = 1_700_000_000_000
const WINDOWS = [1, 10, 1000]
const KEYS = ['a', 'b', 'c', 'd', 'ключ', 'x'.repeat(300)]

/** Costs nothing, and takes the call to the algorithms of core. */
const ANOTHER_ALGORITHM: Charge = {
  key: 'another',
  limit: { algorithm: 'token-bucket', quota: 1, windowMs: 1000 },
  cost: 0,
}

const anyLimit: fc.Arbitrary<Limit> = fc.record({
  algorithm: fc.constant('fixed-window'),
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
    fc.property(fc.array(anyStep, { maxLength: 60, size: 'max' }), fc.integer({ min: 1, max: 7 }), (steps, maxKeys) => {
      let now = START
      const fast = new MemoryStore({ maxKeys, clock: () => now })
      const plain = new MemoryStore({ maxKeys, clock: () => now })
      for (const { do: verb, charges, waitMs } of steps) {
        now += waitMs
        if (verb === 'sweep') expect(fast.sweep()).toBe(plain.sweep())
        else if (verb === 'refund') expect(fast.refund(charges)).toBe(plain.refund(charges))
        else expect(fast.consume(charges)).toEqual(plain.consume([...charges, ANOTHER_ALGORITHM]).slice(0, -1))
        expect(fast.size).toBe(plain.size)
        for (const key of KEYS) {
          const whatIsLeft = [{ key, limit: { algorithm: 'fixed-window', quota: 10, windowMs: 1000 }, cost: 0 }]
          expect(fast.peek(whatIsLeft)).toEqual(plain.peek(whatIsLeft))
        }
      }
    }),
    { numRuns: 500 },
  )
})
