import type { Redis } from 'ioredis'
import type { AlgorithmName } from '@rl/core'
import { RedisStore } from '@rl/store-redis'

import { askEach } from '../contender.ts'
import type { Contender } from '../contender.ts'

/** The Redis store, asked for one limit. */
export function redisStore(algorithm: AlgorithmName): Contender<Redis> {
  return {
    name: `**ours**, ${algorithm}`,
    ours: true,
    make({ quota, windowMs }, client) {
      const store = new RedisStore({ client })
      const limit = { algorithm, quota, windowMs }
      return askEach(async (key) => {
        const [verdict] = await store.consume([{ key, limit, cost: 1 }])
        return verdict!.allowed
      })
    },
  }
}

/** The Redis store, asked for three limits in one call. */
export function redisStoreForThree(algorithm: AlgorithmName): Contender<Redis> {
  return {
    name: `**ours**, three limits in one call, ${algorithm}`,
    ours: true,
    make({ quota, windowMs }, client) {
      const store = new RedisStore({ client })
      const [hard, medium, soft] = [1, 10, 100].map((times) => ({ algorithm, quota: times * quota, windowMs }))
      return askEach(async (key) => {
        const verdicts = await store.consume([
          { key: `a|${key}`, limit: hard!, cost: 1 },
          { key: `b|${key}`, limit: medium!, cost: 1 },
          { key: `c|${key}`, limit: soft!, cost: 1 },
        ])
        return verdicts.every(({ allowed }) => allowed)
      })
    },
  }
}
