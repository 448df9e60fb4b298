import { describe, expect, it } from 'vitest'

import { StoreError } from '../errors.ts'
import { MapStore } from '../stores/map-store.fixture.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { RateLimiterOptions } from './rate-limiter-options.ts'
import type { RateLimitRequest } from './request.ts'

const IP = '203.0.113.7'

function limiterOf(options: Omit<RateLimiterOptions, 'store'> = {}, store = new MapStore()) {
  return { limiter: new RateLimiter<string, string>({ store, ...options }), store }
}

async function admittedOf(
  limiter: RateLimiter<string, string>,
  request: RateLimitRequest,
  calls: number,
): Promise<number> {
  let admitted = 0
  for (let i = 0; i < calls; i++) if ((await limiter.isAllowed(request)).allowed) admitted += 1
  return admitted
}

describe('by default', () => {
  it.each([
    [{ ip: IP }, 100, 'ip'],
    [{ ip: IP, userId: 'u', tier: 'free' }, 60, 'free'],
    [{ ip: IP, userId: 'u', tier: 'premium' }, 300, 'premium'],
    [{ ip: IP, userId: 'u', tier: 'enterprise' }, 1000, 'enterprise'],
    [{ ip: IP, userId: 'u' }, 60, 'free'],
    [{ userId: 'u', tier: 'no such tier' }, 60, 'free'],
    [{ userId: 'u', tier: '__proto__' }, 60, 'free'],
  ])('%j has %d per minute', async (request, quota, policy) => {
    const { limiter } = limiterOf()
    expect(await admittedOf(limiter, request, quota + 20)).toBe(quota)
    expect(await limiter.isAllowed(request)).toMatchObject({
      allowed: false,
      reason: 'quota-exceeded',
      policy,
      limit: quota,
      remaining: 0,
      retryAfterMs: 60_000,
      resetAfterMs: 60_000,
    })
  })

  it('does not limit admins, nor ask the store about them', async () => {
    const { limiter, store } = limiterOf()
    expect(await limiter.isAllowed({ ip: IP, userId: 'root', tier: 'admin' })).toEqual({
      allowed: true,
      reason: undefined,
      policy: undefined,
      limit: Infinity,
      remaining: Infinity,
      retryAfterMs: 0,
      resetAfterMs: 0,
      tier: 'admin',
      policies: [],
      shadows: [],
    })
    expect(store.asked).toEqual([])
  })
})

