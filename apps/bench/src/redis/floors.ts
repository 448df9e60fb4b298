import type { Redis } from 'ioredis'
import { RedisStore } from '@rl/store-redis'

import { askEach } from '../contender.ts'
import type { Contender } from '../contender.ts'
import { keysOf } from '../keys.ts'

/** A count for each key, and no end to it. */
export const incr: Contender<Redis> = {
  name: 'INCR',
  make: ({ quota }, client) => askEach(async (key) => (await client.incr(key)) <= quota),
}

/** Three counts for each key. */
export const threeIncr: Contender<Redis> = {
  name: 'INCR, three',
  make: ({ quota }, client) =>
    askEach(async (key) => {
      const counts = await Promise.all([client.incr(`a:${key}`), client.incr(`b:${key}`), client.incr(`c:${key}`)])
      return counts[0] <= quota
    }),
}

const RECORDED_KEYS = 1000

/**
 * The script calls that our store makes, made again without it: what the same work costs at the server and on the way. It
 * decides nothing here, since nobody reads the answers.
 */
export const bareEvalsha: Contender<Redis> = {
  name: 'EVALSHA, bare',
  decides: false,
  async make({ quota, windowMs }, client) {
    const calls: Parameters<Redis['evalsha']>[] = []
    const recorder = {
      evalsha: (...call: [string, number, ...string[]]) => {
        calls.push(call)
        return client.evalsha(...call)
      },
      eval: (...call: [string, number, ...string[]]) => client.eval(...call),
      del: (key: string) => client.del(key),
      ping: () => client.ping(),
    }
    const store = new RedisStore({ client: recorder })
    const limit = { algorithm: 'fixed-window', quota, windowMs }
    for (const key of keysOf(RECORDED_KEYS)) await store.consume([{ key, limit, cost: 1 }])
    let turn = 0
    return askEach(async () => {
      await client.evalsha(...calls[turn++ % calls.length]!)
      return true
    })
  },
}
