import assert from 'node:assert/strict'

import { underEachAlgorithm, verdictOfUnused } from '../counter.ts'
import { MINUTE, SECOND } from '../durations.ts'
import type { StoreCase } from '../store-case.ts'

/** A denial costs nothing: whoever keeps asking gets what it would have got anyway. */
export const denialCases = {
  'leaves no trace of a denial': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (denied) => {
      const other = denied.named('never denied')
      for (const counter of [denied, other]) await counter.consume(3)
      context.clock.advance(SECOND)
      for (const cost of [3, 6]) assert.equal((await denied.consume(cost)).allowed, false)
      for (let time = 0; time <= 2 * MINUTE; time += 5 * SECOND) {
        assert.deepEqual(await denied.peek(), await other.peek())
        context.clock.advance(5 * SECOND)
      }
    })
  },

  'leaves an unused key unused when it denies': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      assert.equal((await counter.consume(6)).allowed, false)
      context.clock.advance(MINUTE / 2)
      assert.deepEqual(await counter.consume(5), verdictOfUnused(counter, 5))
    })
  },

  'admits a client that was denied 1,000 times at the very moment it was told': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      await counter.consume(5)
      const { retryAfterMs } = await counter.consume()
      for (let waited = 0; waited < 1_000; waited++) {
        const { allowed, retryAfterMs: left } = await counter.consume()
        assert.deepEqual({ allowed, left }, { allowed: false, left: (retryAfterMs * (1_000 - waited)) / 1_000 })
        context.clock.advance(retryAfterMs / 1_000)
      }
      assert.equal((await counter.consume()).allowed, true)
    })
  },

  'gives a client that asks at twice the rate its quota': async (context) => {
    await underEachAlgorithm(context, 10, SECOND, async (counter) => {
      let admitted = 0
      for (let request = 0; request < 200; request++) {
        if ((await counter.consume()).allowed) admitted += 1
        context.clock.advance(50)
      }
      // The two counters only estimate, so that after the first window the tenth unit comes late.
      const quota = counter.limit.algorithm === 'sliding-window-counter' ? 9 : 10
      assert.ok(admitted >= 10 * quota, `Expected at least ${10 * quota} of 200 in ten windows, got ${admitted}`)
    })
  },
} satisfies Record<string, StoreCase>