describe('a request', () => {
  it('answers at once where the store answers at once', () => {
    const { limiter } = limiterOf()
    expect(limiter.isAllowed({ ip: IP })).toMatchObject({ allowed: true, remaining: 99 })
  })

  it.each<[string, RateLimitRequest]>([
    ['nobody', {}],
    ['an endpoint alone', { endpoint: '/api' }],
    ['an address of undefined', { ip: undefined }],
  ])('of %s is refused: everyone would share one limit', (_who, request) => {
    const { limiter, store } = limiterOf()
    expect(() => limiter.isAllowed(request)).toThrow(expect.objectContaining({ code: 'RL_MISSING_CLIENT' }))
    expect(store.states.size).toBe(0)
  })

  it.each<[string, unknown]>([
    ['ip', ''],
    ['ip', 7],
    ['ip', null],
    ['userId', ''],
    ['userId', 42],
    ['userId', Number.NaN],
    ['tier', ''],
    ['method', 1],
    ['endpoint', {}],
  ])('with %s = %j is refused', (field, value) => {
    const { limiter, store } = limiterOf()
    expect(() => limiter.isAllowed({ ip: IP, [field]: value })).toThrow(
      expect.objectContaining({ code: 'RL_INVALID_REQUEST' }),
    )
    expect(store.asked).toEqual([])
  })

  it.each([undefined, null, 'u', 7])('that is %j is refused', (request) => {
    const { limiter } = limiterOf()
    const ask = () => limiter.isAllowed(request as unknown as RateLimitRequest)
    expect(ask).toThrow(expect.objectContaining({ code: 'RL_INVALID_REQUEST' }))
  })

  it.each([Number.NaN, -1, 1.5, Infinity, '2', null, 2 ** 53])('of cost %j is refused', (cost) => {
    const { limiter, store } = limiterOf()
    expect(() => limiter.isAllowed({ ip: IP, cost: cost as number })).toThrow(
      expect.objectContaining({ code: 'RL_INVALID_COST' }),
    )
    expect(store.states.size).toBe(0)
  })

  it('can cost several units, or none', async () => {
    const { limiter, store } = limiterOf({ ip: '10 per minute' })
    expect(await limiter.isAllowed({ ip: IP, cost: 0 })).toMatchObject({ allowed: true, remaining: 10 })
    expect(store.states.size).toBe(0)
    expect(await limiter.isAllowed({ ip: IP, cost: 7 })).toMatchObject({ allowed: true, remaining: 3 })
    expect(await limiter.isAllowed({ ip: IP, cost: 4 })).toMatchObject({ allowed: false, remaining: 3 })
    expect(await limiter.isAllowed({ ip: IP, cost: 11 })).toMatchObject({ allowed: false, retryAfterMs: Infinity })
  })

  it('asks the store once, whatever the number of limits', async () => {
    const endpoints = { '/api': ['10 per second', '20 per minute', '30 per hour'] } as const
    const { limiter, store } = limiterOf({ ip: { rate: '100 per minute', appliesTo: 'everyone' }, endpoints })
    const { policies } = await limiter.isAllowed({ ip: IP, userId: 'u', endpoint: '/api' })
    expect(policies.map(({ name }) => name)).toEqual([
      'ip',
      'free',
      '/api per second',
      '/api per minute',
      '/api per hour',
    ])
    expect(store.asked).toEqual(['consume'])
  })

  it('that one of three limits denies costs nothing in the other two', async () => {
    const { limiter } = limiterOf({
      ip: { rate: '100 per minute', appliesTo: 'everyone' },
      endpoints: { '/api': '2 per minute' },
    })
    const request = { ip: IP, userId: 'u', endpoint: '/api' }
    expect(await admittedOf(limiter, request, 50)).toBe(2)
    const { policies, policy } = await limiter.isAllowed(request)
    expect(policies.map(({ name, allowed, remaining }) => [name, allowed, remaining])).toEqual([
      ['ip', true, 98],
      ['free', true, 58],
      ['/api', false, 0],
    ])
    expect(policy).toBe('/api')
  })

  it('creates nothing for rules that it does not use', async () => {
    const { limiter, store } = limiterOf({ endpoints: { '/a': '1 per minute', '/b': '1 per minute' } })
    await limiter.isAllowed({ ip: IP, endpoint: '/a' })
    expect([...store.states.keys()]).toEqual([`fixed-window ip|ip:${IP}`, `fixed-window /a|ip:${IP}`])
  })

  it('reports the limit with the longest wait', async () => {
    const { limiter } = limiterOf({ ip: ['2 per second', '2 per hour'] })
    await limiter.isAllowed({ ip: IP, cost: 2 })
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({ policy: 'ip per hour', retryAfterMs: 3_600_000 })
  })
})

describe('the address rule', () => {
  it('is for callers who have no tier, unless it applies to everyone', async () => {
    const anonymous = limiterOf({ ip: '1 per minute' }).limiter
    expect(await admittedOf(anonymous, { ip: IP, userId: 'u' }, 100)).toBe(60)
    expect(await admittedOf(anonymous, { ip: IP }, 100)).toBe(1)
    const everyone = limiterOf({ ip: { rate: '1 per minute', appliesTo: 'everyone' } }).limiter
    expect(await admittedOf(everyone, { ip: IP, userId: 'u', tier: 'admin' }, 100)).toBe(1)
  })

  it('holds for users too where there are no tiers', async () => {
    const { limiter } = limiterOf({ ip: '3 per minute', tiers: {} })
    expect(await admittedOf(limiter, { ip: IP, userId: 'u' }, 10)).toBe(3)
  })

  it('can be switched off', async () => {
    const { limiter } = limiterOf({ ip: 'unlimited' })
    expect(await limiter.isAllowed({})).toMatchObject({ allowed: true, policies: [] })
  })
})

