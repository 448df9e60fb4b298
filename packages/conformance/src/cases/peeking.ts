import assert from 'node:assert/strict'

import { underEachAlgorithm, verdictOfUnused } from '../counter.ts'
import { MINUTE, SECOND } from '../durations.ts'
import type { StoreCase } from '../store-case.ts'

/** A look at a counter is what a call would answer, and nothing more. */
export const peekingCases = {
  'peeks what a call then answers': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      for (const cost of [2, 0, 4, 1, 6, 2, 1]) {
        assert.deepEqual(await counter.peek(cost), await counter.consume(cost))
        context.clock.advance(3 * SECOND)
      }
      const charges = [counter.charge(), counter.named('other').charge(2), counter.charge(2)]
      assert.deepEqual(await context.store.peek(charges), await context.store.consume(charges))
      context.clock.advance(5 * MINUTE)
      assert.deepEqual(await context.store.peek(charges), await context.store.consume(charges))
    })
  },

  'writes nothing when it peeks': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const first = await counter.peek(3)
      for (const time of [1, 2, 3]) assert.deepEqual(await counter.peek(3), first, `Peek ${time} differs`)
      context.clock.advance(MINUTE / 2)
      assert.deepEqual(await counter.consume(5), verdictOfUnused(counter, 5))
      assert.equal((await counter.peek()).allowed, false)
    })
  },
} satisfies Record<string, StoreCase>
