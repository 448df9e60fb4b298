import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { TestClock } from '@rl/conformance'
import { StoreError } from '@rl/core'
import type { Store } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { SqliteStore } from '@rl/store-sqlite'
import { rateLimit } from 'express-rate-limit'
import type { RateLimitInfo } from 'express-rate-limit'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'

import { testStores } from '../../adapter-express/src/stores.fixture.ts'
import { compatStore } from './compat-store.ts'
import { appBehind, limited, serve } from './limited-app.fixture.ts'
import { admittedOf, servedOfPacket, statusesOf } from './requests.fixture.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const LOCALHOST = '127.0.0.1'
/** A busy machine may take longer than a second to answer. */
const PATIENT = { timeoutMs: 10_000 }

/** What express-rate-limit's validations have to say, they say on the console. */
const told: unknown[] = []

beforeEach(() => {
  for (const level of ['error', 'warn'] as const) {
    vi.spyOn(console, level).mockImplementation((...args: unknown[]) => void told.push(...args))
  }
})

afterEach(() => {
  vi.restoreAllMocks()
  expect(told.splice(0)).toEqual([])
})

function codesTold(): unknown[] {
  return told.splice(0).map((error) => (error as { code?: string }).code)
}

describe.each(testStores)('express-rate-limit on %s', (_name, open) => {
  it('admits exactly 100 of 200 requests at once, and counts every one of them', async () => {
    const { store, close } = await open()
    const used: number[] = []
    const limiter = rateLimit({
      limit: 100,
      windowMs: HOUR,
      store: compatStore(store, PATIENT),
      handler: (request, response) => {
        used.push((request as unknown as { rateLimit: RateLimitInfo }).rateLimit.used)
        response.sendStatus(429)
      },
    })
    const statuses = await statusesOf(200, await serve(appBehind(limiter)))
    expect(statuses.filter((status) => status === 200)).toHaveLength(100)
    expect(statuses.filter((status) => status === 429)).toHaveLength(100)
    expect(used.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => 101 + i))
    await close()
  })

  it('tells how many are left and when the window ends, and forgets who is reset', async () => {
    const { store, close } = await open()
    const limiter = rateLimit({
      limit: 1,
      windowMs: MINUTE,
      store: compatStore(store, PATIENT),
      standardHeaders: 'draft-7',
    })
    const origin = await serve(appBehind(limiter))
    const begun = Date.now()
    expect((await fetch(origin)).headers.get('ratelimit')).toBe('limit=1, remaining=0, reset=60')
    const count = await limiter.getKey(LOCALHOST)
    expect(count?.totalHits).toBe(1)
    expect(count?.resetTime?.getTime()).toBeGreaterThanOrEqual(begun + MINUTE - 1)
    expect(count?.resetTime?.getTime()).toBeLessThanOrEqual(Date.now() + MINUTE)
    const denied = await fetch(origin)
    expect(denied.status).toBe(429)
    expect(Date.now() + 1000 * Number(denied.headers.get('retry-after'))).toBeGreaterThanOrEqual(begun + MINUTE - 1)
    limiter.resetKey(LOCALHOST)
    await vi.waitFor(async () => expect(await limiter.getKey(LOCALHOST)).toBeUndefined())
    expect(await statusesOf(1, origin)).toEqual([200])
    await close()
  })

  it.each([
    ['failed', { skipFailedRequests: true }, '/404', '/200'],
    ['successful', { skipSuccessfulRequests: true }, '/200', '/404'],
  ] as const)('takes %s requests back', async (_which, skipping, skipped, counted) => {
    const { store, close } = await open()
    const compat = compatStore(store, PATIENT)
    const origin = await limited({ limit: 2, windowMs: HOUR, store: compat, ...skipping })
    for (let i = 0; i < 4; i++) {
      await statusesOf(1, origin + skipped)
      await vi.waitFor(async () => expect(await compat.get(LOCALHOST)).toBeUndefined())
    }
    const statuses = await statusesOf(2, origin + counted)
    expect(statuses).not.toContain(429)
    expect(await statusesOf(1, origin + skipped)).toEqual([429])
    await close()
  })
})

