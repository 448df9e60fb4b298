import { expect, it } from 'vitest'

import { RateLimiter } from '../limiter/rate-limiter.ts'
import { HitCounter } from './hit-counter.ts'
import { MapStore } from './map-store.fixture.ts'

const MINUTE = 60_000

/** A counter on a store whose clock is turned by hand. */
function counterAt(now = 0) {
  const time = { now }
  const store = new MapStore(() => time.now)
  return { time, store, counter: new HitCounter(store) }
}

it('counts the hits of a window that opens with the first, and begins anew when it is over', async () => {
  const { time, counter } = counterAt()
  expect(await counter.hit('a', MINUTE)).toEqual({
    hits: 1,
    resetAfterMs: MINUTE,
    receipt: { at: 0, resetAfterMs: MINUTE },
  })
  time.now = MINUTE - 1
  expect(await counter.hit('a', MINUTE)).toMatchObject({ hits: 2, resetAfterMs: 1 })
  time.now = MINUTE
  expect(await counter.hit('a', MINUTE)).toMatchObject({ hits: 1, resetAfterMs: MINUTE })
})

it('reads without counting', async () => {
  const { store, counter } = counterAt()
  expect(await counter.read('a', MINUTE)).toMatchObject({ hits: 0, resetAfterMs: 0 })
  expect(store.states.size).toBe(0)
  await counter.hit('a', MINUTE)
  expect(await counter.read('a', MINUTE)).toMatchObject({ hits: 1, resetAfterMs: MINUTE })
})

it('gives back to the window of the receipt alone, and without one to whatever counts', async () => {
  const { time, counter } = counterAt()
  const { receipt } = await counter.hit('a', MINUTE)
  time.now = MINUTE
  await counter.hit('a', MINUTE)
  await counter.giveBack('a', MINUTE, receipt)
  expect(await counter.read('a', MINUTE)).toMatchObject({ hits: 1 })
  await counter.giveBack('a', MINUTE)
  expect(await counter.read('a', MINUTE)).toMatchObject({ hits: 0 })
})

it('forgets a key, and no other', async () => {
  const { counter } = counterAt()
  for (const key of ['a', 'b']) await counter.hit(key, MINUTE)
  await counter.reset('a')
  expect(await counter.read('a', MINUTE)).toMatchObject({ hits: 0 })
  expect(await counter.read('b', MINUTE)).toMatchObject({ hits: 1 })
})

it('counts apart from other prefixes, and from limiters on the same store', async () => {
  const { store, counter } = counterAt()
  const ip = '203.0.113.7'
  for (const namespace of [undefined, 'hits']) {
    await new RateLimiter({ store, ...(namespace !== undefined && { namespace }) }).isAllowed({ ip })
  }
  for (const other of [counter, ...['ip', 'hits'].map((prefix) => new HitCounter(store, { prefix }))]) {
    for (const key of [ip, `ip:${ip}`]) expect(await other.hit(key, MINUTE)).toMatchObject({ hits: 1 })
  }
})

it('tells no receipt where the store tells no time', async () => {
  class Timeless extends MapStore {
    override consume(charges: Parameters<MapStore['consume']>[0]) {
      return super.peek(charges).map(({ at: _at, ...verdict }) => verdict)
    }
  }
  expect(await new HitCounter(new Timeless()).hit('a', MINUTE)).toMatchObject({ hits: 1, receipt: undefined })
})

it('waits for the store no longer than it is told to', async () => {
  class Hanging extends MapStore {
    override async consume() {
      return new Promise<never>(() => {})
    }
  }
  const counter = new HitCounter(new Hanging(), { timeoutMs: 1 })
  await expect(counter.hit('a', MINUTE)).rejects.toMatchObject({ code: 'RL_STORE_TIMEOUT' })
})