describe('tiers', () => {
  it('can be the application’s own', async () => {
    const { limiter } = limiterOf({
      tiers: { basic: '2 per minute', gold: ['3 per second', '4 per minute'] },
      defaultTier: 'basic',
    })
    expect(await admittedOf(limiter, { userId: 'a' }, 10)).toBe(2)
    expect(await limiter.isAllowed({ userId: 'b', tier: 'gold' })).toMatchObject({
      tier: 'gold',
      policy: 'gold per second',
    })
  })

  it('are found by a function, at once or later, only for users who do not bring one', async () => {
    const asked: string[] = []
    const tierOf = (userId: string) => {
      asked.push(userId)
      return userId === 'slow' ? Promise.resolve('premium') : 'enterprise'
    }
    const { limiter } = limiterOf({ tierOf })
    expect(await limiter.isAllowed({ userId: 'slow' })).toMatchObject({ policy: 'premium' })
    expect(await limiter.isAllowed({ userId: 'fast' })).toMatchObject({ policy: 'enterprise' })
    expect(await limiter.isAllowed({ userId: 'told', tier: 'free' })).toMatchObject({ policy: 'free' })
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({ policy: 'ip' })
    expect(asked).toEqual(['slow', 'fast'])
  })

  it('fall back to the default where the function knows none', async () => {
    const { limiter } = limiterOf({ tierOf: () => Promise.resolve(undefined) })
    expect(await limiter.isAllowed({ userId: 'u' })).toMatchObject({ policy: 'free' })
  })

  it('do not swallow what the function throws', async () => {
    const { limiter, store } = limiterOf({ tierOf: () => Promise.reject(new Error('no database')) })
    await expect(limiter.isAllowed({ userId: 'u' })).rejects.toThrow('no database')
    expect(store.asked).toEqual([])
  })

  it('share a counter: changing tier in mid-window neither forgets nor multiplies', async () => {
    const { limiter } = limiterOf()
    expect(await admittedOf(limiter, { userId: 'u', tier: 'free' }, 100)).toBe(60)
    expect(await admittedOf(limiter, { userId: 'u', tier: 'premium' }, 400)).toBe(240)
    expect(await admittedOf(limiter, { userId: 'u', tier: 'free' }, 10)).toBe(0)
  })
})