describe('compatStore', () => {
  it('leaves counted what a failing store cannot give back', async () => {
    const store = new MemoryStore()
    const compat = compatStore(store)
    compat.init({ windowMs: HOUR, skipSuccessfulRequests: true })
    await compat.increment(LOCALHOST)
    const failing = vi.spyOn(store, 'refund').mockImplementation(() => {
      throw new StoreError('RL_STORE_FAILED', 'memory', 'no disk')
    })
    await compat.decrement(LOCALHOST)
    expect([failing.mock.calls.length, (await compat.get(LOCALHOST))?.totalHits]).toEqual([1, 1])
  })

  it('admits five of ten requests in one packet at a limit of five', async () => {
    const origin = await limited({ limit: 5, windowMs: HOUR, store: compatStore(new MemoryStore()) })
    expect(await servedOfPacket(10, origin)).toBe(5)
  })

  it('counts for a limit that depends on the request', async () => {
    const origin = await limited({
      windowMs: HOUR,
      limit: async ({ query }) => Promise.resolve(query['plan'] === 'premium' ? 3 : 1),
      store: compatStore(new MemoryStore()),
    })
    expect(await statusesOf(2, origin)).toEqual([200, 429])
    expect(await statusesOf(2, `${origin}?plan=premium`)).toEqual([200, 429])
  })

  it('begins anew when the window is over, and not before', async () => {
    const clock = new TestClock()
    const origin = await limited({
      limit: 2,
      windowMs: MINUTE,
      store: compatStore(new MemoryStore({ clock: clock.read })),
    })
    expect(await admittedOf(3, origin)).toBe(2)
    clock.advance(MINUTE - 1)
    expect(await admittedOf(3, origin)).toBe(0)
    clock.advance(1)
    expect(await admittedOf(3, origin)).toBe(2)
  })

  it('takes nothing from a window that has opened since, in another process', async () => {
    const clock = new TestClock()
    const shared = new MemoryStore({ clock: clock.read })
    const [here, there] = [compatStore(shared), compatStore(shared)]
    for (const store of [here, there]) store.init({ windowMs: MINUTE, skipFailedRequests: true })
    await here.increment('a')
    clock.advance(MINUTE)
    await there.increment('a')
    await here.decrement('a')
    expect(await there.get('a')).toMatchObject({ totalHits: 1 })
    await there.decrement('a')
    expect(await there.get('a')).toBeUndefined()
  })

  it('takes a number for its text, and refuses a key that says nothing', async () => {
    const store = compatStore(new MemoryStore())
    store.init({ windowMs: MINUTE })
    await store.increment(7 as never)
    expect(await store.get('7')).toMatchObject({ totalHits: 1 })
    for (const key of [undefined, null, Number.NaN, {}]) {
      await expect(store.increment(key as never)).rejects.toMatchObject({ code: 'RL_INVALID_KEY' })
    }
  })

  it('is for one limiter: another window would lose the counts of the first', () => {
    const store = compatStore(new MemoryStore())
    store.init({ windowMs: MINUTE })
    store.init({ windowMs: MINUTE })
    expect(() => store.init({ windowMs: 1 })).toThrow(expect.objectContaining({ code: 'RL_INVALID_OPTION' }))
  })

  it('says at once that it cannot keep a window, and admits nobody', async () => {
    const origin = await limited({ limit: 1, windowMs: 0.5, store: compatStore(new MemoryStore()) })
    expect(codesTold()).toEqual([undefined, 'RL_INVALID_LIMIT'])
    const answer = await fetch(origin)
    expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining('`windowMs`')])
  })

  it.each<[string, () => unknown]>([
    ['what is no store', () => compatStore({} as never)],
    ['a prefix that is no text', () => compatStore(new MemoryStore(), { prefix: 7 as never })],
    ['a prefix that would end within', () => compatStore(new MemoryStore(), { prefix: 'a|b' })],
    ['a timeout that is none', () => compatStore(new MemoryStore(), { timeoutMs: Number.NaN })],
    ['an unknown option', () => compatStore(new MemoryStore(), { prefiks: 'a' } as never)],
  ])('refuses %s', (_what, make) => {
    expect(make).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/RL_(INVALID|UNKNOWN)_OPTION/) as unknown }),
    )
  })

  it('closes the store beneath when it is shut down', async () => {
    const beneath = new MemoryStore()
    await compatStore(beneath).shutdown()
    expect(() => beneath.peek([])).toThrow(expect.objectContaining({ code: 'RL_STORE_CLOSED' }))
  })
})

describe('two limiters on the same requests', () => {
  const limits = { limit: 2, windowMs: HOUR }

  it('count apart, each on a store of its own or with a prefix of its own', async () => {
    const shared = new MemoryStore()
    const stores = [
      compatStore(new MemoryStore()),
      compatStore(new MemoryStore()),
      compatStore(shared),
      compatStore(shared, { prefix: 'login' }),
    ]
    const origin = await serve(appBehind(...stores.map((store) => rateLimit({ ...limits, store }))))
    expect(await admittedOf(3, origin)).toBe(2)
  })

  it.each<[string, () => () => Store]>([
    [
      'memory',
      () => {
        const shared = new MemoryStore()
        return () => shared
      },
    ],
    [
      'file',
      () => {
        const path = join(mkdtempSync(join(tmpdir(), 'rl-compat-')), 'limits.db')
        onTestFinished(() => rmSync(dirname(path), { recursive: true }))
        return () => new SqliteStore({ path })
      },
    ],
  ])('are told by express-rate-limit if they count in one %s', async (_place, shared) => {
    const open = shared()
    const limiters = [1, 2].map(() => rateLimit({ ...limits, store: compatStore(open(), PATIENT) }))
    const origin = await serve(appBehind(...limiters))
    expect([await statusesOf(1, origin), await statusesOf(1, origin)].flat()).toEqual([200, 429])
    expect(codesTold()).toEqual(['ERR_ERL_DOUBLE_COUNT'])
  })
})
