import { expect, it } from 'vitest'

import { RequestError } from '../errors.ts'
import type { Verdict } from '../algorithms/algorithm.ts'
import { parseLimit } from '../limits/parse-limit.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import { GuardedStore } from './guarded-store.ts'
import { MapStore } from './map-store.fixture.ts'
import type { Charge } from './store.ts'

const charges: Charge[] = [{ key: 'a', limit: parseLimit('1000 per minute'), cost: 1 }]

function guarded() {
  const state = { now: 0, error: undefined as Error | undefined, asked: 0 }
  class FlakyStore extends MapStore {
    override async consume(charged: readonly Charge[]) {
      state.asked += 1
      if (state.error) throw state.error
      return Promise.resolve(super.consume(charged))
    }
  }
  const guard = new GuardedStore(new FlakyStore(), 1000, { clock: () => state.now })
  /** How many of so many calls at once reach the store, and how many fail. */
  async function call(count: number) {
    state.asked = 0
    const answers = await Promise.allSettled(Array.from({ length: count }, async () => guard.consume(charges)))
    return { asked: state.asked, failed: answers.filter(({ status }) => status === 'rejected').length }
  }
  return { state, guard, call }
}

it('leaves a dead store alone, and finds out by one call at a time when it is back', async () => {
  const { state, guard, call } = guarded()
  state.error = new Error('no connection')
  for (let i = 0; i < 5; i++) expect(await call(1)).toEqual({ asked: 1, failed: 1 })
  expect([guard.retryAfterMs, guard.isLeftAlone]).toEqual([500, true])
  state.now += 499
  expect(await call(100)).toEqual({ asked: 0, failed: 100 })
  expect([guard.retryAfterMs, guard.isLeftAlone]).toEqual([1, true])
  state.now += 1
  expect(guard.isLeftAlone).toBe(false)
  expect(await call(100)).toEqual({ asked: 1, failed: 100 })
  expect(guard.isLeftAlone).toBe(true)
  state.error = undefined
  state.now += 499
  expect(await call(100)).toEqual({ asked: 0, failed: 100 })
  state.now += 1
  expect(await call(100)).toEqual({ asked: 1, failed: 99 })
  expect(await call(100)).toEqual({ asked: 100, failed: 0 })
})

it('does not take what a store answers from memory for a sign of life', async () => {
  let isDead = true
  class RememberingStore extends MapStore {
    override consume(charged: readonly Charge[]): MaybePromise<readonly Verdict[]> {
      if (charged[0]!.key === 'known') return super.consume(charged)
      return isDead ? Promise.reject(new Error('no connection')) : Promise.resolve(super.consume(charged))
    }
  }
  let now = 0
  const guard = new GuardedStore(new RememberingStore(), 1000, { clock: () => now })
  const known = charges.map((charge) => ({ ...charge, key: 'known' }))
  for (let i = 0; i < 5; i++) {
    await expect(guard.consume(charges)).rejects.toThrow('no connection')
    if (i < 4) expect(guard.consume(known)).toHaveLength(1)
  }
  expect(() => guard.consume(charges)).toThrow(expect.objectContaining({ code: 'RL_STORE_UNAVAILABLE' }))
  now = 500
  isDead = false
  expect(guard.consume(known)).toHaveLength(1)
  expect(await guard.consume(charges)).toHaveLength(1)
})

it('is not opened by failures that are not in a row', async () => {
  const { state, call } = guarded()
  for (let i = 0; i < 20; i++) {
    state.error = i % 5 === 4 ? undefined : new Error('no connection')
    expect((await call(1)).asked).toBe(1)
  }
})

it('is not opened by the mistakes of callers', async () => {
  const { state, call } = guarded()
  state.error = new RequestError('RL_INVALID_COST', 'no cost')
  for (let i = 0; i < 20; i++) expect((await call(1)).asked).toBe(1)
})
