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

it.each([16, 17, 40])('spends %d charges in one call, or none', (count) => {
  const store = new MemoryStore({ clock: () => START })
  const limit: Limit = { algorithm: 'fixed-window', quota: 3, windowMs: 1000 }
  const charges = Array.from({ length: count }, (_, i): Charge => ({ key: `k${i}`, limit, cost: 2 }))
  expect(store.consume(charges).map(({ remaining }) => remaining)).toEqual(charges.map(() => 1))
  expect(store.consume([...charges.slice(1), { key: 'new', limit, cost: 2 }]).map(({ allowed }) => allowed)).toEqual([
    ...charges.slice(1).map(() => false),
    true,
  ])
  expect(store.size).toBe(count)
  expect(store.peek([{ key: 'new', limit, cost: 0 }])[0]!.remaining).toBe(3)
})

it('makes room for several new keys of one call', () => {
  const store = new MemoryStore({ maxKeys: 3, clock: () => START })
  const limit: Limit = { algorithm: 'fixed-window', quota: 3, windowMs: 1000 }
  const spend = (keys: string) => store.consume(keys.split('').map((key) => ({ key, limit, cost: 1 })))
  for (const keys of ['ab', 'cd', 'd']) spend(keys)
  expect(store.size).toBe(3)
  expect(store.peek([{ key: 'd', limit, cost: 0 }])[0]!.remaining).toBe(1)
})

it('spends two charges of one key together, or none', () => {
  const store = new MemoryStore({ clock: () => START })
  const charge: Charge = { key: 'a', limit: { algorithm: 'fixed-window', quota: 6, windowMs: 1000 }, cost: 2 }
  const spendTwice = () => store.consume([charge, charge])
  expect(spendTwice()).toMatchObject([{ remaining: 4 }, { remaining: 2 }])
  expect(spendTwice()).toMatchObject([
    { allowed: true, remaining: 2 },
    { allowed: false, remaining: 2 },
  ])
})

it('spends from a new bucket as much as it bursts, among others', () => {
  const store = new MemoryStore({ clock: () => START })
  const charges: Charge[] = [
    { key: 'a', limit: { algorithm: 'token-bucket', quota: 3, windowMs: 1000, burst: 5 }, cost: 4 },
    { key: 'b', limit: { algorithm: 'fixed-window', quota: 3, windowMs: 1000 }, cost: 1 },
  ]
  expect(store.consume(charges)).toMatchObject([
    { allowed: true, remaining: 1 },
    { allowed: true, remaining: 2 },
  ])
  expect(store.peek(charges.map((one) => ({ ...one, cost: 0 })))).toMatchObject([{ remaining: 1 }, { remaining: 2 }])
})

it.each([Number.NaN, -1, 0.5, '2'])('refuses a cost of %j, alone and among others, and leaves no trace', (cost) => {
  const store = new MemoryStore({ clock: () => START })
  const limit: Limit = { algorithm: 'fixed-window', quota: 3, windowMs: 1000 }
  const charges = [
    { key: 'a', limit, cost: 1 },
    { key: 'b', limit, cost: cost as number },
  ]
  for (const some of [charges, charges.slice(1)]) {
    expect(() => store.consume(some)).toThrow(expect.objectContaining({ code: 'RL_INVALID_COST' }))
  }
  expect(store.size).toBe(0)
})
