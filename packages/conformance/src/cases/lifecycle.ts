import assert from 'node:assert/strict'

import { oneOfEachAlgorithm } from '../counter.ts'
import { MINUTE } from '../durations.ts'
import type { StoreCase } from '../store-case.ts'

/** A store says whether it can work, and stops when it is told to. */
export const lifecycleCases = {
  'answers a ping': async ({ store }) => {
    await store.ping()
  },

  'can be closed twice': async ({ store }) => {
    await store.close()
    await store.close()
  },

  'does nothing any more once it is closed': async (context) => {
    const { store } = context
    const charges = oneOfEachAlgorithm(context, 5, MINUTE).map((counter) => counter.charge())
    await store.consume(charges)
    await store.close()
    const closed = { name: 'StoreError', code: 'RL_STORE_CLOSED' }
    await assert.rejects(async () => store.consume(charges), closed)
    await assert.rejects(async () => store.peek(charges), closed)
    await assert.rejects(async () => store.refund(charges), closed)
    await assert.rejects(async () => store.reset('key'), closed)
    await assert.rejects(async () => store.ping(), closed)
  },
} satisfies Record<string, StoreCase>
