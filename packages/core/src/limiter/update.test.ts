import { describe, expect, it } from 'vitest'

import { MapStore } from '../stores/map-store.fixture.ts'
import { RateLimiter } from './rate-limiter.ts'

const IP = '203.0.113.7'

describe('update', () => {
  it('changes the rules that it is given, and keeps the others with their counts', async () => {
    const limiter = new RateLimiter({
      store: new MapStore(),
      namespace: 'api',
      ip: '10 per minute',
      endpoints: { '/a': '5 per minute', '/b': '5 per minute' },
    })
    const left = async (endpoint: string) =>
      (await limiter.isAllowed({ ip: IP, endpoint })).policies.map(({ name, remaining }) => [name, remaining])
    await left('/a')
    await left('/b')
    limiter.update({ endpoints: { '/a': '5 per minute', '/b': '3 per minute', '/c': '2 per minute' } })
    expect([await left('/a'), await left('/b'), await left('/c')]).toEqual([
      [
        ['ip', 7],
        ['/a', 3],
      ],
      [
        ['ip', 6],
        ['/b', 1],
      ],
      [
        ['ip', 5],
        ['/c', 1],
      ],
    ])
    limiter.update({ ip: '6 per minute' })
    expect(await left('/a')).toEqual([
      ['ip', 0],
      ['/a', 2],
    ])
    expect((await limiter.isAllowed({ ip: IP })).allowed).toBe(false)
  })

  it.each<[string, object, string]>([
    ['a bad rate', { endpoints: { '/a': '1 per minute', '/b': 'x' } }, 'RL_INVALID_RATE'],
    ['no such option', { store: new MapStore() }, 'RL_UNKNOWN_OPTION'],
    ['a namespace, which would forget all counts', { namespace: 'x' }, 'RL_UNKNOWN_OPTION'],
  ])('changes nothing if it is given %s', async (_what, rules, code) => {
    const limiter = new RateLimiter({ store: new MapStore(), ip: '10 per minute' })
    expect(() => limiter.update(rules)).toThrow(expect.objectContaining({ code }))
    expect((await limiter.isAllowed({ ip: IP, endpoint: '/a' })).policies.map(({ name }) => name)).toEqual(['ip'])
  })

  it('leaves a rule as it is that is given as undefined', async () => {
    const limiter = new RateLimiter({ store: new MapStore(), ip: '5 per minute' })
    limiter.update({ ip: undefined } as object)
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({ limit: 5 })
  })

  it('leaves a request to the rules of its beginning, whose tier is found out meanwhile', async () => {
    let tell = (_tier: string): void => {}
    const tierOf = async () => new Promise<string>((resolve) => (tell = resolve))
    const limiter = new RateLimiter<string, string>({
      store: new MapStore(),
      tiers: { free: '1 per minute', gold: '5 per minute' },
      tierOf,
    })
    const underWay = limiter.isAllowed({ userId: 'u' })
    tell('gold')
    // Between the answer and what is made of it.
    for (let i = 0; i < 4; i++) {
      limiter.update({ tiers: { free: '1 per minute' } })
      await Promise.resolve()
    }
    expect(await underWay).toMatchObject({ policy: 'gold', remaining: 4 })
  })

  it('asks no fallback that is not wanted any more whether it is well', async () => {
    class Broken extends MapStore {
      override ping(): never {
        throw Object.create(null)
      }
    }
    const limiter = new RateLimiter({ store: new MapStore(), fallback: new Broken() })
    expect((await limiter.health()).status).toBe('degraded')
    limiter.update({ fallback: new MapStore() })
    expect((await limiter.health()).status).toBe('healthy')
  })

  it('gets to know new fallback stores, and decides what is under way by the rules that it began with', async () => {
    class Failing extends MapStore {
      override async consume(): Promise<never> {
        throw new Error('down')
      }
    }
    const first = new MapStore()
    const limiter = new RateLimiter({ store: new Failing(), ip: '10 per minute', fallback: first })
    const underWay = limiter.isAllowed({ ip: IP })
    const second = new MapStore()
    limiter.update({ fallback: second })
    expect(await underWay).toMatchObject({ degraded: 'fallback', remaining: 9 })
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({ degraded: 'fallback', remaining: 9 })
    expect([first.asked, second.asked]).toEqual([['consume'], ['consume']])
    await limiter.close()
    expect([first.asked.at(-1), second.asked.at(-1)]).toEqual(['close', 'close'])
  })
})