describe('endpoint rules', () => {
  const alice = { ip: '192.0.2.1', userId: 'alice' }
  const bob = { ip: '192.0.2.1', userId: 'bob' }
  const mobile = { ip: '192.0.2.2', userId: 'alice' }
  const stranger = { ip: '192.0.2.1' }
  const other = { ip: '192.0.2.3' }

  it.each([
    ['client', { alice: 1, bob: 1, mobile: 0, stranger: 1, other: 1 }],
    ['ip', { alice: 1, bob: 0, mobile: 1, stranger: 0, other: 1 }],
    ['user', { alice: 1, bob: 1, mobile: 0, stranger: 2, other: 2 }],
    ['endpoint', { alice: 1, bob: 0, mobile: 0, stranger: 0, other: 0 }],
  ] as const)('per %s count by it', async (per, expected) => {
    const { limiter } = limiterOf({ endpoints: { '/x': { rate: '1 per minute', per } } })
    const callers = { alice, bob, mobile, stranger, other }
    const admitted: Record<string, number> = {}
    for (const [name, caller] of Object.entries(callers)) {
      admitted[name] = await admittedOf(limiter, { ...caller, endpoint: '/x' }, 2)
    }
    expect(admitted).toEqual(expected)
  })

  it('count by client unless told otherwise: a login limit locks out nobody else', async () => {
    const { limiter } = limiterOf({ endpoints: { 'POST /login': '5 per 5 minutes' } })
    const login = { method: 'POST', endpoint: '/login' }
    expect(await admittedOf(limiter, { ...login, ip: '192.0.2.1' }, 50)).toBe(5)
    expect(await admittedOf(limiter, { ...login, ip: '192.0.2.2' }, 50)).toBe(5)
  })

  it('refuse a request that does not say what they count by', () => {
    const { limiter } = limiterOf({ ip: 'unlimited', endpoints: { '/x': { rate: '1 per minute', per: 'ip' } } })
    expect(() => limiter.isAllowed({ userId: 'u', endpoint: '/x' })).toThrow(/`ip`/)
  })

  it('can count by address and by user together', async () => {
    const endpoints = {
      '/login': [
        { rate: '5 per minute', per: 'ip' },
        { rate: '5 per minute', per: 'user' },
      ],
    } as const
    const { limiter } = limiterOf({ endpoints })
    const { policies } = await limiter.isAllowed({ ...alice, endpoint: '/login' })
    expect(policies.map(({ name }) => name)).toEqual(['free', '/login per minute by ip', '/login per minute by user'])
  })

  it('carry the name that they are given', async () => {
    const { limiter } = limiterOf({ endpoints: { '/x': { rate: '1 per minute', name: 'uploads' } } })
    await limiter.isAllowed({ ip: IP, endpoint: '/x' })
    expect(await limiter.isAllowed({ ip: IP, endpoint: '/x' })).toMatchObject({ policy: 'uploads' })
  })

  it('hold a request to both of the rules under which its path may be served', async () => {
    const { limiter } = limiterOf({ ip: 'unlimited', endpoints: { '/*': '9 per minute', '/files/*': '1 per minute' } })
    const names = async (endpoint: string) =>
      (await limiter.isAllowed({ ip: IP, endpoint })).policies.map(({ name, allowed }) => [name, allowed])
    expect(await names('/files/a.txt')).toEqual([['/files/*', true]])
    for (const endpoint of ['/x/../files/a.txt', '/files%2Fa.txt', '/./files/a.txt', '/%2e/files/a.txt;x']) {
      expect(await names(endpoint)).toEqual([
        ['/*', true],
        ['/files/*', false],
      ])
    }
    expect(await names('/a')).toEqual([['/*', true]])
  })

  it('can exempt an endpoint from a wider rule', async () => {
    const { limiter } = limiterOf({
      ip: 'unlimited',
      endpoints: { '/api/*': '1 per minute', '/api/health': 'unlimited' },
    })
    expect(await admittedOf(limiter, { ip: IP, endpoint: '/api/health' }, 10)).toBe(10)
    expect(await admittedOf(limiter, { ip: IP, endpoint: '/api/other' }, 10)).toBe(1)
  })

  it('keep clients apart who name themselves like a key', async () => {
    const { limiter } = limiterOf({ endpoints: { '/a': '1 per minute', '/a|user:x': '1 per minute' } })
    expect(await admittedOf(limiter, { userId: 'x|ip:1', endpoint: '/a' }, 2)).toBe(1)
    expect(await admittedOf(limiter, { userId: '1', endpoint: '/a|user:x' }, 2)).toBe(1)
    expect(await admittedOf(limiter, { userId: 'x|user:1', endpoint: '/a' }, 2)).toBe(1)
    expect(await admittedOf(limiter, { ip: '192.0.2.9', userId: undefined, endpoint: '/a' }, 2)).toBe(1)
    expect(await admittedOf(limiter, { userId: '192.0.2.9', endpoint: '/a' }, 2)).toBe(1)
  })
})

