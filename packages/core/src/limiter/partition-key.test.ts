import { createHmac } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { MapStore } from '../stores/map-store.fixture.ts'
import { RateLimiter } from './rate-limiter.ts'

const SECRET = 'a secret of sixteen or more'

describe('a partition key', () => {
  it('is the first half of an HMAC of the counter’s key, one for each limit', async () => {
    const endpoints = { '/a': { rate: '5 per minute', unit: 'content-bytes' } } as const
    const limiter = new RateLimiter({ store: new MapStore(), endpoints, partitionKeySecret: SECRET })
    const { policies } = await limiter.isAllowed({ ip: '203.0.113.7', endpoint: '/a' })
    const expected = ['ip|ip:203.0.113.7', '/a|ip:203.0.113.7'].map((key) =>
      createHmac('sha256', SECRET).update(key).digest().subarray(0, 16).toString('base64'),
    )
    expect(policies.map(({ partitionKey }) => partitionKey)).toEqual(expected)
    expect(policies.map(({ unit }) => unit)).toEqual([undefined, 'content-bytes'])
  })

  it('is not there unless asked for', async () => {
    const { policies } = await new RateLimiter({ store: new MapStore() }).isAllowed({ ip: '203.0.113.7' })
    expect(policies[0]).not.toHaveProperty('partitionKey')
  })

  it.each(['', 'short', 7, null])('takes no secret such as %j', (secret) => {
    const options = { store: new MapStore(), partitionKeySecret: secret as string }
    expect(() => new RateLimiter(options)).toThrow(expect.objectContaining({ code: 'RL_INVALID_OPTION' }))
  })
})
