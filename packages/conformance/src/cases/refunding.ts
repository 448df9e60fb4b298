import assert from 'node:assert/strict'

import type { Receipt } from '@rl/core'

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

  'gives a charge back from its own window, and nothing to one that opened since': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const early = await counter.spend(2)
      context.clock.advance(2 * MINUTE)
      const late = await counter.spend(3)
      await counter.refund(2, early)
      assert.equal((await counter.peek(0)).remaining, 2)
      await counter.refund(2, late)
      assert.equal((await counter.peek(0)).remaining, 4)
      await counter.refund(5, late)
      assert.equal((await counter.peek(0)).remaining, 5)
    })
  },

  'gives nothing of a charge to a window that opened after a reset': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const before = await counter.spend(2)
      await context.store.reset(counter.key)
      context.clock.advance(MINUTE / 2)
      await counter.spend(3)
      if (counter.limit.algorithm === 'token-bucket') return
      await counter.refund(2, before)
      assert.equal((await counter.peek(0)).remaining, 2)
    })
  },

  'refuses a receipt that is none': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      await counter.consume(5)
      for (const receipt of [
        {},
        { at: Number.NaN, resetAfterMs: 1 },
        { at: 0, resetAfterMs: -1 },
        { at: 0, resetAfterMs: Infinity },
      ]) {
        await assert.rejects(async () => counter.refund(1, receipt as Receipt), { code: 'RL_INVALID_REQUEST' })
      }
      assert.equal((await counter.peek(0)).remaining, 0)
    })
  },
} satisfies Record<string, StoreCase>