describe('the single checks', () => {
  const options = {
    ip: '2 per minute',
    endpoints: {
      'POST /login': '3 per minute',
      '/x': { rate: '4 per minute', per: 'ip' },
      '/mine': { rate: '4 per minute', per: 'user' },
    },
  } as const

  it('charge the address alone', async () => {
    const { limiter, store } = limiterOf(options)
    expect(await limiter.checkIpRateLimit(IP)).toMatchObject({ allowed: true, policy: 'ip', remaining: 1 })
    expect(await limiter.checkIpRateLimit(IP, { cost: 2 })).toMatchObject({ allowed: false, remaining: 1 })
    expect([...store.states.keys()]).toEqual([`fixed-window ip|ip:${IP}`])
    expect(() => limiter.checkIpRateLimit('')).toThrow(expect.objectContaining({ code: 'RL_INVALID_REQUEST' }))
  })

  it('charge the user alone', async () => {
    const { limiter, store } = limiterOf(options)
    expect(await limiter.checkUserRateLimit('u', 'premium')).toMatchObject({
      policy: 'premium',
      remaining: 299,
      tier: 'premium',
    })
    expect(await limiter.checkUserRateLimit('u')).toMatchObject({ policy: 'free', remaining: 58 })
    expect([...store.states.keys()]).toEqual(['fixed-window user|user:u'])
    const nobody = undefined as unknown as string
    expect(() => limiter.checkUserRateLimit(nobody)).toThrow(expect.objectContaining({ code: 'RL_MISSING_CLIENT' }))
    expect(() => limiter.checkUserRateLimit('')).toThrow(expect.objectContaining({ code: 'RL_INVALID_REQUEST' }))
  })

  it('charge the endpoint alone, for a client or as a budget of its own', async () => {
    const { limiter, store } = limiterOf(options)
    expect(await limiter.checkEndpointRateLimit('POST /login', { ip: IP })).toMatchObject({
      policy: 'POST /login',
      remaining: 2,
    })
    expect(await limiter.checkEndpointRateLimit('/login', { ip: IP, method: 'POST' })).toMatchObject({ remaining: 1 })
    expect(await limiter.checkEndpointRateLimit('POST /login')).toMatchObject({ remaining: 2 })
    expect(await limiter.checkEndpointRateLimit('/x', { cost: 4 })).toMatchObject({ remaining: 0 })
    expect(await limiter.checkEndpointRateLimit('/mine', { ip: IP })).toMatchObject({ allowed: true, policies: [] })
    expect(await limiter.checkEndpointRateLimit('/nowhere')).toMatchObject({ allowed: true, policy: undefined })
    expect([...store.states.keys()].map((key) => key.slice('fixed-window '.length))).toEqual([
      `POST /login|ip:${IP}`,
      'POST /login|',
      '/x|',
    ])
  })

  it.each<[string, (limiter: RateLimiter<string, string>) => unknown]>([
    ['an address', (limiter) => limiter.checkIpRateLimit(IP, 5 as never)],
    ['a user', (limiter) => limiter.checkUserRateLimit('u', 'free', 5 as never)],
  ])('refuse a bare cost for %s, which would count as one', (_of, check) => {
    expect(() => check(limiterOf(options).limiter)).toThrow(expect.objectContaining({ code: 'RL_INVALID_OPTION' }))
  })

  it('refuse a misspelt option', () => {
    const { limiter } = limiterOf(options)
    const misspelt = expect.objectContaining({ code: 'RL_UNKNOWN_OPTION' })
    expect(() => limiter.checkIpRateLimit(IP, { costs: 2 } as object)).toThrow(misspelt)
    expect(() => limiter.checkUserRateLimit('u', 'free', { costs: 2 } as object)).toThrow(misspelt)
  })

  it.each([IP, null])('refuse %j for a client of an endpoint, who would spend the budget of all', (client) => {
    const { limiter, store } = limiterOf(options)
    const check = () => limiter.checkEndpointRateLimit('/x', client as never)
    expect(check).toThrow(expect.objectContaining({ code: 'RL_INVALID_REQUEST' }))
    expect(store.asked).toEqual([])
  })
})

describe('an endpoint that is none', () => {
  it.each([undefined, '', 'login', 'POST  /login', 'POST login', '/a b'])('is refused: %j', (endpoint) => {
    const { limiter } = limiterOf()
    const check = () => limiter.checkEndpointRateLimit(endpoint as string)
    expect(check).toThrow(expect.objectContaining({ code: 'RL_INVALID_REQUEST' }))
  })

  it('is not one with a method in small letters', async () => {
    const { limiter } = limiterOf({ endpoints: { 'POST /login': '1 per minute' } })
    expect(await limiter.checkEndpointRateLimit('post /login', { ip: IP })).toMatchObject({ policy: 'POST /login' })
  })
})

