import assert from 'node:assert/strict'

import { applyAlgorithm } from '@rl/core'

import { Counter, underEachAlgorithm, verdictOfUnused } from '../counter.ts'
import { MINUTE, SECOND, YEAR } from '../durations.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

/** As many units as are asked for are admitted: never one more, never one less. */
export const exactnessCases = {
  'denies the sixth of five': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      for (const left of [4, 3, 2, 1, 0]) {
        const { allowed, limit, remaining } = await counter.consume()
        assert.deepEqual({ allowed, limit, remaining }, { allowed: true, limit: 5, remaining: left })
      }
      const { allowed, limit, remaining } = await counter.consume()
      assert.deepEqual({ allowed, limit, remaining }, { allowed: false, limit: 5, remaining: 0 })
    })
  },

  'admits exactly 100 of 200 concurrent calls at 100': async (context) => {
    await underEachAlgorithm(context, 100, MINUTE, async (counter) => {
      const verdicts = await Promise.all(Array.from({ length: 200 }, () => counter.consume()))
      assert.equal(verdicts.filter(({ allowed }) => allowed).length, 100)
      const left = verdicts.filter(({ allowed }) => allowed).map(({ remaining }) => remaining)
      assert.equal(new Set(left).size, 100, 'Each admitted call leaves another number of units')
    })
  },

  'loses nothing where calls and refunds come at once': async (context) => {
    await underEachAlgorithm(context, 100, MINUTE, async (counter) => {
      await counter.consume(50)
      await Promise.all(Array.from({ length: 60 }, (_, i) => (i % 2 ? counter.consume(2) : counter.refund(1))))
      assert.equal((await counter.peek(0)).remaining, 20)
    })
  },

  'denies a cost that does not fit, and admits a smaller one that does': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      assert.equal((await counter.consume(3)).remaining, 2)
      assert.equal((await counter.consume(3)).allowed, false)
      assert.equal((await counter.consume(2)).allowed, true)
      assert.equal((await counter.consume(1)).allowed, false)
    })
  },

  'denies a cost above the quota for ever': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      assert.deepEqual(await counter.consume(6), {
        allowed: false,
        limit: 5,
        remaining: 5,
        retryAfterMs: Infinity,
        resetAfterMs: 0,
      })
      context.clock.advance(MINUTE / 2)
      assert.deepEqual(await counter.consume(5), verdictOfUnused(counter, 5))
      const { allowed, remaining, retryAfterMs } = await counter.consume(6)
      assert.deepEqual({ allowed, remaining, retryAfterMs }, { allowed: false, remaining: 0, retryAfterMs: Infinity })
    })
  },

  'denies everyone for ever at 0 per minute': async (context) => {
    await underEachAlgorithm(context, 0, MINUTE, async (counter) => {
      const never = { allowed: false, limit: 0, remaining: 0, retryAfterMs: Infinity, resetAfterMs: 0 }
      assert.deepEqual(await counter.consume(), never)
      context.clock.advance(YEAR)
      assert.deepEqual(await counter.consume(), never)
      assert.deepEqual(await counter.consume(0), { ...never, allowed: true, retryAfterMs: 0 })
    })
  },

  'only reads where the cost is 0, which always fits': async (context) => {
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      assert.deepEqual(await counter.consume(0), verdictOfUnused(counter, 0))
      context.clock.advance(MINUTE / 2)
      assert.deepEqual(
        await counter.consume(5),
        verdictOfUnused(counter, 5),
        'A window begins with what is spent in it',
      )
      const { allowed, remaining, retryAfterMs } = await counter.consume(0)
      assert.deepEqual({ allowed, remaining, retryAfterMs }, { allowed: true, remaining: 0, retryAfterMs: 0 })
      assert.equal((await counter.consume(1)).allowed, false)
    })
  },

  'admits a burst, and from then on the rate': async (context) => {
    const limit = { algorithm: 'token-bucket', quota: 10, windowMs: SECOND, burst: 3 }
    const bucket = new Counter(context.store, 'bucket', limit)
    assert.deepEqual(await bucket.consume(4), { ...verdictOfUnused(bucket, 0), allowed: false, retryAfterMs: Infinity })
    assert.equal((await bucket.consume(3)).remaining, 0)
    for (let token = 1; token <= 25; token++) {
      context.clock.advance(99)
      assert.equal((await bucket.consume()).allowed, false, `Token ${token} is there a millisecond early`)
      context.clock.advance(1)
      assert.equal((await bucket.consume()).allowed, true, `Token ${token} is not there in time`)
    }
    context.clock.advance(MINUTE)
    assert.equal((await bucket.peek(0)).remaining, 3, 'An idle bucket fills up to the burst')
  },

  'counts without loss up to 2^53': async (context) => {
    const most = Number.MAX_SAFE_INTEGER
    await underEachAlgorithm(context, most, 1, async (counter) => {
      assert.equal((await counter.consume(most - 2)).remaining, 2)
      assert.equal((await counter.consume(1)).remaining, 1)
      assert.equal((await counter.consume(2)).allowed, false)
      assert.equal((await counter.consume(1)).remaining, 0)
      assert.equal((await counter.consume(1)).allowed, false)
    })
  },

  'counts in windows of a millisecond': async (context) => {
    await underEachAlgorithm(context, 5, 1, (counter) => spendsOneWindow(context, counter))
  },

  'counts in windows of a year': async (context) => {
    await underEachAlgorithm(context, 5, YEAR, (counter) => spendsOneWindow(context, counter))
  },
} satisfies Record<string, StoreCase>

/** Spends all, is denied, waits, and spends again: with the very verdicts of the pure function. */
async function spendsOneWindow({ clock }: StoreCaseContext, counter: Counter): Promise<void> {
  const full = applyAlgorithm(counter.limit, undefined, 5, clock.now)
  assert.deepEqual(await counter.consume(5), full.verdict)
  const denial = applyAlgorithm(counter.limit, full.state, 1, clock.now).verdict
  assert.deepEqual(await counter.consume(), denial)
  clock.advance(denial.retryAfterMs - 1)
  assert.equal((await counter.consume()).allowed, false)
  clock.advance(1)
  assert.equal((await counter.consume()).allowed, true)
}
