import { describe, expect, it } from 'vitest'

import { MapStore } from '../stores/map-store.fixture.ts'
import type { AccessOptions } from './access-lists.ts'
import { RateLimiter } from './rate-limiter.ts'

function limiterWith(lists: AccessOptions) {
  const store = new MapStore()
  return { limiter: new RateLimiter({ store, ip: '1 per minute', ...lists }), store }
}

describe('who is on the allow list', () => {
  it.each([{ ip: '10.1.2.3' }, { ip: '2001:db8::7' }, { userId: '42' }, { ip: '203.0.113.7', userId: '42' }])(
    'is not limited: %j',
    async (request) => {
      const { limiter, store } = limiterWith({ allow: ['10.0.0.0/8', '2001:db8::7', 'user:42'] })
      for (let i = 0; i < 3; i++) {
        expect(await limiter.isAllowed(request)).toMatchObject({ allowed: true, policies: [], remaining: Infinity })
      }
      expect(store.asked).toEqual([])
    },
  )

  it('is let in though on the deny list too', async () => {
    const { limiter } = limiterWith({ allow: ['10.1.2.3'], deny: ['10.0.0.0/8'] })
    expect([
      (await limiter.peek({ ip: '10.1.2.3' })).allowed,
      (await limiter.peek({ ip: '10.1.2.4' })).allowed,
    ]).toEqual([true, false])
  })

  it('is one address there, not its whole /64', async () => {
    const { limiter } = limiterWith({ allow: ['2001:db8::7'] })
    expect((await limiter.isAllowed({ ip: '2001:db8::8' })).policy).toBe('ip')
  })
})

describe('who is on the deny list', () => {
  it.each([{ ip: '10.1.2.3' }, { ip: '::ffff:10.1.2.3' }, { ip: '203.0.113.7', userId: '42', tier: 'admin' }])(
    'is denied at no cost: %j',
    async (request) => {
      const { limiter, store } = limiterWith({ deny: ['10.0.0.0/8', 'user:42'] })
      expect(await limiter.isAllowed(request)).toMatchObject({
        allowed: false,
        reason: 'deny-list',
        limit: 0,
        remaining: 0,
        retryAfterMs: Infinity,
        policies: [],
      })
      expect(await limiter.buildRateLimitHeaders(request)).toEqual({})
      expect(store.asked).toEqual([])
    },
  )
})

describe('an address', () => {
  it('counts as one however it is written, and IPv6 by /64 unless told otherwise', async () => {
    const { limiter } = limiterWith({})
    const left = async (ip: string) => (await limiter.isAllowed({ ip })).allowed
    expect([await left('203.0.113.7'), await left('::ffff:203.0.113.7')]).toEqual([true, false])
    expect([await left('2001:db8::1'), await left('2001:DB8::2'), await left('2001:db8:0:1::1')]).toEqual([
      true,
      false,
      true,
    ])
    const wide = new RateLimiter({ store: new MapStore(), ip: '1 per minute', ipv6Subnet: 48 })
    expect([
      (await wide.isAllowed({ ip: '2001:db8::1' })).allowed,
      (await wide.isAllowed({ ip: '2001:db8:0:1::1' })).allowed,
    ]).toEqual([true, false])
  })

  it('that is none is refused, and charges nothing, where a limit needs it', async () => {
    const { limiter, store } = limiterWith({ allow: ['10.0.0.0/8'] })
    expect(() => limiter.isAllowed({ ip: 'nonsense' })).toThrow(expect.objectContaining({ code: 'RL_INVALID_ADDRESS' }))
    expect(store.asked).toEqual([])
    expect((await limiter.isAllowed({ ip: 'nonsense', userId: 'u' })).allowed).toBe(true)
  })

  it.each<[string, object]>([
    ['an allow list that is none', { allow: '10.0.0.0/8' }],
    ['an allow list of numbers', { allow: [10] }],
    ['an allow list of null', { allow: null }],
    ['a deny list of nothing but text', { deny: '' }],
    ['a deny list with a hole', { deny: Array(1) }],
    ['a deny list of NaN', { deny: Number.NaN }],
    ['a deny list with nonsense', { deny: ['nonsense'] }],
    ['a subnet that is none', { ipv6Subnet: 0 }],
  ])('is not limited with %s', (_what, options) => {
    expect(() => limiterWith(options)).toThrow(expect.objectContaining({ code: 'RL_INVALID_OPTION' }))
  })
})
