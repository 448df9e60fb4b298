import assert from 'node:assert/strict'

import { applyAlgorithm } from '@rl/core'

import { underEachAlgorithm } from '../counter.ts'
import { MINUTE, SECOND } from '../durations.ts'
import type { StoreCase } from '../store-case.ts'

/** The limit comes with every charge: a store keeps what was spent, never what it was spent from. */
export const changedLimitCases = {
  'keeps what was spent when the quota rises': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      await counter.consume(4)
      const higher = counter.under({ quota: 8 })
      assert.equal((await higher.consume(5)).allowed, false)
      assert.equal((await higher.consume(4)).allowed, true)
      assert.equal((await higher.consume(1)).allowed, false)
    })
  },

  'keeps what was spent when the quota falls': async (context) => {
    await underEachAlgorithm(context, 8, MINUTE, async (counter) => {
      await counter.consume(3)
      const lower = counter.under({ quota: 5 })
      assert.equal((await lower.consume(3)).allowed, false)
      assert.equal((await lower.consume(2)).allowed, true)
      const lowest = counter.under({ quota: 2 })
      const { allowed, remaining } = await lowest.consume()
      assert.deepEqual({ allowed, remaining }, { allowed: false, remaining: 0 })
    })
  },

  'hands out nothing extra where two limits take turns on one key': async (context) => {
    await underEachAlgorithm(context, 60, 10 * MINUTE, async (slow) => {
      const fast = slow.under({ quota: 6, windowMs: 10 * SECOND })
      let admitted = 0
      for (let elapsed = 0; elapsed < 10 * MINUTE; elapsed += SECOND) {
        for (const counter of [slow, fast]) if ((await counter.consume()).allowed) admitted += 1
        context.clock.advance(SECOND)
      }
      // Each of them alone, with the seam of two windows, or a bucket that was full at first.
      const most = 2 * 60 + 6 * 61
      assert.ok(admitted <= most, `Expected at most ${most} admissions in ten minutes, got ${admitted}`)
    })
  },

  'decides under a longer or shorter window as the algorithm does': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (any) => {
      for (const windowMs of [SECOND, 59 * SECOND, 61 * SECOND, 60 * MINUTE]) {
        const before = any.named(`${any.key}, now ${windowMs} ms`)
        const after = before.under({ windowMs })
        let state = applyAlgorithm(before.limit, undefined, 4, context.clock.now).state
        await before.consume(4)
        for (const cost of [2, 1, 1, 5, 1]) {
          context.clock.advance(SECOND / 2 + 1)
          const expected = applyAlgorithm(after.limit, state, cost, context.clock.now)
          assert.deepEqual(await after.consume(cost), expected.verdict, `After the window has become ${windowMs} ms`)
          state = expected.state
        }
      }
    })
  },
} satisfies Record<string, StoreCase>
