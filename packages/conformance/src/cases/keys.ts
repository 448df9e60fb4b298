import assert from 'node:assert/strict'

import { splitCharge } from '@rl/core'

import { admissions, Counter, oneOfEachAlgorithm, verdictOfUnused } from '../counter.ts'
import { MINUTE } from '../durations.ts'
import { hostileKeys } from '../hostile-keys.ts'
import type { StoreCase } from '../store-case.ts'

const ONE_PER_MINUTE = { algorithm: 'fixed-window', quota: 1, windowMs: MINUTE }
const MEGABYTE = 'x'.repeat(1_000_000)

/** Every string is a key, and no two of them share a counter. */
export const keyCases = {
  'counts different keys apart, whatever they are': async (context) => {
    for (const { limit } of oneOfEachAlgorithm(context, 1, MINUTE)) {
      await countsApart(hostileKeys.map((key) => new Counter(context.store, key, limit)))
    }
  },

  'counts keys of a megabyte apart': async ({ store }) => {
    const keys = [MEGABYTE, `${MEGABYTE}x`, `${MEGABYTE}y`, `y${MEGABYTE}`]
    await countsApart(keys.map((key) => new Counter(store, key, ONE_PER_MINUTE)))
  },

  'counts a key of two parts as what they are joined to': async (context) => {
    for (const { limit } of oneOfEachAlgorithm(context, 1, MINUTE)) {
      for (const key of hostileKeys) {
        const cut = key.length >> 1
        const charge = splitCharge(key.slice(0, cut), key.slice(cut), limit, 1)
        assert.deepEqual(admissions(await context.store.consume([charge])), [true], `${shown(key)} shares a counter`)
        const { allowed } = await new Counter(context.store, key, limit).consume()
        assert.equal(allowed, false, `${shown(key)} is not what its parts were counted under`)
      }
    }
  },

  'counts one key apart under each algorithm': async (context) => {
    // With one of these marks between the algorithm and the key, or none, two different pairs could have one name.
    const keys = ['', ':', '|', '/', ' ', '\0'].flatMap((mark) => [`${mark}x`, `-counter${mark}x`])
    const counters = oneOfEachAlgorithm(context, 1, MINUTE)
    await countsApart(keys.flatMap((key) => counters.map((counter) => counter.named(key))))
  },

  'forgets a key that is reset, under all algorithms': async (context) => {
    const { store } = context
    const counters = oneOfEachAlgorithm(context, 5, MINUTE).map((counter) => counter.named('reset'))
    const others = counters.map((counter) => counter.named('other'))
    for (const counter of [...counters, ...others]) await counter.consume(5)
    await store.reset('reset')
    for (const counter of counters) assert.deepEqual(await counter.consume(5), verdictOfUnused(counter, 5))
    for (const other of others) assert.equal((await other.consume()).allowed, false)
    await store.reset('never used')
  },

  'forgets no key but the one that is reset, whatever it is': async ({ store }) => {
    const counters = hostileKeys.map((key) => new Counter(store, key, ONE_PER_MINUTE))
    const charges = counters.map((counter) => counter.charge())
    for (const counter of counters) await counter.consume()
    for (const [index, { key }] of counters.entries()) {
      await store.reset(key)
      const expected = counters.map((_, i) => i <= index)
      assert.deepEqual(admissions(await store.peek(charges)), expected, `After the reset of ${shown(key)}`)
    }
  },
} satisfies Record<string, StoreCase>

/** Each admits one unit, whatever the others have spent, and then no more. */
async function countsApart(counters: readonly Counter[]): Promise<void> {
  for (const [expected, fault] of [
    [true, 'shares a counter'],
    [false, 'is not counted'],
  ] as const) {
    for (const counter of counters) {
      assert.equal((await counter.consume()).allowed, expected, `${shown(counter.key)} ${fault}`)
    }
  }
}

function shown(key: string): string {
  return key.length > 80 ? `${JSON.stringify(key.slice(0, 80))} … (${key.length})` : JSON.stringify(key)
}
