import assert from 'node:assert/strict'

import { admissions, oneOfEachAlgorithm, underEachAlgorithm, untimed, verdictOfUnused } from '../counter.ts'
import { MINUTE } from '../durations.ts'
import type { StoreCase } from '../store-case.ts'

/** Several charges in one call: spent everywhere, or nowhere. */
export const allOrNothingCases = {
  'spends each of several charges once': async (context) => {
    const counters = oneOfEachAlgorithm(context, 5, MINUTE)
    const verdicts = await context.store.consume(counters.map((counter) => counter.charge(2)))
    const expected = counters.map((counter) => verdictOfUnused(counter, 2))
    assert.deepEqual(verdicts.map(untimed), expected)
    for (const counter of counters) assert.equal((await counter.peek(0)).remaining, 3)
  },

  'spends nothing where any of several charges is denied': async (context) => {
    const { store } = context
    const counters = oneOfEachAlgorithm(context, 5, MINUTE)
    const charges = counters.map((counter) => counter.charge())
    for (const denier of counters) {
      const others = counters.filter((counter) => counter !== denier)
      await denier.consume(5)
      const before = await store.peek(charges)
      const expected = counters.map((counter) => counter !== denier)
      assert.deepEqual(admissions(await store.consume(charges)), expected)
      assert.deepEqual(await store.peek(charges), before)
      context.clock.advance(MINUTE / 2)
      for (const other of others) assert.deepEqual(await other.peek(5), verdictOfUnused(other, 5))
      await store.reset(denier.key)
    }
  },

  'says of the charges beside a denied one that they fit, and what is left of them': async (context) => {
    const { store } = context
    const counters = oneOfEachAlgorithm(context, 5, MINUTE)
    const tooMuch = { ...counters[0]!.charge(6), key: 'denied' }
    const used = counters.map((counter) => counter.charge(2))
    await store.consume(used)
    const unspent = await store.peek(counters.map((counter) => counter.charge(0)))
    assert.deepEqual((await store.consume([tooMuch, ...used])).slice(1), unspent)
    assert.deepEqual((await store.consume([...used, tooMuch])).slice(0, -1), unspent)
  },

  'charges a key twice that is named twice': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const verdicts = await context.store.consume([counter.charge(2), counter.charge(1)])
      assert.deepEqual(verdicts.map(untimed), [verdictOfUnused(counter, 2), verdictOfUnused(counter, 3)])
      assert.equal((await counter.peek(0)).remaining, 2)
      assert.equal((await counter.consume(3)).allowed, false)
    })
  },

  'denies a key that is named twice by the sum': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const other = counter.named('other')
      const verdicts = await context.store.consume([counter.charge(3), other.charge(), counter.charge(3)])
      assert.deepEqual(admissions(verdicts), [true, true, false])
      for (const unspent of [counter, other]) assert.deepEqual(await unspent.consume(5), verdictOfUnused(unspent, 5))
    })
  },

  'answers in the order of the charges': async (context) => {
    const { store } = context
    const counters = oneOfEachAlgorithm(context, 9, MINUTE)
    for (const [spent, counter] of counters.entries()) await counter.consume(spent + 1)
    for (const order of [counters, counters.toReversed()]) {
      const charges = order.map((counter) => counter.charge(0))
      const left = order.map((counter) => 8 - counters.indexOf(counter))
      for (const verdicts of [await store.peek(charges), await store.consume(charges)]) {
        const remaining = verdicts.map((verdict) => verdict.remaining)
        assert.deepEqual(remaining, left)
      }
    }
  },

  'answers no charges with no verdicts': async ({ store }) => {
    assert.deepEqual(await store.consume([]), [])
    assert.deepEqual(await store.peek([]), [])
    await store.refund([])
  },

  'admits exactly the quota of concurrent calls that name the same keys in another order': async (context) => {
    await underEachAlgorithm(context, 50, MINUTE, async (one) => {
      const other = one.named('other')
      const there = [one.charge(), other.charge()]
      const calls = Array.from({ length: 100 }, async (_, call) =>
        context.store.consume(call % 2 === 0 ? there : there.toReversed()),
      )
      const admitted = (await Promise.all(calls)).filter((verdicts) => !admissions(verdicts).includes(false))
      assert.equal(admitted.length, 50)
      for (const counter of [one, other]) assert.equal((await counter.peek(0)).remaining, 0)
    })
  },
} satisfies Record<string, StoreCase>
