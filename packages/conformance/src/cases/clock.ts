import assert from 'node:assert/strict'

import { applyAlgorithm } from '@rl/core'

import { underEachAlgorithm, verdictOfUnused } from '../counter.ts'
import { MINUTE, SECOND, YEAR } from '../durations.ts'
import type { StoreCase } from '../store-case.ts'

const STEPS_BACK = [1, 5 * SECOND, 60 * MINUTE]

/** Clocks stop, jump, and step back: limits hold nevertheless. */
export const clockCases = {
  'hands out nothing extra when the clock steps back': async (context) => {
    for (const ms of STEPS_BACK) {
      await underEachAlgorithm(context, 5, MINUTE, async (any) => {
        const counter = any.named(`${any.key}, ${ms} ms back`)
        await counter.consume(3)
        context.clock.advance(-ms)
        assert.equal((await counter.peek(0)).remaining, 2)
        assert.equal((await counter.consume(3)).allowed, false)
        assert.equal((await counter.consume(2)).allowed, true)
        assert.equal((await counter.consume(1)).allowed, false)
      })
    }
  },

  'locks nobody out for longer than one window when the clock steps back': async (context) => {
    for (const ms of STEPS_BACK) {
      await underEachAlgorithm(context, 5, MINUTE, async (any) => {
        const counter = any.named(`${any.key}, ${ms} ms back`)
        await counter.consume(5)
        context.clock.advance(-ms)
        const { allowed, retryAfterMs } = await counter.consume()
        assert.equal(allowed, false)
        assert.ok(retryAfterMs <= MINUTE, `Expected to wait for one window at most, got ${retryAfterMs} ms`)
        context.clock.advance(retryAfterMs - 1)
        assert.equal((await counter.consume()).allowed, false)
        context.clock.advance(1)
        assert.equal((await counter.consume()).allowed, true)
      })
    }
  },

  'keeps its count while the clock stands still': async (context) => {
    await underEachAlgorithm(context, 5, 1, async (counter) => {
      await counter.consume(5)
      const denial = await counter.consume()
      for (let again = 0; again < 50; again++) assert.deepEqual(await counter.consume(), denial)
    })
  },

  'has everything back when the clock jumps far ahead': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      await counter.consume(5)
      context.clock.advance(100 * YEAR)
      assert.deepEqual(await counter.consume(5), verdictOfUnused(counter, 5))
      assert.equal((await counter.consume()).allowed, false)
    })
  },

  'counts in whole milliseconds by a clock that tells fractions': async (context) => {
    const { clock } = context
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const start = clock.now
      clock.set(start + 0.5)
      const full = applyAlgorithm(counter.limit, undefined, 5, start)
      assert.deepEqual(await counter.consume(5), full.verdict)
      const { retryAfterMs } = applyAlgorithm(counter.limit, full.state, 1, start).verdict
      clock.set(start + retryAfterMs - 0.001)
      const denial = await counter.consume()
      assert.deepEqual([denial.allowed, denial.retryAfterMs], [false, 1])
      clock.set(start + retryAfterMs)
      assert.equal((await counter.consume()).allowed, true)
    })
  },

  'counts from a clock that starts at zero': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      context.clock.set(0)
      assert.deepEqual(await counter.consume(5), verdictOfUnused(counter, 5))
      const { allowed, retryAfterMs } = await counter.consume()
      assert.equal(allowed, false)
      context.clock.advance(retryAfterMs - 1)
      assert.equal((await counter.consume()).allowed, false)
      context.clock.advance(1)
      assert.equal((await counter.consume()).allowed, true)
    })
  },

  'refuses to decide by a clock that tells no time': async (context) => {
    const { clock } = context
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const start = clock.now
      await counter.consume(5)
      for (const time of [Number.NaN, Infinity, -Infinity]) {
        clock.set(time)
        await assert.rejects(counter.consume(), { code: 'RL_INVALID_CLOCK' })
        await assert.rejects(counter.refund(), { code: 'RL_INVALID_CLOCK' })
      }
      clock.set(start)
      assert.equal((await counter.consume()).allowed, false)
    })
  },
} satisfies Record<string, StoreCase>
