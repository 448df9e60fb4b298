import { describe, expect, it } from 'vitest'

import { MapStore } from '../stores/map-store.fixture.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { RateLimiterOptions } from './rate-limiter-options.ts'
import type { RateLimitRequest } from './request.ts'
import type { RouteRule } from './rule-set.ts'

const IP = '203.0.113.7'
const ENDPOINT = 'POST /files/:name(^\\w+$)'

function limiterOf(options: Partial<RateLimiterOptions> = {}) {
  const store = new MapStore()
  return { store, limiter: new RateLimiter<string, string>({ store, ip: '10 per minute', ...options }) }
}

async function left(limiter: RateLimiter<string, string>, request: RateLimitRequest) {
  return (await limiter.isAllowed({ ip: IP, ...request })).policies.map(({ name, remaining }) => [name, remaining])
}

describe('addRoute', () => {
  it('adds a rule that is charged together with the address, in one call, whatever the path', async () => {
    const { limiter, store } = limiterOf()
    const route = limiter.addRoute({ endpoint: ENDPOINT, rule: '2 per minute' })
    expect(await left(limiter, { route, endpoint: '/files/a' })).toEqual([
      ['ip', 9],
      [ENDPOINT, 1],
    ])
    await left(limiter, { route, endpoint: '/files/b' })
    expect(store.asked).toEqual(['consume', 'consume'])
    expect(await limiter.isAllowed({ ip: IP, route })).toMatchObject({ allowed: false, policy: ENDPOINT })
    expect(await left(limiter, {})).toEqual([['ip', 7]])
  })

  it('can hold requests to the rule alone', async () => {
    const { limiter } = limiterOf()
    const route = limiter.addRoute({ endpoint: ENDPOINT, rule: ['2 per minute', '5 per hour'], only: true })
    expect(await left(limiter, { route, userId: 'u' })).toEqual([
      [`${ENDPOINT} per minute`, 1],
      [`${ENDPOINT} per hour`, 4],
    ])
  })

  it('puts the rule in the place of one for the endpoint, with which it shares its counts', async () => {
    const { limiter } = limiterOf({ endpoints: { 'POST /a': '5 per minute', '/*': '1 per minute' } })
    const asked = { method: 'POST', endpoint: '/a' }
    await left(limiter, asked)
    const route = limiter.addRoute({ endpoint: 'POST /a', rule: '3 per minute' })
    expect(await left(limiter, { ...asked, route })).toEqual([
      ['ip', 8],
      ['POST /a', 1],
    ])
  })

  it('makes rules that the request can be asked about, given back by, and forgotten under', async () => {
    const { limiter } = limiterOf()
    const route = limiter.addRoute({ endpoint: ENDPOINT, rule: '2 per minute', only: true })
    const request = { ip: IP, route }
    await limiter.isAllowed(request)
    await limiter.refund(request)
    expect((await limiter.peek({ ...request, cost: 0 })).remaining).toBe(2)
    await left(limiter, { route })
    await limiter.reset(request)
    expect((await limiter.peek({ ...request, cost: 0 })).remaining).toBe(2)
  })

  it('leaves callers without a user to the other rules, where it counts by user', async () => {
    const { limiter } = limiterOf()
    const route = limiter.addRoute({ endpoint: ENDPOINT, rule: { rate: '2 per minute', per: 'user' }, only: true })
    expect((await limiter.isAllowed({ ip: IP, route })).policy).toBe('ip')
    expect((await limiter.isAllowed({ ip: IP, userId: 'u', route })).policy).toBe(ENDPOINT)
    const open = limiter.addRoute({ endpoint: '/open', rule: 'unlimited', only: true })
    expect((await limiter.isAllowed({ ip: IP, route: open })).policy).toBeUndefined()
  })

  it('keeps the rule through an update, and holds it to the options of the limiter', async () => {
    class Failing extends MapStore {
      override consume(): never {
        throw new Error('down')
      }
    }
    const [first, second] = [new MapStore(), new MapStore()]
    const { limiter } = limiterOf({ store: new Failing(), onStoreError: 'deny' })
    const plain = limiter.addRoute({ endpoint: '/plain', rule: '2 per minute', only: true })
    const own = limiter.addRoute({ endpoint: '/own', rule: { rate: '2 per minute', fallback: first }, only: true })
    expect(await limiter.isAllowed({ ip: IP, route: plain })).toMatchObject({ allowed: false, degraded: 'deny' })
    expect(await limiter.isAllowed({ ip: IP, route: own })).toMatchObject({ degraded: 'fallback', remaining: 1 })
    limiter.update({ fallback: second })
    expect(await limiter.isAllowed({ ip: IP, route: plain })).toMatchObject({ degraded: 'fallback', remaining: 1 })
    expect(await limiter.isAllowed({ ip: IP, route: own })).toMatchObject({ degraded: 'fallback', remaining: 0 })
  })

  it('keeps an update from taking the name of a rule', async () => {
    const { limiter } = limiterOf()
    const route = limiter.addRoute({ endpoint: '/a', rule: { rate: '2 per minute', name: 'gold' } })
    expect(() => limiter.update({ tiers: { free: '1 per minute', gold: '2 per minute' } })).toThrow(
      expect.objectContaining({ code: 'RL_DUPLICATE_NAME' }),
    )
    expect(await left(limiter, { route, userId: 'u' })).toEqual([
      ['free', 59],
      ['gold', 1],
    ])
  })

  it.each<[string, object, string]>([
    ['a bad rate', { endpoint: '/a', rule: 'often' }, 'RL_INVALID_RATE'],
    ['a rule that is none', { endpoint: '/a', rule: true }, 'RL_INVALID_OPTION'],
    ['no rule', { endpoint: '/a' }, 'RL_INVALID_OPTION'],
    ['options of others', { endpoint: '/a', rule: { max: 3, timeWindow: '1 minute' } }, 'RL_UNKNOWN_OPTION'],
    ['a misspelt option', { endpoint: '/a', rule: '1 per minute', olny: true }, 'RL_UNKNOWN_OPTION'],
    ['no endpoint', { rule: '1 per minute' }, 'RL_INVALID_ENDPOINT'],
    ['an empty endpoint', { endpoint: '', rule: '1 per minute' }, 'RL_INVALID_ENDPOINT'],
    ['a name that no header can carry', { endpoint: '/café', rule: '1 per minute' }, 'RL_INVALID_RULE'],
    ['a name that is no text', { endpoint: '/a', rule: { rate: '1 per minute', name: 7 } }, 'RL_INVALID_RULE'],
    ['the name of the address', { endpoint: '/a', rule: { rate: '1 per minute', name: 'ip' } }, 'RL_DUPLICATE_NAME'],
    ['the name of a tier', { endpoint: '/a', rule: { rate: '1 per minute', name: 'free' } }, 'RL_DUPLICATE_NAME'],
  ])('refuses %s', (_what, route, code) => {
    expect(() => limiterOf().limiter.addRoute(route as RouteRule)).toThrow(
      expect.objectContaining({ name: 'ConfigError', code }),
    )
  })

  it('makes no route for another limiter, and nobody else makes one', async () => {
    const written: RouteRule = { endpoint: '/a', rule: '1 per minute' }
    limiterOf().limiter.addRoute(written)
    for (const route of [written, limiterOf().limiter.addRoute(written), null as unknown as RouteRule]) {
      const asking = async () => limiterOf().limiter.isAllowed({ ip: IP, route })
      await expect(asking()).rejects.toMatchObject({ code: 'RL_INVALID_REQUEST' })
    }
  })
})
