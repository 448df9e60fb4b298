import type { Redis } from 'ioredis'
import type { AlgorithmName } from '@rl/core'
import { RedisStore } from '@rl/store-redis'

import type { Contender } from '../contender.ts'
import { ourStore, ourStoreForThree } from '../our-store.ts'

const open = (client: Redis): RedisStore => new RedisStore({ client })

export function redisStore(algorithm: AlgorithmName): Contender<Redis> {
  return ourStore(algorithm, open)
}

export function redisStoreForThree(algorithm: AlgorithmName): Contender<Redis> {
  return ourStoreForThree(algorithm, open)
}
