import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { parseLimit } from '@rl/core'
import type { Charge, Limit } from '@rl/core'
import { describe, expect, it, vi } from 'vitest'

import { MemoryStore } from './memory-store.ts'
import type { MemoryStoreOptions } from './memory-store.ts'

const START = 1_700_000_000_000
const LIMIT = parseLimit('2 per minute')
const ALGORITHMS = ['fixed-window', 'sliding-window', 'sliding-window-counter', 'token-bucket'] as const

function storeAt(options: Omit<MemoryStoreOptions, 'clock'> = {}) {
  const clock = { now: START }
  return { clock, store: new MemoryStore({ ...options, clock: () => clock.now }) }
}

function charge(key: string, limit: Limit = LIMIT, cost = 1): Charge[] {
  return [{ key, limit, cost }]
}

function sweepAll(store: MemoryStore): void {
  while (!store.sweep());
}

describe('answers', () => {
  it('come at once, without a promise', () => {
    const { store } = storeAt()
    expect(store.consume(charge('a'))).toEqual([
      {
        allowed: true,
        limit: 2,
        remaining: 1,
        retryAfterMs: 0,
        resetAfterMs: 60_000,
        at: expect.any(Number) as number,
      },
    ])
    expect(store.peek(charge('a'))).toEqual([
      {
        allowed: true,
        limit: 2,
        remaining: 0,
        retryAfterMs: 0,
        resetAfterMs: 60_000,
        at: expect.any(Number) as number,
      },
    ])
    expect(store.refund(charge('a'))).toBeUndefined()
  })
})

describe('without options', () => {
  it('goes by the clock of the machine', () => {
    const before = Date.now()
    const [verdict] = new MemoryStore().consume(charge('a'))
    expect(verdict!.at).toBeGreaterThanOrEqual(before)
    expect(verdict!.at).toBeLessThanOrEqual(Date.now())
  })

  it('holds a million keys, and not one more', () => {
    const { store } = storeAt()
    for (let i = 0; i < 1_000_000; i++) store.consume(charge(`user:${i}`))
    expect(store.size).toBe(1_000_000)
    store.consume(charge('another'))
    expect(store.size).toBe(1_000_000)
  })
})

describe('idle keys', () => {
  it.each(ALGORITHMS)('leave nothing behind (%s)', (algorithm) => {
    const { clock, store } = storeAt()
    const limit = parseLimit({ rate: '2 per minute', algorithm })
    for (let i = 0; i < 1000; i++) store.consume(charge(`user:${i}`, limit))
    expect(store.size).toBe(1000)
    clock.now += 29_999
    sweepAll(store)
    expect(store.size).toBe(1000)
    clock.now += 120_000
    sweepAll(store)
    expect(store.size).toBe(0)
  })

  it('stay as long as they matter, however idle: a window of 30 days', () => {
    const { clock, store } = storeAt({ ttlMs: 1000 })
    const limit = parseLimit('2 per 30 days')
    store.consume(charge('a', limit, 2))
    clock.now += 30 * 86_400_000 - 1
    sweepAll(store)
    expect(store.consume(charge('a', limit))[0]).toMatchObject({ allowed: false, retryAfterMs: 1 })
    clock.now += 1
    sweepAll(store)
    expect(store.size).toBe(0)
    expect(store.consume(charge('a', limit))[0]).toMatchObject({ allowed: true })
  })

  it('go by themselves, by one timer that keeps no process alive', async () => {
    const store = new MemoryStore({ ttlMs: 20 })
    for (let i = 0; i < 1000; i++) store.consume(charge(`user:${i}`, parseLimit('2 per 10 ms')))
    await vi.waitFor(() => expect(store.size).toBe(0), { timeout: 5000, interval: 5 })

    const script = fileURLToPath(new URL('idle-process.fixture.ts', import.meta.url))
    await expect(promisify(execFile)(process.execPath, [script], { timeout: 20_000 })).resolves.toMatchObject({
      stdout: 'done\n',
    })
  })

  it('are looked for in short steps, which go on where they stopped', () => {
    const { clock, store } = storeAt()
    for (let i = 0; i < 100_000; i++) store.consume(charge(`user:${i}`))
    clock.now += 60_000
    for (let left = 100_000; left > 0; left -= 32) {
      expect(store.size).toBe(left)
      store.sweep(0)
    }
    expect(store.size).toBe(0)
  })

  it('go with later charges, a few with each, where the timer does not run', () => {
    const { clock, store } = storeAt({ ttlMs: 60_000 })
    for (let i = 0; i < 1000; i++) store.consume(charge(`user:${i}`, parseLimit('2 per second')))
    clock.now += 59_999
    store.consume(charge('one'))
    expect(store.size).toBe(1001)
    clock.now += 1
    store.consume(charge('one'))
    expect(store.size).toBe(1001 - 32)
    for (let i = 0; i < 31; i++) store.consume(charge('one', undefined, 0))
    expect(store.size).toBe(1)

    for (let i = 0; i < 10; i++) store.consume(charge(`user:${i}`, parseLimit('2 per second')))
    clock.now += 59_999
    store.consume(charge('one'))
    expect(store.size).toBe(11)
    clock.now += 1
    store.consume(charge('one'))
    expect(store.size).toBe(1)
  })

  it('may be spoken for again while a sweep is under way', () => {
    const { clock, store } = storeAt()
    for (let i = 0; i < 50_000; i++) store.consume(charge(`user:${i}`))
    clock.now += 60_000
    store.sweep()
    for (let i = 0; i < 50_000; i += 100) store.consume(charge(`user:${i}`))
    sweepAll(store)
    expect(store.size).toBe(500)
    expect(store.consume(charge('user:100', undefined, 2))[0]).toMatchObject({ allowed: false, remaining: 1 })
  })
})

