import assert from 'node:assert/strict'

import { oneOfEachAlgorithm, underEachAlgorithm } from '../counter.ts'
import { MINUTE } from '../durations.ts'
import type { StoreCase } from '../store-case.ts'

/** What goes in and what comes out is plain data, which nobody changes afterwards. */
export const plainDataCases = {
  'hands out verdicts that later calls do not change': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const charges = [counter.charge(), counter.named('other').charge()]
      const verdicts = [await context.store.peek(charges), await context.store.consume(charges)]
      const asTheyWere = structuredClone(verdicts)
      context.clock.advance(1)
      for (const cost of [2, 3, 0]) await counter.consume(cost)
      await counter.refund(1)
      await context.store.peek(charges)
      assert.deepEqual(verdicts, asTheyWere)
    })
  },

  'takes frozen charges, and changes none that are not': async (context) => {
    const { store } = context
    const frozen = Object.freeze(oneOfEachAlgorithm(context, 5, MINUTE).map((counter) => counter.charge()))
    const orders = [structuredClone(frozen), structuredClone(frozen).toReversed()]
    const asTheyWere = structuredClone(orders)
    for (const charges of [frozen, ...orders]) {
      await store.consume(charges)
      await store.peek(charges)
      await store.refund(charges)
    }
    assert.deepEqual(orders, asTheyWere)
  },

  'keeps nothing of the charges that it was given': async (context) => {
    const { store } = context
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const charge = { ...counter.charge(5), limit: { ...counter.limit } }
      await store.consume([charge])
      Object.assign(charge, { key: 'changed', cost: 0 })
      Object.assign(charge.limit, { quota: 100, windowMs: 1 })
      context.clock.advance(1)
      assert.equal((await counter.consume()).allowed, false)
    })
  },
} satisfies Record<string, StoreCase>
