import assert from 'node:assert/strict'
import { inspect } from 'node:util'

import type { Charge, Limit } from '@rl/core'

import { Counter, underEachAlgorithm, verdictOfUnused } from '../counter.ts'
import { MINUTE, YEAR } from '../durations.ts'
import type { StoreCase, StoreCaseContext } from '../store-case.ts'

const NO_WHOLE_NUMBERS = [Number.NaN, -1, 1.5, Infinity, -Infinity, 2 ** 53, '2', '', null, true, 2n, [2], {}]

/** What is not well formed is refused: it never counts as nothing, and never disables a limit. */
export const hostileInputCases = {
  'refuses a cost that is no whole number': async (context) => {
    for (const cost of [...NO_WHOLE_NUMBERS, undefined]) await refuses(context, { cost }, 'RL_INVALID_COST')
  },

  'refuses a quota that is no whole number': async (context) => {
    for (const quota of [...NO_WHOLE_NUMBERS, undefined]) await refusesLimit(context, { quota })
  },

  'refuses a window that is no whole number from a millisecond to a year': async (context) => {
    for (const windowMs of [...NO_WHOLE_NUMBERS, undefined, 0, YEAR + 1]) await refusesLimit(context, { windowMs })
  },

  'refuses a burst that is no whole number of at least 1, or not for its algorithm': async (context) => {
    for (const burst of [...NO_WHOLE_NUMBERS, 0]) await refusesLimit(context, { algorithm: 'token-bucket', burst })
    await refusesLimit(context, { algorithm: 'fixed-window', burst: 5 })
  },

  'refuses a limit that it would lose count of': async (context) => {
    await refusesLimit(context, { algorithm: 'token-bucket', quota: 2 ** 40, windowMs: YEAR })
    await refusesLimit(context, { algorithm: 'sliding-window-counter', quota: 2 ** 40, windowMs: YEAR })
  },

  'refuses an algorithm that it does not know': async (context) => {
    for (const algorithm of ['', 'fixed', 'Fixed-Window', '__proto__', 'constructor', 'toString', null, undefined, 0]) {
      await refusesLimit(context, { algorithm })
    }
  },

  'refuses a key that is no string': async (context) => {
    for (const key of [42, null, undefined, true, {}, ['x'], Symbol('x')]) {
      await refuses(context, { key }, 'RL_INVALID_KEY')
    }
  },

  'charges nothing where it refuses one of several charges': async (context) => {
    const { store } = context
    await underEachAlgorithm(context, 5, MINUTE, async (counter) => {
      const charges = [counter.charge(), { ...counter.charge(), cost: Number.NaN }, counter.charge()]
      await assert.rejects(async () => store.consume(charges), { code: 'RL_INVALID_COST' })
      assert.deepEqual(await counter.consume(5), verdictOfUnused(counter, 5))
      await assert.rejects(async () => store.refund(charges), { code: 'RL_INVALID_COST' })
      assert.equal((await counter.peek(0)).remaining, 0)
    })
  },
} satisfies Record<string, StoreCase>

/** Refuses to spend, to look, and to give back, and goes on counting as before. */
async function refuses({ store }: StoreCaseContext, malformed: object, code: string): Promise<void> {
  const counter = new Counter(store, 'key', { algorithm: 'fixed-window', quota: 5, windowMs: MINUTE })
  const charges = [{ ...counter.charge(), ...malformed } as Charge]
  for (const call of ['consume', 'peek', 'refund'] as const) {
    await assert.rejects(async () => store[call](charges), { code }, `Expected ${call} to refuse ${inspect(malformed)}`)
  }
  assert.equal((await counter.peek(0)).remaining, 5)
}

async function refusesLimit(context: StoreCaseContext, malformed: object): Promise<void> {
  const limit = { algorithm: 'fixed-window', quota: 5, windowMs: MINUTE, ...malformed } as Limit
  await refuses(context, { limit }, 'RL_INVALID_LIMIT')
}