describe('a clock that tells no time', () => {
  it('stops no sweep, and drops nothing', () => {
    const { clock, store } = storeAt()
    store.consume(charge('a'))
    clock.now = Number.NaN
    sweepAll(store)
    expect(store.size).toBe(1)
  })
})

describe('the ceiling on keys', () => {
  it('holds, whatever comes', () => {
    const { store } = storeAt({ maxKeys: 100 })
    for (let i = 0; i < 10_000; i++) {
      store.consume(charge(`user:${i}`, parseLimit({ rate: '2 per minute', algorithm: ALGORITHMS[i % 4]! })))
      expect(store.size).toBeLessThanOrEqual(100)
    }
    expect(store.size).toBe(100)
  })

  it('drops what is expired, of whatever algorithm, before anything else', () => {
    const { store, clock } = storeAt({ maxKeys: 6 })
    store.consume(charge('expired', parseLimit({ rate: '2 per second', algorithm: 'token-bucket' })))
    clock.now += 500
    for (let i = 0; i < 5; i++) store.consume(charge(`user:${i}`))
    store.consume(charge('another'))
    const left = (key: string) => store.peek(charge(key, undefined, 0))[0]!.remaining
    expect([0, 1, 2, 3, 4].map((i) => left(`user:${i}`))).toEqual([1, 1, 1, 1, 1])
    expect([left('another'), store.size]).toEqual([1, 6])
  })

  it('drops what would be forgotten soonest', () => {
    const { clock, store } = storeAt({ maxKeys: 10 })
    for (let i = 0; i < 10; i++) {
      store.consume(charge(`user:${i}`))
      clock.now += 1000
    }
    store.consume(charge('new'))
    expect(store.peek(charge('user:0', undefined, 0))[0]).toMatchObject({ remaining: 2 })
    expect(store.peek(charge('user:1', undefined, 0))[0]).toMatchObject({ remaining: 1 })
  })

  it('drops what would be forgotten soonest, also where it is not the first to be looked at', () => {
    const { store } = storeAt({ maxKeys: 10 })
    const rateOf = (i: number) => parseLimit(i === 5 ? '2 per second' : '2 per minute')
    for (let i = 0; i < 10; i++) store.consume(charge(`user:${i}`, rateOf(i)))
    store.consume(charge('new'))
    const left = Array.from({ length: 10 }, (_, i) => store.peek(charge(`user:${i}`, rateOf(i), 0))[0]!.remaining)
    expect(left).toEqual([1, 1, 1, 1, 1, 2, 1, 1, 1, 1])
  })

  it.each<[string, (store: MemoryStore) => void]>([
    ['has spent everything', (store) => void store.consume(charge('blocked', undefined, 2))],
    [
      'was denied with something left',
      (store) => {
        store.consume(charge('blocked'))
        store.consume(charge('blocked', undefined, 2))
      },
    ],
    [
      'was denied with something left, and was only looked at since',
      (store) => {
        store.consume(charge('blocked'))
        store.consume(charge('blocked', undefined, 2))
        store.consume(charge('blocked', undefined, 0))
      },
    ],
    [
      'has spent everything in two charges of one call',
      (store) => void store.consume([...charge('blocked'), ...charge('blocked')]),
    ],
    [
      'was denied in two charges of one call',
      (store) => {
        store.consume(charge('blocked'))
        store.consume([...charge('blocked'), ...charge('blocked')])
      },
    ],
  ])('spares a key that %s as long as there is a cold one', (_what, block) => {
    const { clock, store } = storeAt({ maxKeys: 100 })
    block(store)
    const { remaining } = store.peek(charge('blocked', undefined, 0))[0]!
    clock.now += 1000
    for (let i = 0; i < 5000; i++) store.consume(charge(`cold:${i}`))
    expect(store.peek(charge('blocked', undefined, 0))[0]).toMatchObject({ remaining })
    expect(store.consume(charge('blocked', undefined, 2))[0]).toMatchObject({ allowed: false })
  })

  it('drops blocked keys too where there are no others', () => {
    const { store } = storeAt({ maxKeys: 100 })
    for (let i = 0; i < 1000; i++) store.consume(charge(`user:${i}`, undefined, 2))
    expect(store.size).toBe(100)
    expect(store.consume(charge('user:999'))[0]).toMatchObject({ allowed: false })
  })

  it.each([
    ['live', 0],
    ['expired', 60_000],
  ])('goes on counting others exactly when it is full of blocked keys, %s ones', (_what, later) => {
    const { clock, store } = storeAt({ maxKeys: 1000 })
    for (let i = 0; i < 3000; i++) store.consume(charge(`blocked:${i}`, undefined, 2))
    clock.now += later
    const admitted = [0, 0, 0]
    for (let i = 0; i < 300; i++) {
      if (store.consume(charge(`user:${i % 3}`, parseLimit('10 per minute')))[0]!.allowed) admitted[i % 3]! += 1
    }
    expect(admitted).toEqual([10, 10, 10])
  })

  it('lets a key go like others that a refund has opened again', () => {
    const { store } = storeAt({ maxKeys: 10 })
    store.consume(charge('once-blocked', undefined, 2))
    store.refund(charge('once-blocked'))
    for (let i = 0; i < 500; i++) store.consume(charge(`user:${i}`))
    expect(store.peek(charge('once-blocked', undefined, 0))[0]).toMatchObject({ remaining: 2 })
  })

  it('lets a key that is open again go like others', () => {
    const { clock, store } = storeAt({ maxKeys: 10 })
    store.consume(charge('once-blocked', undefined, 2))
    clock.now += 60_000
    store.consume(charge('once-blocked'))
    clock.now += 1000
    for (let i = 0; i < 500; i++) store.consume(charge(`user:${i}`))
    expect(store.peek(charge('once-blocked', undefined, 0))[0]).toMatchObject({ remaining: 2 })
  })
})

