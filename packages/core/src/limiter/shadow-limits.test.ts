import { describe, expect, it } from 'vitest'

import type { Charge } from '../stores/store.ts'
import { MapStore } from '../stores/map-store.fixture.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { RateLimitResult } from './result.ts'

const IP = '203.0.113.7'

function told({ allowed, shadows }: RateLimitResult): unknown {
  return [allowed, shadows.map(({ name, allowed: would, remaining }) => [name, would, remaining])]
}

describe('a limit in shadow mode', () => {
  it('tells what it would decide, denies nobody, and is in no header field', async () => {
    const limiter = new RateLimiter({ store: new MapStore(), ip: { rate: '1 per minute', mode: 'shadow' } })
    expect(told(await limiter.isAllowed({ ip: IP }))).toEqual([true, [['ip shadow', true, 0]]])
    const second = await limiter.isAllowed({ ip: IP })
    expect(told(second)).toEqual([true, [['ip shadow', false, 0]]])
    expect(second).toMatchObject({ policy: undefined, policies: [], remaining: Infinity })
    expect(await limiter.buildRateLimitHeaders({ ip: IP })).toEqual({})
  })

  it('can be compared with the limit that is enforced, and with another shadow, each as if alone', async () => {
    const limiter = new RateLimiter({
      store: new MapStore(),
      ip: [
        '2 per minute',
        { rate: '1 per minute', mode: 'shadow', name: 'tight' },
        { rate: '5 per minute', mode: 'shadow', name: 'wide' },
      ],
    })
    const seen = []
    for (let i = 0; i < 6; i++) seen.push(told(await limiter.isAllowed({ ip: IP })))
    expect(seen).toEqual([
      [
        true,
        [
          ['tight', true, 0],
          ['wide', true, 4],
        ],
      ],
      [
        true,
        [
          ['tight', false, 0],
          ['wide', true, 3],
        ],
      ],
      [
        false,
        [
          ['tight', false, 0],
          ['wide', true, 2],
        ],
      ],
      [
        false,
        [
          ['tight', false, 0],
          ['wide', true, 1],
        ],
      ],
      [
        false,
        [
          ['tight', false, 0],
          ['wide', true, 0],
        ],
      ],
      [
        false,
        [
          ['tight', false, 0],
          ['wide', false, 0],
        ],
      ],
    ])
  })

  it('changes nothing of what enforced limits decide, their names and their counts included', async () => {
    const endpoints = { '/a': ['2 per minute', '3 per hour'] } as const
    const plain = new RateLimiter({ store: new MapStore(), endpoints })
    const watched = new RateLimiter({
      store: new MapStore(),
      ip: ['100 per minute', { rate: '0 per minute', mode: 'shadow' }],
      endpoints: { '/a': [...endpoints['/a'], { rate: '1 per minute', mode: 'shadow', per: 'endpoint' }] },
    })
    const request = { ip: IP, endpoint: '/a' }
    for (let i = 0; i < 5; i++) {
      const { shadows, ...decided } = await watched.isAllowed(request)
      expect(shadows).toHaveLength(2)
      expect({ ...decided, shadows: [] }).toEqual(await plain.isAllowed(request))
    }
  })

  it('is left out, and costs the enforced limits nothing, while its store fails', async () => {
    class FailsShadows extends MapStore {
      override consume(charges: readonly Charge[]): ReturnType<MapStore['consume']> {
        if (charges[0]!.key.includes('shadow')) throw new Error('no shadows here')
        return super.consume(charges)
      }
    }
    const limiter = new RateLimiter({
      store: new FailsShadows(),
      ip: ['100 per minute', { rate: '1 per minute', mode: 'shadow', onStoreError: 'deny' }],
    })
    for (let i = 1; i <= 20; i++) {
      expect(await limiter.isAllowed({ ip: IP })).toMatchObject({
        remaining: 100 - i,
        degraded: undefined,
        shadows: [],
      })
    }
  })

  it('is left out where the request does not name what it counts by', async () => {
    const limiter = new RateLimiter({
      store: new MapStore(),
      endpoints: { '/a': { rate: '1 per minute', per: 'ip', mode: 'shadow' } },
    })
    expect(told(await limiter.isAllowed({ userId: 'u', endpoint: '/a' }))).toEqual([true, []])
  })

  it('is given back and forgotten with the others', async () => {
    const limiter = new RateLimiter({ store: new MapStore(), ip: { rate: '1 per minute', mode: 'shadow' } })
    for (const undo of ['refund', 'reset'] as const) {
      expect(told(await limiter.isAllowed({ ip: IP }))).toEqual([true, [['ip shadow', true, 0]]])
      await limiter[undo]({ ip: IP })
    }
    expect(told(await limiter.peek({ ip: IP, cost: 0 }))).toEqual([true, [['ip shadow', true, 1]]])
  })

  it('does not make the default tier a limited one', () => {
    const tiers = { free: { rate: '60 per minute', mode: 'shadow' } } as const
    expect(() => new RateLimiter({ store: new MapStore(), tiers })).toThrow(
      expect.objectContaining({ code: 'RL_INVALID_OPTION' }),
    )
  })
})
