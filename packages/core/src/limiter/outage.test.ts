import { describe, expect, it, vi } from 'vitest'

import type { Verdict } from '../algorithms/algorithm.ts'
import { MapStore } from '../stores/map-store.fixture.ts'
import type { Charge, Store } from '../stores/store.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { RateLimiterOptions } from './rate-limiter-options.ts'

const IP = '203.0.113.7'
const TIMEOUT_MS = 20

/** A store in front of which somebody stands: it fails, or keeps its answers back, until it is told otherwise. */
class FlakyStore extends MapStore {
  state: 'well' | 'failing' | 'hanging' = 'failing'
  readonly #held: (() => void)[] = []

  override async consume(charges: readonly Charge[]): Promise<readonly Verdict[]> {
    if (this.state === 'failing') {
      this.asked.push('consume')
      throw new Error('no connection')
    }
    if (this.state === 'hanging') await new Promise<void>((resolve) => this.#held.push(resolve))
    return super.consume(charges)
  }

  /** Does all that was asked meanwhile, as a server does that was only slow. */
  recover(): void {
    this.state = 'well'
    for (const resume of this.#held.splice(0)) resume()
  }
}

function limiterOf(options: Omit<RateLimiterOptions, 'store'> = {}) {
  const store = new FlakyStore()
  const limiter = new RateLimiter<string, string>({ store, timeoutMs: TIMEOUT_MS, ip: '2 per minute', ...options })
  return { store, limiter }
}

describe('a store that fails', () => {
  it('lets requests pass uncounted by default, and the result says so', async () => {
    const { limiter } = limiterOf()
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({
      allowed: true,
      degraded: 'allow',
      policy: undefined,
      limit: Infinity,
      policies: [],
    })
  })

  it('denies where the rule says so, for another reason than a spent quota', async () => {
    const { limiter } = limiterOf({ onStoreError: 'deny' })
    const { allowed, degraded, reason, policy, retryAfterMs } = await limiter.isAllowed({ ip: IP })
    expect([allowed, degraded, reason, policy]).toEqual([false, 'deny', 'temporary-reduced-capacity', 'ip'])
    expect(retryAfterMs).toBeGreaterThan(0)
    expect(retryAfterMs).toBeLessThanOrEqual(500)
  })

  it('is held against each rule as that rule says', async () => {
    const endpoints = { '/pay': { rate: '9 per minute', onStoreError: 'deny' }, '/read': '9 per minute' } as const
    const { limiter } = limiterOf({ endpoints })
    expect(await limiter.isAllowed({ ip: IP, endpoint: '/read' })).toMatchObject({ allowed: true, degraded: 'allow' })
    expect(await limiter.isAllowed({ ip: IP, endpoint: '/pay' })).toMatchObject({ allowed: false, policy: '/pay' })
  })

  it('gives way to a fallback, which counts as exactly', async () => {
    const fallback = new MapStore()
    const { limiter } = limiterOf({ fallback })
    const answers = [
      await limiter.isAllowed({ ip: IP }),
      await limiter.isAllowed({ ip: IP }),
      await limiter.isAllowed({ ip: IP }),
    ]
    expect(answers.map(({ allowed, degraded, remaining }) => [allowed, degraded, remaining])).toEqual([
      [true, 'fallback', 1],
      [true, 'fallback', 0],
      [false, 'fallback', 0],
    ])
    expect(answers[2]!.reason).toBe('quota-exceeded')
    expect(await limiter.peek({ ip: IP })).toMatchObject({ allowed: true, degraded: undefined })
  })

  it('falls back on onStoreError where the fallback fails as well', async () => {
    expect(await limiterOf({ fallback: new FlakyStore() }).limiter.isAllowed({ ip: IP })).toMatchObject({
      degraded: 'allow',
    })
    const strict = limiterOf({ fallback: new FlakyStore(), onStoreError: 'deny' }).limiter
    expect(await strict.isAllowed({ ip: IP })).toMatchObject({ allowed: false, degraded: 'deny' })
  })

  it('charges several fallbacks all or nothing', async () => {
    const [a, b] = [new MapStore(), new MapStore()]
    const endpoints = { '/x': { rate: '1 per minute', fallback: b } } as const
    const { limiter } = limiterOf({ ip: { rate: '9 per minute', fallback: a }, endpoints })
    const request = { ip: IP, endpoint: '/x' }
    expect(await limiter.isAllowed(request)).toMatchObject({ allowed: true, degraded: 'fallback', policy: '/x' })
    expect(await limiter.isAllowed(request)).toMatchObject({ allowed: false, policy: '/x' })
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({ remaining: 7 })
  })

  it('does not hide the mistakes of the caller', async () => {
    const { limiter } = limiterOf()
    expect(() => limiter.isAllowed({ ip: IP, cost: Number.NaN })).toThrow(
      expect.objectContaining({ code: 'RL_INVALID_COST' }),
    )
  })

  it('is told to whoever wants to give back or forget', async () => {
    class DeadStore extends FlakyStore {
      override refund(): never {
        throw new Error('no connection')
      }
      override reset(): never {
        throw new Error('no connection')
      }
    }
    const limiter = new RateLimiter({ store: new DeadStore() })
    await expect(limiter.refund({ ip: IP })).rejects.toThrow('no connection')
    await expect(limiter.reset({ ip: IP })).rejects.toThrow('no connection')
  })
})

describe('a store that hangs', () => {
  it('holds no decision up for longer than the deadline', async () => {
    const { limiter, store } = limiterOf()
    store.state = 'hanging'
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({ allowed: true, degraded: 'allow' })
  })

  it.each([
    ['keeps the charge of a request that was let pass: it is counted once', {}, 1],
    ['gives back the charge of a request that was denied by then', { onStoreError: 'deny' }, 2],
    ['gives back the charge of a request that the fallback has counted', { fallback: new MapStore() }, 2],
  ] as const)('and answers late %s', async (_what, options, remaining) => {
    const { limiter, store } = limiterOf(options)
    store.state = 'hanging'
    await limiter.isAllowed({ ip: IP })
    store.recover()
    await vi.waitFor(() => expect(store.asked).toContain('consume'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(store.states.size).toBe(remaining === 2 ? 0 : 1)
    expect(await limiter.peek({ ip: IP, cost: 0 })).toMatchObject({ remaining, degraded: undefined })
  })

  it('has late charges given back although it is left alone by then', async () => {
    const { limiter, store } = limiterOf({ ip: '100 per minute', onStoreError: 'deny' })
    store.state = 'hanging'
    await Promise.all(Array.from({ length: 6 }, async () => limiter.isAllowed({ ip: IP })))
    store.recover()
    await vi.waitFor(() => expect(store.asked).toContain('refund'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(store.states.size).toBe(0)
  })

  it('gives back what a fallback has charged late to a request that was denied by then', async () => {
    const fallback = new FlakyStore()
    const { limiter, store } = limiterOf({ fallback, onStoreError: 'deny' })
    store.state = 'failing'
    fallback.state = 'hanging'
    const denials = Array.from({ length: 20 }, async () => limiter.isAllowed({ ip: IP, cost: 2 }))
    for (const { allowed } of await Promise.all(denials)) expect(allowed).toBe(false)
    fallback.recover()
    await vi.waitFor(() => expect(fallback.asked).toContain('refund'))
    expect(fallback.states.size).toBe(0)
  })

  /** Never answers whatever it is asked. */
  const HANGING = {
    ...Object.fromEntries(
      ['consume', 'peek', 'refund', 'reset', 'ping'].map((verb) => [verb, () => new Promise(() => {})]),
    ),
    close: () => undefined,
  } as unknown as Store

  it.each<[string, number, Pick<RateLimiterOptions, 'timeoutMs'>]>([
    ['that it is given', TIMEOUT_MS, { timeoutMs: TIMEOUT_MS }],
    ['of 250 ms', 250, {}],
  ])('is said to be degraded within the deadline %s', async (_which, ms, options) => {
    const health = await new RateLimiter({ store: HANGING, ...options }).health()
    expect([health.status, health.store.error]).toEqual([
      'degraded',
      `StoreError: The store did not answer within ${ms} ms`,
    ])
  })

  it('holds nothing up that it is asked besides, either', async () => {
    const limiter = new RateLimiter({ store: HANGING, timeoutMs: TIMEOUT_MS })
    const late = { code: 'RL_STORE_TIMEOUT' }
    expect(await limiter.peek({ ip: IP })).toMatchObject({ allowed: true, degraded: 'allow' })
    expect(await limiter.buildRateLimitHeaders({ ip: IP })).toEqual({})
    await expect(limiter.refund({ ip: IP })).rejects.toMatchObject(late)
    await expect(limiter.reset({ ip: IP })).rejects.toMatchObject(late)
  })
})

describe('the limiter is not built', () => {
  it.each<[string, object]>([
    ['with a timeout of nothing', { timeoutMs: 0 }],
    ['with a timeout of NaN', { timeoutMs: Number.NaN }],
    ['with a fallback that is no store', { fallback: {} }],
    ['with an onStoreError of another kind', { onStoreError: 'ignore' }],
  ])('%s', (_how, options) => {
    expect(() => limiterOf(options)).toThrow(expect.objectContaining({ name: 'ConfigError' }))
  })
})
