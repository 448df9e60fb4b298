import { Ratelimit } from '@upstash/ratelimit'
import type { Options } from 'express-rate-limit'
import { RedisStore as HonoRedisStore } from 'hono-rate-limiter'
import type { Redis } from 'ioredis'
import { RedisStore as ExpressRedisStore } from 'rate-limit-redis'
import type { RedisReply } from 'rate-limit-redis'
import { RateLimiterRedis, RateLimiterUnion } from 'rate-limiter-flexible'

import { askEach, isResolved } from '../contender.ts'
import type { Contender } from '../contender.ts'
import { upstashClient } from './upstash-client.ts'

export const rateLimiterFlexible: Contender<Redis> = {
  name: 'rate-limiter-flexible',
  make({ quota, windowMs }, storeClient) {
    const limiter = new RateLimiterRedis({ storeClient, points: quota, duration: windowMs / 1000 })
    return askEach((key) => isResolved(limiter.consume(key)))
  },
}

export const rateLimiterFlexibleUnion: Contender<Redis> = {
  name: 'rate-limiter-flexible, union of three',
  make({ quota, windowMs }, storeClient) {
    const limiters = [1, 10, 100].map((times) => {
      const keyPrefix = `of${times}`
      return new RateLimiterRedis({ storeClient, keyPrefix, points: times * quota, duration: windowMs / 1000 })
    })
    const union = new RateLimiterUnion(...limiters)
    return askEach((key) => isResolved(union.consume(key)))
  },
}

/** The store of express-rate-limit. */
export const rateLimitRedis: Contender<Redis> = {
  name: 'rate-limit-redis',
  async make({ quota, windowMs }, client) {
    const sendCommand = async (command: string, ...args: string[]) =>
      (await client.call(command, ...args)) as RedisReply
    const store = new ExpressRedisStore({ sendCommand })
    await store.init({ windowMs } as Options)
    return askEach(async (key) => (await store.increment(key)).totalHits <= quota)
  },
}

export const honoRateLimiter: Contender<Redis> = {
  name: 'hono-rate-limiter, its Redis store',
  make({ quota, windowMs }, client) {
    const store = new HonoRedisStore({
      client: {
        scriptLoad: async (script) => String(await client.script('LOAD', script)),
        evalsha: async (sha1, keys, args) =>
          (await client.evalsha(sha1, keys.length, ...keys, ...(args as string[]))) as never,
        decr: (key) => client.decr(key),
        del: (key) => client.del(key),
      },
    })
    store.init({ windowMs } as Parameters<typeof store.init>[0])
    return askEach(async (key) => (await store.increment(key)).totalHits <= quota)
  },
}

/** Made for a Redis that is asked by HTTP; here it has a plain one. */
export function upstash(algorithm: 'fixedWindow' | 'slidingWindow'): Contender<Redis> {
  return {
    name: `@upstash/ratelimit, ${algorithm}`,
    make({ quota, windowMs }, client) {
      const ratelimit = new Ratelimit({
        redis: upstashClient(client),
        limiter: Ratelimit[algorithm](quota, `${windowMs} ms`),
        enableTelemetry: false,
      })
      return askEach(async (key) => (await ratelimit.limit(key)).success)
    },
  }
}
