import { describe, expect, it } from 'vitest'

import { RateLimiter } from '../limiter/rate-limiter.ts'
import { MapStore } from '../stores/map-store.fixture.ts'
import { RateLimitingMiddleware } from './rate-limiting-middleware.ts'
import type { MiddlewareOptions } from './rate-limiting-middleware.ts'

interface Incoming {
  readonly key?: string
  readonly cost?: number
}

const IP = '203.0.113.7'

function middlewareOf(options: Exclude<MiddlewareOptions<Incoming>, { limiter: unknown }> = {}, clock?: () => number) {
  return new RateLimitingMiddleware<Incoming>({ store: new MapStore(clock), ...options })
}

describe('processRequest', () => {
  it('lets a request on, with fields for the answer', async () => {
    const answer = await middlewareOf().processRequest({ ip: IP }, {})
    expect(answer).toEqual({
      allowed: true,
      statusCode: 200,
      message: 'OK',
      headers: { 'X-RateLimit-Limit': '100', 'X-RateLimit-Remaining': '99', 'X-RateLimit-Reset': '60' },
      body: '',
      result: expect.objectContaining({ allowed: true, policy: 'ip' }),
    })
  })

  it('denies with 429, problem details, and a wait that is never too short', async () => {
    let now = 0
    const middleware = middlewareOf({ ip: '1 per minute' }, () => now)
    await middleware.processRequest({ ip: IP }, {})
    now = 500
    const { headers, body, ...answer } = await middleware.processRequest({ ip: IP }, {})
    expect(answer).toMatchObject({ allowed: false, statusCode: 429, message: 'Too many requests' })
    expect(headers).toEqual({
      'X-RateLimit-Limit': '1',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': '60',
      'Retry-After': '60',
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
    })
    expect(JSON.parse(body)).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Too many requests',
      status: 429,
      detail: 'Try again in 60 s.',
      'violated-policies': ['ip'],
      retryAfterMs: 59_500,
    })
    now = 60_000
    expect((await middleware.processRequest({ ip: IP }, {})).allowed).toBe(true)
  })

  it('gives no wait where none would help', async () => {
    const { headers, body } = await middlewareOf({ ip: '0 per minute' }).processRequest({ ip: IP }, {})
    expect(headers).not.toHaveProperty('Retry-After')
    expect(JSON.parse(body)).not.toHaveProperty('retryAfterMs')
  })

  it('says nothing where no limit applies', async () => {
    const { allowed, headers } = await middlewareOf({ ip: 'unlimited' }).processRequest({ ip: IP }, {})
    expect([allowed, headers]).toEqual([true, {}])
  })

  it('asks the application who it is, what it costs, and whether to look at all', async () => {
    const middleware = middlewareOf({
      identify: ({ key }) => Promise.resolve(key === undefined ? undefined : { userId: key, tier: 'premium' }),
      cost: ({ cost = 1 }) => cost,
      skip: ({ key }) => key === 'probe',
    })
    const remaining = async (incoming: Incoming) =>
      (await middleware.processRequest({ ip: IP }, incoming)).result?.remaining
    expect(await remaining({})).toBe(99)
    expect(await remaining({ cost: 5 })).toBe(94)
    expect(await remaining({ key: 'u' })).toBe(299)
    expect(await middleware.processRequest({ ip: IP }, { key: 'probe' })).toMatchObject({
      allowed: true,
      headers: {},
      result: undefined,
    })
  })

  it('takes the address that the application knows better, and the framework’s otherwise', async () => {
    const middleware = middlewareOf({ ip: '1 per minute', identify: ({ key }) => ({ ip: key }) })
    const allowed = async (incoming: Incoming) => (await middleware.processRequest({ ip: IP }, incoming)).allowed
    expect([await allowed({ key: '192.0.2.1' }), await allowed({ key: '192.0.2.1' }), await allowed({})]).toEqual([
      true,
      false,
      true,
    ])
  })

  it.each([Number.NaN, -1, 1.5, Infinity])('refuses a cost of %d, and lets nobody on', async (cost) => {
    const middleware = middlewareOf({ cost: () => cost })
    await expect(middleware.processRequest({ ip: IP }, {})).rejects.toMatchObject({ code: 'RL_INVALID_COST' })
  })

  it.each(['u', 7, true, null])('refuses an identity of %j', async (identity) => {
    const middleware = middlewareOf({ identify: () => identity as unknown as undefined })
    await expect(middleware.processRequest({ ip: IP }, {})).rejects.toMatchObject({ code: 'RL_INVALID_REQUEST' })
  })

  it('refuses a request without an address', async () => {
    await expect(middlewareOf().processRequest({ ip: undefined }, {})).rejects.toMatchObject({
      code: 'RL_MISSING_CLIENT',
    })
  })

  it('takes a limiter that is there already', async () => {
    const limiter = new RateLimiter({ store: new MapStore(), ip: '2 per minute' })
    const middleware = new RateLimitingMiddleware({ limiter })
    await limiter.isAllowed({ ip: IP })
    expect((await middleware.processRequest({ ip: IP })).result).toMatchObject({ limit: 2, remaining: 0 })
  })
})

describe('a middleware is not built', () => {
  const limiter = new RateLimiter({ store: new MapStore() })

  it.each<[string, object, string]>([
    ['with an unknown option', { store: new MapStore(), ips: '1 per minute' }, 'RL_UNKNOWN_OPTION'],
    ['with a limiter and what makes one', { limiter, ip: '1 per minute' }, 'RL_UNKNOWN_OPTION'],
    ['with something that is no limiter', { limiter: {} }, 'RL_INVALID_OPTION'],
    ['without a store', {}, 'RL_INVALID_OPTION'],
    ['with a cost of NaN', { limiter, cost: Number.NaN }, 'RL_INVALID_OPTION'],
    ['with a cost in text', { limiter, cost: '2' }, 'RL_INVALID_OPTION'],
    ['with an identify that is no function', { limiter, identify: {} }, 'RL_INVALID_OPTION'],
    ['with a skip that is no function', { limiter, skip: true }, 'RL_INVALID_OPTION'],
  ])('%s', (_how, options, code) => {
    expect(() => new RateLimitingMiddleware(options as MiddlewareOptions<void>)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})
