import fc from 'fast-check'
import { expect, it } from 'vitest'

import type { State } from './algorithm.ts'
import { ChargeLog } from './charge-log.ts'
import { START } from './limits.fixture.ts'
import { slidingWindow } from './sliding-window.ts'

const anyStep = fc.record({
  quota: fc.constantFrom(3, 40, 1000),
  windowMs: fc.constantFrom(10, 50, 1000),
  cost: fc.constantFrom(0, 1, 1, 1, 2, 30),
  waitMs: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(0, 1, 1, 2) },
    fc.constantFrom(10, 50, 1000),
    fc.integer({ min: -60, max: 60 }),
  ),
  writes: fc.constantFrom(true, true, true, false),
})

const anyHistory = fc.oneof(
  fc.array(anyStep, { maxLength: 200, size: 'max' }),
  // One limit, and all are admitted: the log forgets as it grows.
  fc.array(
    anyStep.map((step) => ({ ...step, quota: 1000, windowMs: 50, cost: 1 })),
    { maxLength: 200, size: 'max' },
  ),
)

it('that is kept decides as one that is made of its state each time', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const log = new ChargeLog()
      let state: State | undefined
      let now = START
      for (const { quota, windowMs, cost, waitMs, writes } of history) {
        now += waitMs
        const limit = { algorithm: 'sliding-window', quota, windowMs }
        const { verdict, state: next } = slidingWindow.consume(limit, state, cost, now)
        expect(log.decide(limit, cost, now, writes)).toEqual({ ...verdict, at: now })
        if (writes) state = next
        expect(log.isEmpty).toBe(state === undefined)
        if (!state) continue
        expect(log.state).toEqual(state)
        expect(log.width).toBe(state.length)
        expect(log.expiresAt).toBe(slidingWindow.expiresAt(state))
      }
    }),
    { numRuns: 500 },
  )
})

it('takes as long as it forgets, whatever it remembers', () => {
  const log = new ChargeLog()
  const limit = { algorithm: 'sliding-window', quota: 1_000_000, windowMs: 100_000 }
  for (let now = 0; now < 1_000_000; now++) log.decide(limit, 1, now, true)
  expect(log.width).toBe(200_001)
  expect(log.decide(limit, 1, 1_000_000, false)).toMatchObject({ remaining: 900_000, resetAfterMs: 100_000 })
})