describe('two limiters on one store', () => {
  it('share the counts of what they call alike, unless each has a namespace', async () => {
    const store = new MapStore()
    const [first, second] = [
      limiterOf({ ip: '2 per minute' }, store).limiter,
      limiterOf({ ip: '1 per minute' }, store).limiter,
    ]
    await first.isAllowed({ ip: IP })
    expect(await second.isAllowed({ ip: IP })).toMatchObject({ allowed: false })
    const apart = limiterOf({ ip: '1 per minute', namespace: 'log:in' }, store).limiter
    expect(await apart.isAllowed({ ip: IP })).toMatchObject({ allowed: true, policy: 'ip' })
    expect([...store.states.keys()]).toEqual([`fixed-window ip|ip:${IP}`, `fixed-window log%253Ain:ip|ip:${IP}`])
  })
})

describe('peek, refund and reset', () => {
  const request = { ip: IP, endpoint: '/x' }

  it('answer what isAllowed would, and give back, and forget', async () => {
    const { limiter, store } = limiterOf({
      ip: '5 per minute',
      endpoints: { '/x': { rate: '3 per minute', algorithm: 'sliding-window' } },
    })
    expect(await limiter.peek(request)).toMatchObject({ allowed: true, policy: '/x', remaining: 2 })
    expect(store.states.size).toBe(0)
    await limiter.refund(request)
    expect(store.states.size).toBe(0)
    expect(await admittedOf(limiter, request, 10)).toBe(3)
    expect(await limiter.peek(request)).toMatchObject({ allowed: false, remaining: 0 })
    await limiter.refund(request)
    expect(await limiter.peek({ ...request, cost: 0 })).toMatchObject({ allowed: true, remaining: 1 })
    await limiter.reset(request)
    expect(store.states.size).toBe(0)
  })

  it('give nothing back to who is on a list, and so has been charged nothing', async () => {
    const { limiter } = limiterOf({
      allow: [IP],
      endpoints: { '/r': { rate: '2 per hour', per: 'endpoint' } },
    })
    await limiter.isAllowed({ ip: '192.0.2.9', endpoint: '/r', cost: 2 })
    await limiter.isAllowed({ ip: IP, endpoint: '/r' })
    await limiter.refund({ ip: IP, endpoint: '/r' })
    expect(await limiter.isAllowed({ ip: '192.0.2.9', endpoint: '/r' })).toMatchObject({ allowed: false })
  })

  it('leave the budget of all alone where somebody is named', async () => {
    const { limiter } = limiterOf({ ip: 'unlimited', endpoints: { '/r': { rate: '2 per hour', per: 'endpoint' } } })
    await limiter.isAllowed({ ip: IP, endpoint: '/r', cost: 2 })
    await limiter.reset({ ip: IP, endpoint: '/r' })
    expect(await limiter.isAllowed({ ip: IP, endpoint: '/r' })).toMatchObject({ allowed: false })
    await limiter.reset({ endpoint: '/r' })
    expect(await limiter.isAllowed({ ip: IP, endpoint: '/r' })).toMatchObject({ allowed: true })
  })

  it('forget the budget of all whoever else the rules are for', async () => {
    const endpoints = { '/r': { rate: '2 per hour', per: 'endpoint' }, '/c': '1 per hour' } as const
    const { limiter } = limiterOf({ endpoints })
    await limiter.isAllowed({ ip: IP, endpoint: '/r', cost: 2 })
    await limiter.checkEndpointRateLimit('/c')
    await limiter.reset({ endpoint: '/r' })
    await limiter.reset({ endpoint: '/c' })
    expect(await limiter.isAllowed({ ip: IP, endpoint: '/r' })).toMatchObject({ allowed: true })
    expect(await limiter.checkEndpointRateLimit('/c')).toMatchObject({ allowed: true })
    await expect(limiter.reset({ endpoint: '/elsewhere' })).rejects.toMatchObject({ code: 'RL_MISSING_CLIENT' })
  })

  it('forget under a limit whose quota cannot be told just now', async () => {
    let isKnown = true
    const quota = () => (isKnown ? 1 : Number.NaN)
    const { limiter, store } = limiterOf({ ip: { rate: { quota, per: 'minute' } } })
    await limiter.isAllowed({ ip: IP })
    isKnown = false
    await limiter.reset({ ip: IP })
    expect(store.states.size).toBe(0)
  })

  it('do not touch others', async () => {
    const { limiter } = limiterOf({ ip: '5 per minute' })
    await limiter.isAllowed({ ip: '192.0.2.9', cost: 5 })
    await limiter.reset({ ip: IP })
    await limiter.refund({ ip: IP })
    expect(await limiter.isAllowed({ ip: '192.0.2.9' })).toMatchObject({ allowed: false })
  })
})

