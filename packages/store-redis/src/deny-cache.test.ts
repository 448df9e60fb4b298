import { parseLimit } from '@rl/core'
import type { Charge, Verdict } from '@rl/core'
import { expect, it } from 'vitest'

import { DenyCache } from './deny-cache.ts'
import type { Asked } from './deny-cache.ts'

const limit = parseLimit('5 per minute')
const one: Charge = { key: 'a', limit, cost: 1 }
const denial: Verdict = { allowed: false, limit: 5, remaining: 0, retryAfterMs: 800, resetAfterMs: 3000 }

const asking = (cache: DenyCache): Asked => ({ at: cache.now(), epoch: cache.epoch })

function cacheAt() {
  const clock = { now: 0 }
  return { clock, cache: new DenyCache(10, () => clock.now) }
}

it('answers until the wait is over, counted from when it was asked for', () => {
  const { clock, cache } = cacheAt()
  const asked = asking(cache)
  clock.now = 40
  cache.learn('a', one, denial, asked)
  expect(cache.get('a', one)).toEqual(denial)
  clock.now = 799.5
  expect(cache.get('a', one)).toEqual({ ...denial, retryAfterMs: 41, resetAfterMs: 2241 })
  clock.now = 800
  expect(cache.get('a', one)).toBeUndefined()
})

it('asks again after a second, for another process may have given back', () => {
  const { clock, cache } = cacheAt()
  cache.learn('a', one, { ...denial, retryAfterMs: 3_600_000 }, asking(cache))
  clock.now = 999
  expect(cache.get('a', one)).toMatchObject({ retryAfterMs: 3_599_001 })
  clock.now = 1000
  expect(cache.get('a', one)).toBeUndefined()
})

it('does not answer by a clock that has stepped back, nor once it is past that moment again', () => {
  const { clock, cache } = cacheAt()
  cache.learn('a', one, denial, asking(cache))
  for (const now of [-1, 1]) {
    clock.now = now
    expect(cache.get('a', one)).toBeUndefined()
  }
})

it('forgets a denial once the server has said something newer of its key', () => {
  const { cache } = cacheAt()
  cache.learn('a', one, denial, asking(cache))
  const wider = { ...one, limit: parseLimit('6 per minute') }
  cache.learn('a', wider, { ...denial, allowed: true, limit: 6, retryAfterMs: 0 }, asking(cache))
  expect(cache.get('a', one)).toBeUndefined()
})

it('of no size remembers nothing', () => {
  const cache = new DenyCache(0, () => 0)
  cache.learn('a', one, denial, asking(cache))
  expect(cache.get('a', one)).toBeUndefined()
})

it('answers for the same limit and for one unit only', () => {
  const { cache } = cacheAt()
  cache.learn('a', one, denial, asking(cache))
  expect(cache.get('a', { ...one, cost: 2 })).toBeUndefined()
  expect(cache.get('a', { ...one, cost: 0 })).toBeUndefined()
  expect(cache.get('a', { ...one, limit: parseLimit('6 per minute') })).toBeUndefined()
  expect(cache.get('a', { ...one, limit: parseLimit('5 per hour') })).toBeUndefined()
  expect(cache.get('b', one)).toBeUndefined()
  expect(cache.get('a', { ...one, limit: { ...limit } })).toEqual(denial)
})

it.each<[string, Partial<Verdict>, number]>([
  ['an admission', { allowed: true }, 1],
  ['a denial that leaves something', { remaining: 1 }, 1],
  ['a denial of several units', {}, 2],
  ['a denial for ever', { retryAfterMs: Infinity }, 1],
])('does not remember %s', (_what, verdict, cost) => {
  const { cache } = cacheAt()
  cache.learn('a', { ...one, cost }, { ...denial, ...verdict }, asking(cache))
  expect(cache.get('a', one)).toBeUndefined()
})

it('does not learn what was asked before something was forgotten', () => {
  const { cache } = cacheAt()
  const asked = asking(cache)
  cache.forget(['a'])
  cache.learn('a', one, denial, asked)
  expect(cache.get('a', one)).toBeUndefined()
})
