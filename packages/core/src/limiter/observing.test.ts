import { createHmac } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import type { Verdict } from '../algorithms/algorithm.ts'
import { listeningLogger } from '../logger.fixture.ts'
import { MapStore } from '../stores/map-store.fixture.ts'
import type { Charge } from '../stores/store.ts'
import type { LimiterEvents } from './limiter-events.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { RateLimiterOptions } from './rate-limiter-options.ts'

const IP = '203.0.113.7'

/** Fails for as long as it is told to. */
class FlakyStore extends MapStore {
  isFailing = false

  override consume(charges: readonly Charge[]): readonly Verdict[] {
    if (this.isFailing) throw new Error('no connection')
    return super.consume(charges) as readonly Verdict[]
  }
}

function limiterOf(options: Partial<RateLimiterOptions> = {}) {
  const store = new FlakyStore()
  return { store, limiter: new RateLimiter<string, string>({ store, ip: '2 per minute', ...options }) }
}

function namesHeard(limiter: RateLimiter<string, string>): string[] {
  const heard: string[] = []
  for (const name of ['decision', 'block', 'storeCall', 'storeError', 'storeRecovered'] as const) {
    limiter.on(name, () => void heard.push(name))
  }
  return heard
}

describe('events', () => {
  it('tell every decision with its request, and denials apart', async () => {
    const { limiter } = limiterOf({ deny: ['192.0.2.0/24'], allow: ['10.0.0.0/8'] })
    const decisions: LimiterEvents['decision'][] = []
    const blocks: LimiterEvents['block'][] = []
    limiter.on('decision', (event) => void decisions.push(event))
    limiter.on('block', (event) => void blocks.push(event))
    const request = { ip: IP, endpoint: '/a', method: 'GET' }
    for (let i = 0; i < 3; i++) await limiter.isAllowed(request)
    await limiter.isAllowed({ ip: '192.0.2.1' })
    await limiter.isAllowed({ ip: '10.0.0.1' })
    await limiter.checkIpRateLimit('198.51.100.1', { cost: 3 })
    await limiter.peek(request)
    expect(decisions.map(({ result }) => [result.allowed, result.remaining])).toEqual([
      [true, 1],
      [true, 0],
      [false, 0],
      [false, 0],
      [true, Infinity],
      [false, 2],
    ])
    expect(decisions[0]!.request).toBe(request)
    expect(blocks).toEqual(decisions.filter(({ result }) => !result.allowed))
  })

  it('tell what stores were asked, and how long they took', async () => {
    const { limiter, store } = limiterOf({
      fallback: new MapStore(),
      endpoints: { '/a': { rate: '9 per minute', mode: 'shadow' } },
    })
    const calls: LimiterEvents['storeCall'][] = []
    limiter.on('storeCall', (call) => void calls.push(call))
    await limiter.isAllowed({ ip: IP, endpoint: '/a' })
    store.isFailing = true
    await limiter.isAllowed({ ip: IP })
    await limiter.peek({ ip: IP })
    await limiter.reset({ ip: IP })
    expect(calls.map(({ role, verb, error }) => [role, verb, error])).toEqual([
      ['main', 'consume', undefined],
      ['shadow', 'consume', undefined],
      ['main', 'consume', new Error('no connection')],
      ['fallback', 'consume', undefined],
      ['main', 'peek', undefined],
      ['main', 'reset', undefined],
    ])
    for (const { latencyMs } of calls) expect(latencyMs).toBeGreaterThanOrEqual(0)
  })

  it('tell each failure, and when a store that had failed repeatedly is back', async () => {
    const { limiter, store } = limiterOf()
    const heard = namesHeard(limiter)
    store.isFailing = true
    for (let i = 0; i < 7; i++) await limiter.isAllowed({ ip: IP })
    expect(heard.filter((name) => name === 'storeError')).toHaveLength(5)
    store.isFailing = false
    while (!heard.includes('storeRecovered')) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      await limiter.isAllowed({ ip: IP })
    }
    expect(heard.filter((name) => name === 'storeError')).toHaveLength(5)
  })

  it('do not call a caller’s own mistake a failure of the store', async () => {
    const { limiter } = limiterOf()
    const heard = namesHeard(limiter)
    expect(() => limiter.isAllowed({ ip: IP, cost: Number.NaN })).toThrow('cost')
    expect(heard).toEqual([])
  })

  it('cannot be answered: what a listener changes, changes nothing', async () => {
    const { heard, logger } = listeningLogger()
    const { limiter } = limiterOf({ logger, ip: '0 per minute' })
    limiter.on('block', ({ result }) => void ((result as { allowed: boolean }).allowed = true))
    limiter.on('block', ({ result }) => void ((result.policies as unknown[]).length = 0))
    limiter.on('block', ({ result }) => void ((result.policies[0] as { allowed: boolean }).allowed = true))
    const result = await limiter.isAllowed({ ip: IP })
    expect(result).toMatchObject({ allowed: false, policies: [{ name: 'ip', allowed: false }] })
    // The caller's own.
    expect([result, result.policies, ...result.policies].some(Object.isFrozen)).toBe(false)
    expect(heard.filter(([, { event }]) => event === 'listener_error')).not.toEqual([])
  })

  it('change no decision where a listener fails, and the log is told', async () => {
    const { heard, logger } = listeningLogger()
    const { limiter } = limiterOf({ logger })
    limiter.on('decision', () => {
      throw new Error('no disk')
    })
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({ allowed: true, remaining: 1 })
    expect(heard).toEqual([
      ['error', { event: 'listener_error', message: 'A listener to the event "decision" failed: Error: no disk' }],
    ])
  })
})