describe('buildRateLimitHeaders', () => {
  const { limiter, store } = limiterOf({
    ip: { rate: '100 per minute', appliesTo: 'everyone' },
    endpoints: { '/x': { rate: '500 per hour' } },
  })
  const request = { ip: IP, userId: 'u', tier: 'premium', endpoint: '/x' }

  it.each([
    [undefined, '100', '60'],
    ['ip', '100', '60'],
    ['user', '300', '60'],
    ['endpoint', '500', '3600'],
  ] as const)('tells of %s without charging', async (prefer, limit, reset) => {
    await limiter.reset(request)
    await limiter.isAllowed(request)
    store.asked.length = 0
    expect(await limiter.buildRateLimitHeaders(request, { formats: ['legacy'], ...(prefer && { prefer }) })).toEqual({
      'x-ratelimit-limit': limit,
      'x-ratelimit-remaining': String(Number(limit) - 1),
      'x-ratelimit-reset': reset,
    })
    expect(store.asked).toEqual(['peek'])
  })

  it('tells of another family where the preferred one does not apply, and of none where there is none', async () => {
    expect(await limiter.buildRateLimitHeaders({ ip: '192.0.2.5' }, { prefer: 'user' })).toMatchObject({
      'x-ratelimit-limit': '100',
    })
    expect(await limiterOf().limiter.buildRateLimitHeaders({ userId: 'u', tier: 'admin' })).toEqual({})
  })
})

describe('health', () => {
  it('asks the store, and costs nobody anything', async () => {
    const { limiter, store } = limiterOf()
    expect(await limiter.health()).toEqual({
      status: 'healthy',
      store: { ok: true, latencyMs: expect.any(Number), isLeftAlone: false },
      fallbacks: [],
    })
    expect(store.asked).toEqual(['ping'])
  })

  class BrokenStore extends MapStore {
    override consume(): never {
      throw new StoreError('RL_STORE_FAILED', 'broken', 'no connection')
    }

    override ping(): never {
      throw new StoreError('RL_STORE_FAILED', 'broken', 'no connection')
    }
  }

  it.each<[string, string, Omit<RateLimiterOptions, 'store'>]>([
    ['degraded', 'all requests are let pass', {}],
    ['degraded', 'all are counted elsewhere', { onStoreError: 'deny', fallback: new MapStore() }],
    ['unhealthy', 'some are denied', { endpoints: { '/pay': { rate: '1 per minute', onStoreError: 'deny' } } }],
    ['unhealthy', 'the fallback is broken too', { onStoreError: 'deny', fallback: new BrokenStore() }],
    [
      'degraded',
      'only a shadow would deny',
      { ip: ['1 per minute', { rate: '2 per minute', mode: 'shadow', onStoreError: 'deny' }] },
    ],
  ])('is %s if the store is broken and %s', async (expected, _what, options) => {
    const { status, store } = await limiterOf(options, new BrokenStore()).limiter.health()
    expect([status, store.ok, store.error]).toEqual([expected, false, 'StoreError: no connection'])
  })

  it('is degraded if only a fallback is broken', async () => {
    const { status, fallbacks } = await limiterOf({ fallback: new BrokenStore() }).limiter.health()
    expect([status, fallbacks]).toEqual([
      'degraded',
      [{ ok: false, latencyMs: expect.any(Number), error: 'StoreError: no connection' }],
    ])
  })

  it('is degraded while a store that answers is still left alone', async () => {
    class HalfBroken extends MapStore {
      override consume(): never {
        throw new StoreError('RL_STORE_FAILED', 'broken', 'no connection')
      }
    }
    const { limiter } = limiterOf({}, new HalfBroken())
    for (let i = 0; i < 5; i++) await limiter.isAllowed({ ip: IP })
    const { status, store } = await limiter.health()
    expect([status, store.ok, store.isLeftAlone]).toEqual(['degraded', true, true])
  })

  it('closes the store', async () => {
    const { limiter, store } = limiterOf()
    await limiter.close()
    expect(store.asked).toEqual(['close'])
  })
})

