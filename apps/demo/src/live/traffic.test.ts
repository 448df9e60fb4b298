import fc from 'fast-check'
import { expect, it } from 'vitest'

import type { Outcome } from '../page/messages.ts'
import { Traffic } from './traffic.ts'

const OUTCOMES = ['admitted', 'denied', 'banned'] as const satisfies Outcome[]
const PLANS = ['anonymous', 'free'] as const

it('knows what each of the last sixty seconds has brought', () => {
  const event = fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.nat(1500), fc.nat(90_000)),
    plan: fc.constantFrom(...PLANS),
    outcome: fc.constantFrom(...OUTCOMES),
  })
  fc.assert(
    fc.property(fc.nat(10_000), fc.array(event, { maxLength: 100 }), fc.nat(70_000), (start, events, restMs) => {
      let now = start
      const traffic = new Traffic(PLANS, () => now)
      const counted = events.map(({ afterMs, plan, outcome }) => {
        now += afterMs
        traffic.count(plan, outcome)
        return { plan, outcome, second: Math.floor(now / 1000) }
      })
      now += restMs
      const current = Math.floor(now / 1000)
      const expected = PLANS.map((plan) => ({
        plan,
        seconds: Object.fromEntries(
          OUTCOMES.map((outcome) => [
            outcome,
            Array.from({ length: 60 }, (_, i) => {
              const second = current - 59 + i
              return counted.filter((one) => one.plan === plan && one.outcome === outcome && one.second === second)
                .length
            }),
          ]),
        ),
      }))
      expect(traffic.lastMinute()).toEqual(expected)
    }),
  )
})

it('knows how much of the second is over', () => {
  expect(new Traffic(PLANS, () => 12_250).secondPart).toBe(0.25)
})
