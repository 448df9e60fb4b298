import assert from 'node:assert/strict'

import type { Charge, Verdict } from '@rl/core'
import fc from 'fast-check'

import { admissions, Counter, verdictOfUnused } from '../counter.ts'
import { YEAR } from '../durations.ts'
import { anyCost, anyLimit, anyTime, many } from '../histories.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

/** Some calls, each a little after the last (before it, if the clock steps back), on counters that keep their limits. */
const anyCalls = many(
  fc.record({
    afterMs: fc.oneof(
      { weight: 4, arbitrary: anyTime },
      anyTime.map((ms) => -ms),
    ),
    charges: fc.array(fc.record({ counter: fc.nat({ max: 2 }), cost: anyCost }), { minLength: 1, maxLength: 3 }),
  }),
  15,
)

/** What a verdict says of the time is true to the millisecond. */
export const waitingCases = {
  'admits a denied call after retryAfterMs, and not a millisecond earlier': async (context) => {
    const { store, clock } = context
    await afterEachCall(context, async (charges, verdicts) => {
      const waits = verdicts.map(({ allowed, retryAfterMs }) => {
        assert.equal(retryAfterMs === 0, allowed, 'Only a charge that is denied has to wait')
        return retryAfterMs
      })
      const longest = Math.max(...waits)
      if (longest === 0) return
      clock.advance(longest === Infinity ? YEAR : longest - 1)
      assert.equal(isAllowed(await store.consume(charges)), false, 'Admitted too early')
      if (longest === Infinity) return
      clock.advance(1)
      assert.equal(isAllowed(await store.consume(charges)), true, 'Denied after the wait')
    })
  },

  'has all of a limit back after resetAfterMs, and not a millisecond earlier': async (context) => {
    const { store, clock } = context
    await afterEachCall(context, async (charges, verdicts) => {
      if (!isAllowed(verdicts)) return
      const { resetAfterMs, limit } = verdicts.at(-1)!
      const { key, limit: itsLimit, cost } = charges.at(-1)!
      if (cost === 0) return
      const counter = new Counter(store, key, itsLimit)
      clock.advance(resetAfterMs - 1)
      assert.equal((await counter.peek(limit)).allowed, false, 'All of it is back too early')
      clock.advance(1)
      assert.deepEqual(await counter.peek(limit), verdictOfUnused(counter, limit))
    })
  },
} satisfies Record<string, StoreCase>

/** Makes the calls of random histories, each history with keys of its own. */
async function afterEachCall(
  { store, clock, runs, seed }: StoreCaseContext,
  check: (charges: readonly Charge[], verdicts: readonly Verdict[]) => Promise<void>,
): Promise<void> {
  let history = 0
  const property = fc.asyncProperty(fc.tuple(anyLimit, anyLimit, anyLimit), anyCalls, async (limits, calls) => {
    history += 1
    for (const { afterMs, charges } of calls) {
      clock.advance(afterMs)
      const paid = charges.map(({ counter, cost }) => ({ key: `${history}:${counter}`, limit: limits[counter]!, cost }))
      await check(paid, await store.consume(paid))
    }
  })
  await fc.assert(property, { numRuns: runs, seed })
}

function isAllowed(verdicts: readonly Verdict[]): boolean {
  return !admissions(verdicts).includes(false)
}
