import assert from 'node:assert/strict'

import { oneOfEachAlgorithm, underEachAlgorithm, verdictOfUnused } from '../counter.ts'
import { MINUTE } from '../durations.ts'
import type { StoreCase } from '../store-case.ts'

/** A refund takes back what was spent, and can never make more of it. */
export const refundingCases = {
  'gives back what is refunded': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      await counter.consume(5)
      await counter.refund(2)
      assert.equal((await counter.peek(0)).remaining, 2)
      assert.equal((await counter.consume(3)).allowed, false)
      assert.equal((await counter.consume(2)).allowed, true)
      assert.equal((await counter.consume(1)).allowed, false)
    })
  },

  'gives back each of several charges, and a key twice that is named twice': async (context) => {
    const counters = oneOfEachAlgorithm(context, 5, MINUTE)
    for (const counter of counters) await counter.consume(5)
    await context.store.refund([...counters, ...counters].map((counter) => counter.charge()))
    for (const counter of counters) assert.equal((await counter.peek(0)).remaining, 2)
  },

  'never refunds above full': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      await counter.consume(3)
      await counter.refund(4)
      await counter.refund(Number.MAX_SAFE_INTEGER)
      assert.deepEqual(await counter.consume(5), verdictOfUnused(counter, 5))
      assert.equal((await counter.consume()).allowed, false)
    })
  },

  'leaves an unused key unused when it refunds': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      await counter.refund(3)
      context.clock.advance(MINUTE / 2)
      assert.deepEqual(await counter.consume(5), verdictOfUnused(counter, 5))
      assert.equal((await counter.consume()).allowed, false)
    })
  },

  'refunds nothing where the cost is 0': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      await counter.consume(5)
      const before = await counter.peek()
      await counter.refund(0)
      assert.deepEqual(await counter.peek(), before)
    })
  },

  'gives nothing to the next window of what the last one spent': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const { resetAfterMs } = await counter.consume(5)
      context.clock.advance(resetAfterMs)
      await counter.refund(5)
      assert.deepEqual(await counter.consume(5), verdictOfUnused(counter, 5))
      assert.equal((await counter.consume()).allowed, false)
    })
  },
} satisfies Record<string, StoreCase>