describe('a key that is no string', () => {
  it('is refused, also where it is to be forgotten', () => {
    const { store } = storeAt()
    const invalid = expect.objectContaining({ code: 'RL_INVALID_KEY' }) as Error
    expect(() => store.reset(7 as never)).toThrow(invalid)
    expect(() => store.consume(charge(7 as never))).toThrow(invalid)
  })
})

describe('closing', () => {
  it('forgets everything', () => {
    const { store } = storeAt()
    for (const algorithm of ALGORITHMS) store.consume(charge('a', parseLimit({ rate: '2 per minute', algorithm })))
    store.close()
    expect(store.size).toBe(0)
  })
})

describe('memory', () => {
  it.each(ALGORITHMS)('is at most 60 bytes for each live key, key included (%s)', async (algorithm) => {
    const script = fileURLToPath(new URL('heap.fixture.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, algorithm], {
      timeout: 60_000,
    })
    expect(Number(stdout)).toBeGreaterThan(40)
    expect(Number(stdout)).toBeLessThanOrEqual(60)
  })
})

describe('a memory store is not built', () => {
  it.each([
    ['maxKeys', 0],
    ['maxKeys', Number.NaN],
    ['maxKeys', 1.5],
    ['maxKeys', '10'],
    ['ttlMs', -1],
    ['ttlMs', Infinity],
    ['clock', 1000],
  ])('with %s = %j', (option, value) => {
    expect(() => new MemoryStore({ [option]: value })).toThrow(expect.objectContaining({ code: 'RL_INVALID_OPTION' }))
  })

  it('with an unknown option', () => {
    const misspelt: object = { maxkeys: 10 }
    expect(() => new MemoryStore(misspelt)).toThrow(expect.objectContaining({ code: 'RL_UNKNOWN_OPTION' }))
  })
})