describe('a limiter is not built', () => {
  it.each<[string, object, string]>([
    ['without a store', { store: undefined }, 'RL_INVALID_OPTION'],
    ['on something that is no store', { store: { consume: () => [] } }, 'RL_INVALID_OPTION'],
    ['with an unknown option', { endpoint: {} }, 'RL_UNKNOWN_OPTION'],
    ['with an unknown key in a rule', { ip: { rate: '1 per minute', per: 'ip' } }, 'RL_UNKNOWN_OPTION'],
    ['with a bad rate', { ip: '1 per fortnight' }, 'RL_INVALID_RATE'],
    ['with an empty rule', { ip: [] }, 'RL_INVALID_RULE'],
    ['with `unlimited` beside a rate', { ip: ['unlimited', '5 per minute'] }, 'RL_INVALID_RULE'],
    ['with `unlimited` as a rate', { tiers: { free: { rate: 'unlimited' } } }, 'RL_INVALID_RULE'],
    ['with a namespace that is half a character', { namespace: '\uD800' }, 'RL_INVALID_OPTION'],
    ['with a rule of null', { ip: null }, 'RL_INVALID_OPTION'],
    ['with a bad per', { endpoints: { '/x': { rate: '1 per minute', per: 'everyone' } } }, 'RL_INVALID_RULE'],
    ['with a bad appliesTo', { ip: { rate: '1 per minute', appliesTo: 'all' } }, 'RL_INVALID_RULE'],
    ['with a bad pattern', { endpoints: { api: '1 per minute' } }, 'RL_INVALID_ENDPOINT'],
    [
      'with two rules for one endpoint',
      { endpoints: { '/x': '1 per minute', '/X/': '2 per minute' } },
      'RL_DUPLICATE_NAME',
    ],
    [
      'with two limits of one name',
      { endpoints: { '/x': { rate: '1 per minute', name: 'free' } } },
      'RL_DUPLICATE_NAME',
    ],
    ['with two windows of one length', { ip: ['1 per minute', '2 per 60 s'] }, 'RL_INVALID_RULE'],
    ['with a name that no header can carry', { endpoints: { '/café': '1 per minute' } }, 'RL_INVALID_RULE'],
    ['with tiers that lack the default', { tiers: { gold: '1 per minute' } }, 'RL_INVALID_OPTION'],
    ['with an unlimited default tier', { defaultTier: 'admin' }, 'RL_INVALID_OPTION'],
    ['with a default tier that is not there', { defaultTier: 'gold' }, 'RL_INVALID_OPTION'],
    ['with a tier of nothing', { tiers: { free: undefined } }, 'RL_INVALID_OPTION'],
    ['with an empty namespace', { namespace: '' }, 'RL_INVALID_OPTION'],
    ['with a timeout that no timer can hold', { timeoutMs: 2 ** 31 }, 'RL_INVALID_OPTION'],
    ['with tiers of null', { tiers: null }, 'RL_INVALID_OPTION'],
    ['with endpoints in an array', { endpoints: [] }, 'RL_INVALID_OPTION'],
    ['with tiers in a map', { tiers: new Map([['free', '1 per minute']]) }, 'RL_INVALID_OPTION'],
    ['with endpoints in a map', { endpoints: new Map([['/x', '1 per minute']]) }, 'RL_INVALID_OPTION'],
    ['with a hole in a rule', { ip: Object.assign([], { 1: '1 per minute' }) }, 'RL_INVALID_OPTION'],
    ['with an onStoreError of null', { onStoreError: null }, 'RL_INVALID_RULE'],
    ['with a default tier of null', { defaultTier: null }, 'RL_INVALID_OPTION'],
    ['with a tierOf that is no function', { tierOf: 'free' }, 'RL_INVALID_OPTION'],
  ])('%s', (_how, options, code) => {
    const all = { store: new MapStore(), ...options } as unknown as RateLimiterOptions
    expect(() => new RateLimiter<string, string>(all)).toThrow(expect.objectContaining({ name: 'ConfigError', code }))
  })
})
