import assert from 'node:assert/strict'

import type { Charge, Limit, Verdict } from '@rl/core'
import fc from 'fast-check'

import { anyCost, anyLimit, anyTime, many } from '../histories.ts'
import { ReferenceStore } from '../reference-store.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

/** Few keys and few limits, by their places in a list, so that they meet. */
interface AbstractCharge {
  readonly key: number
  readonly limit: number
  readonly cost: number
}

type Step =
  | { readonly do: 'consume'; readonly charges: readonly AbstractCharge[] }
  | { readonly do: 'peek'; readonly charges: readonly AbstractCharge[] }
  | { readonly do: 'refund'; readonly charges: readonly AbstractCharge[] }
  | { readonly do: 'give back'; readonly ago: number; readonly cost: number }
  | { readonly do: 'reset'; readonly key: number }
  | { readonly do: 'turn the clock'; readonly byMs: number }
  | { readonly do: 'wait'; readonly until: 'retryAfterMs' | 'resetAfterMs'; readonly lessMs: 0 | 1 }

const anyKey = fc.nat({ max: 2 })
const anyCharges = fc.array(fc.record({ key: anyKey, limit: fc.nat({ max: 2 }), cost: anyCost }), {
  minLength: 1,
  maxLength: 4,
})
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('consume'), charges: anyCharges }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('peek', 'refund'), charges: anyCharges }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('give back'), ago: fc.nat({ max: 4 }), cost: anyCost }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset'), key: anyKey }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turn the clock'), byMs: anyTime }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('turn the clock'), byMs: anyTime.map((ms) => -ms) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait'),
      until: fc.constantFrom('retryAfterMs', 'resetAfterMs'),
      lessMs: fc.constantFrom(0, 1),
    }),
  },
)

/** Random histories, held against core's own functions over a map. What the other cases did not think of. */
export const modelCases = {
  'decides every history as the algorithms do': async (context) => {
    let history = 0
    const limits = fc.array(anyLimit, { minLength: 1, maxLength: 3 })
    const property = fc.asyncProperty(limits, many(anyStep, 40), async (limits, steps) => {
      history += 1
      await playBoth(context, `${history}:`, limits, steps)
    })
    await fc.assert(property, { numRuns: context.runs, seed: context.seed })
  },
} satisfies Record<string, StoreCase>

async function playBoth(
  { store, clock }: StoreCaseContext,
  prefix: string,
  limits: readonly Limit[],
  steps: readonly Step[],
): Promise<void> {
  const reference = new ReferenceStore({ clock: clock.read })
  const charged = (charges: readonly AbstractCharge[]): readonly Charge[] =>
    charges.map(({ key, limit, cost }) => ({ key: prefix + key, limit: limits[limit % limits.length]!, cost }))
  let last: readonly Verdict[] = []
  /** Charges that were admitted, the latest first, with their receipts. */
  const spent: Charge[] = []
  for (const step of steps) {
    switch (step.do) {
      case 'consume':
      case 'peek':
        last = reference[step.do](charged(step.charges))
        assert.deepEqual(await store[step.do](charged(step.charges)), last)
        if (step.do === 'consume' && last.every(({ allowed }) => allowed)) {
          for (const [i, charge] of charged(step.charges).entries()) {
            const { at = Number.NaN, resetAfterMs } = last[i]!
            spent.unshift({ ...charge, receipt: { at, resetAfterMs } })
          }
        }
        break
      case 'give back': {
        const charge = spent[step.ago]
        if (!charge) break
        reference.refund([{ ...charge, cost: step.cost }])
        await store.refund([{ ...charge, cost: step.cost }])
        break
      }
      case 'refund':
        reference.refund(charged(step.charges))
        await store.refund(charged(step.charges))
        break
      case 'reset':
        await resetBoth(prefix + step.key)
        break
      case 'wait': {
        const waits = last.map((verdict) => verdict[step.until]).filter((ms) => ms > 0 && ms < Infinity)
        if (waits.length > 0) clock.advance(Math.max(...waits) - step.lessMs)
        break
      }
      case 'turn the clock': {
        const to = clock.now + step.byMs
        // What a store may have dropped by now would matter again then.
        for (const { key, expiresAt } of reference.entries.values()) {
          if (to < expiresAt && expiresAt <= clock.now) await resetBoth(key)
        }
        clock.set(to)
      }
    }
  }

  async function resetBoth(key: string): Promise<void> {
    reference.reset(key)
    await store.reset(key)
  }
}
