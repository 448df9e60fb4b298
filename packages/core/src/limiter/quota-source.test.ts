import { describe, expect, it } from 'vitest'

import { listeningLogger } from '../logger.fixture.ts'
import { MapStore } from '../stores/map-store.fixture.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { RateLimitRequest } from './request.ts'
import type { QuotaRate } from './rule.ts'

const IP = '203.0.113.7'

function limiterWith(rate: Partial<QuotaRate>) {
  const store = new MapStore()
  const { heard, logger } = listeningLogger()
  const ip = { rate: { per: 'minute', ...rate } as QuotaRate, onStoreError: 'allow' } as const
  return { limiter: new RateLimiter({ store, ip, logger }), store, heard }
}

describe('a quota that depends on the request', () => {
  it.each([
    ['at once', (n: number) => n],
    ['later', (n: number) => Promise.resolve(n)],
  ])('is asked for with the request and its tier, and may answer %s', async (_when, answer) => {
    const asked: RateLimitRequest[] = []
    const quota = (request: RateLimitRequest) => {
      asked.push(request)
      return answer(request.tier === 'premium' ? 20 : 10)
    }
    const limiter = new RateLimiter({
      store: new MapStore(),
      endpoints: { '/a': { rate: { quota, per: '5 minutes' }, algorithm: 'token-bucket' } },
    })
    const premium = await limiter.isAllowed({ userId: 'u', tier: 'premium', endpoint: '/a' })
    expect(premium.policies.at(-1)).toMatchObject({ name: '/a', quota: 20, windowMs: 300_000, remaining: 19 })
    expect((await limiter.isAllowed({ ip: IP, endpoint: '/a' })).remaining).toBe(9)
    expect((await limiter.isAllowed({ userId: 'v', endpoint: '/a' })).remaining).toBe(9)
    expect(asked.map(({ tier }) => tier)).toEqual(['premium', undefined, 'free'])
  })

  it.each<[string, () => unknown]>([
    ['NaN', () => Number.NaN],
    ['nothing', () => undefined],
    ['a negative number', () => -1],
    ['a fraction', () => 1.5],
    ['infinity', () => Infinity],
    ['a text', () => '10'],
    ['more than can be counted', () => 2 ** 53],
    ['NaN, later', async () => Number.NaN],
    ['nothing, later', async () => undefined],
  ])('denies, uncharged and logged, if it is %s', async (_what, quota) => {
    const { limiter, store, heard } = limiterWith({ quota: quota as QuotaRate['quota'] })
    for (let i = 0; i < 3; i++) {
      expect(await limiter.isAllowed({ ip: IP })).toMatchObject({
        allowed: false,
        reason: 'temporary-reduced-capacity',
        policy: 'ip',
      })
    }
    expect(store.asked).toEqual([])
    const message = expect.stringMatching(/"ip".*Expected `quota`/) as string
    expect(heard.filter(([level]) => level === 'error')).toEqual([
      ['error', { event: 'quota_error', policy: 'ip', message }],
    ])
  })

  it('denies, and says why, if asking for it fails', async () => {
    const failing = [
      () => {
        throw new Error('no such plan')
      },
      () => Promise.reject(new Error('no such plan')),
    ]
    for (const quota of failing) {
      const { limiter, heard } = limiterWith({ quota })
      expect((await limiter.isAllowed({ ip: IP })).allowed).toBe(false)
      expect(heard[0]![1].message).toContain('no such plan')
    }
  })

  it('of 0 denies everyone as a spent limit does', async () => {
    const { limiter } = limiterWith({ quota: () => 0 })
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({ reason: 'quota-exceeded', retryAfterMs: Infinity })
  })

  it('is asked for once for each caller and endpoint while its answer is kept, failures excepted', async () => {
    let asked = 0
    const { limiter } = limiterWith({ quota: async () => (++asked === 1 ? Number.NaN : 10), cacheMs: 60_000 })
    expect((await limiter.isAllowed({ ip: IP })).allowed).toBe(false)
    await Promise.all([limiter.isAllowed({ ip: IP }), limiter.isAllowed({ ip: IP })])
    expect(asked).toBe(2)
    await limiter.isAllowed({ ip: '203.0.113.8' })
    expect(asked).toBe(3)
    expect((await limiter.isAllowed({ ip: IP })).remaining).toBe(7)
  })

  it('of a shadow is left out if it is not known', async () => {
    const quota = () => Number.NaN
    const ip = ['5 per minute', { rate: { quota, per: 'minute' }, mode: 'shadow' }] as const
    const limiter = new RateLimiter({ store: new MapStore(), ip })
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({ allowed: true, shadows: [] })
  })

  it.each<[string, object, string]>([
    ['without a function', { per: 'minute' }, 'RL_INVALID_OPTION'],
    ['with a number in place of a function', { quota: 5, per: 'minute' }, 'RL_INVALID_OPTION'],
    ['without a window', { quota: () => 1 }, 'RL_INVALID_RATE'],
    ['with a window that is none', { quota: () => 1, per: 'fortnight' }, 'RL_INVALID_RATE'],
    ['with an unknown option', { quota: () => 1, per: 'minute', cache: 1 }, 'RL_UNKNOWN_OPTION'],
    ['with NaN for a time to keep it', { quota: () => 1, per: 'minute', cacheMs: Number.NaN }, 'RL_INVALID_OPTION'],
  ])('is not taken %s', (_how, rate, code) => {
    const make = () => new RateLimiter({ store: new MapStore(), ip: { rate: rate as QuotaRate } })
    expect(make).toThrow(expect.objectContaining({ code }))
  })
})