describe('the log', () => {
  const request = { ip: IP, userId: 'u', tier: 'free', method: 'GET', endpoint: '/a' }
  const rules = { tiers: { free: '0 per minute' } } as const

  it('is told every denial at info: who, where, by which limit and for how long', async () => {
    const { heard, logger } = listeningLogger()
    const { limiter } = limiterOf({ logger, ...rules })
    await limiter.isAllowed(request)
    expect(heard).toEqual([
      [
        'info',
        {
          event: 'rate_limit_block',
          message: 'A request is denied: "free" is spent',
          ...request,
          policy: 'free',
          reason: 'quota-exceeded',
          retryAfterMs: Infinity,
        },
      ],
    ])
  })

  it('is told every admission too, at debug alone', async () => {
    const { heard, logger } = listeningLogger()
    const { limiter } = limiterOf({ logger, logLevel: 'debug' })
    for (let i = 0; i < 3; i++) await limiter.isAllowed({ ip: IP })
    expect(heard.map(([level, { event, remaining }]) => [level, event, remaining])).toEqual([
      ['debug', 'rate_limit_pass', 1],
      ['debug', 'rate_limit_pass', 0],
      ['info', 'rate_limit_block', undefined],
    ])
    const quiet = listeningLogger()
    await limiterOf({ logger: quiet.logger }).limiter.isAllowed({ ip: IP })
    expect(quiet.heard).toEqual([])
  })

  it('is told each denial at debug, and a hundred at once else', async () => {
    for (const [logLevel, told] of [
      ['debug', 150],
      ['info', 100],
    ] as const) {
      const { heard, logger } = listeningLogger()
      const { limiter } = limiterOf({ logger, logLevel, ip: '0 per minute' })
      for (let i = 0; i < 150; i++) await limiter.isAllowed({ ip: IP })
      expect([logLevel, heard.length]).toEqual([logLevel, told])
    }
  })

  it('is told a failing store once a minute, and that it is back', async () => {
    const { heard, logger } = listeningLogger()
    const { limiter, store } = limiterOf({ logger })
    store.isFailing = true
    for (let i = 0; i < 20; i++) await limiter.isAllowed({ ip: IP })
    store.isFailing = false
    while (heard.length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      await limiter.isAllowed({ ip: '198.51.100.1', cost: 0 })
    }
    expect(heard).toEqual([
      [
        'error',
        {
          event: 'store_error',
          message: 'The store did not consume: Error: no connection',
          role: 'main',
          verb: 'consume',
          code: undefined,
          error: 'Error: no connection',
        },
      ],
      ['info', expect.objectContaining({ event: 'store_recovered', role: 'main', downMs: expect.any(Number) })],
    ])
  })

  it('goes on where it takes time and fails', async () => {
    const unhandled: unknown[] = []
    const hear = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', hear)
    const fail = (async () => Promise.reject(new Error('no disk'))) as () => void
    const { limiter } = limiterOf({ logger: { debug: fail, info: fail, warn: fail, error: fail }, ip: '0 per minute' })
    expect((await limiter.isAllowed({ ip: IP })).allowed).toBe(false)
    await new Promise(setImmediate)
    process.off('unhandledRejection', hear)
    expect(unhandled).toEqual([])
  })

  it('names addresses by an HMAC, if asked to', async () => {
    const addressSecret = 'a secret of sixteen or more'
    const { heard, logger } = listeningLogger()
    const { limiter } = limiterOf({ logger, addressSecret, ip: '0 per minute' })
    const told: unknown[] = []
    limiter.on('block', (event) => void told.push(event.request.ip))
    await limiter.isAllowed({ ip: IP })
    const name = createHmac('sha256', addressSecret).update(IP).digest().subarray(0, 16).toString('base64')
    expect(heard[0]![1]['ip']).toBe(name)
    expect(JSON.stringify(heard)).not.toContain(IP)
    expect(told).toEqual([IP])
  })
})

describe('stats', () => {
  it('count decisions by outcome, by limit and by what was done without the store', async () => {
    const { limiter, store } = limiterOf({
      deny: ['192.0.2.1'],
      endpoints: {
        '/a': [
          { rate: '3 per minute', onStoreError: 'deny' },
          { rate: '1 per hour', mode: 'shadow' },
        ],
      },
    })
    const tally = (allowed: number, denied: number, unavailable: number) => ({ allowed, denied, unavailable })
    expect(limiter.stats()).toEqual({
      allowed: 0,
      denied: { 'quota-exceeded': 0, 'temporary-reduced-capacity': 0, 'deny-list': 0 },
      degraded: { allow: 0, deny: 0, fallback: 0 },
      policies: {},
      shadows: {},
      keys: undefined,
    })
    for (let i = 0; i < 3; i++) await limiter.isAllowed({ ip: IP, endpoint: '/a' })
    await limiter.isAllowed({ ip: '192.0.2.1' })
    await limiter.peek({ ip: IP })
    store.isFailing = true
    await limiter.isAllowed({ ip: '198.51.100.1' })
    await limiter.isAllowed({ ip: '198.51.100.1', endpoint: '/a' })
    const stats = limiter.stats()
    expect(stats).toEqual({
      allowed: 3,
      denied: { 'quota-exceeded': 1, 'temporary-reduced-capacity': 1, 'deny-list': 1 },
      degraded: { allow: 1, deny: 1, fallback: 0 },
      policies: { ip: tally(2, 1, 0), '/a': tally(2, 0, 1) },
      shadows: { '/a shadow': tally(1, 2, 0) },
      keys: undefined,
    })
    await limiter.isAllowed({ ip: IP })
    expect(stats.allowed).toBe(3)
  })

  it('tell how many keys the store holds, where it knows', () => {
    const store = Object.assign(new MapStore(), { size: 7 })
    expect(new RateLimiter({ store }).stats().keys).toBe(7)
  })
})
