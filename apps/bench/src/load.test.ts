import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'

import { batchesOf, load } from './load.ts'

const KEYS = ['a', 'b', 'c', 'd', 'e']

it('counts every answer, with many under way', async () => {
  let answered = 0
  const ask = async (keys: readonly string[]): Promise<number> => {
    await setImmediate()
    answered += keys.length
    return keys.length
  }
  const { asked, admitted, waitsMs } = await load(ask, batchesOf(KEYS, 2), { durationMs: 20, inFlight: 8 })
  expect(asked).toBeGreaterThan(2 * 8)
  expect([asked, admitted, 2 * waitsMs.length]).toEqual([answered, answered, answered])
})

it('goes by the clock that it is given', async () => {
  let now = 0
  const ask = async (keys: readonly string[]): Promise<number> => {
    now += 1
    return keys.length
  }
  const { asked } = await load(ask, batchesOf(KEYS, 1), { durationMs: 10, inFlight: 1, clock: () => now })
  expect(asked).toBe(10)
})

it('makes whole batches only', () => {
  expect(batchesOf(KEYS, 2)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
})
