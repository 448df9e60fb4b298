import { readFileSync } from 'node:fs'

import fastifyRateLimit from '@fastify/rate-limit'
import { RateLimiter } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { RedisStore } from '@rl/store-redis'
import { Ratelimit } from '@upstash/ratelimit'
import type { Options } from 'express-rate-limit'
import { MemoryStore as ExpressMemoryStore, rateLimit as expressRateLimit } from 'express-rate-limit'
import { fastify } from 'fastify'
import { MemoryStore as HonoMemoryStore, RedisStore as HonoRedisStore, rateLimiter } from 'hono-rate-limiter'
import { RateLimiter as TokenLimiter, TokenBucket } from 'limiter'
import { RedisStore as ExpressRedisStore } from 'rate-limit-redis'
import type { SendCommandClusterDetails } from 'rate-limit-redis'
import { RateLimiterRedis, RateLimiterUnion, RLWrapperTimeouts } from 'rate-limiter-flexible'
import { describe, expect, it, onTestFinished } from 'vitest'

import { upstashClient } from '../apps/bench/src/redis/upstash-client.ts'
import {
  MINUTE,
  admits,
  admitsThreeOfSix,
  askTwice,
  clusterClient,
  expressApp,
  expressLimiter,
  honoApp,
  honoLimiter,
  isAnswered,
  memoryLimiter,
  never,
  oneKey,
  redisClient,
} from './comparison.fixture.ts'

// Every `yes` and `no` in the first rows of the README's table is found out here, and compared with it.

type Library = keyof typeof COLUMNS
type Probes = Readonly<Record<Library, (() => Promise<boolean>) | undefined>>

const COLUMNS = {
  ours: 1,
  'express-rate-limit': 2,
  '@fastify/rate-limit': 3,
  'hono-rate-limiter': 4,
  'rate-limiter-flexible': 5,
  '@upstash/ratelimit': 6,
  limiter: 7,
} as const

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const rows = readme.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))

/** A limit of ten, and one of one that denies the second request: is the first limit charged for that? */
const allOrNothing: Probes = {
  async ours() {
    const limiter = new RateLimiter({ store: new MemoryStore(), ip: ['10 per minute', '1 per hour'] })
    const results = [await limiter.isAllowed({ ip: '203.0.113.7' }), await limiter.isAllowed({ ip: '203.0.113.7' })]
    expect(results.map(({ allowed }) => allowed)).toEqual([true, false])
    return results[1]!.policies.find(({ limit }) => limit === 10)?.remaining === 9
  },
  async 'express-rate-limit'() {
    const store = new ExpressMemoryStore()
    await askTwice(await expressApp(expressLimiter(10, store), expressLimiter(1)))
    return (await store.get('key'))?.totalHits === 1
  },
  async '@fastify/rate-limit'() {
    const app = fastify()
    await app.register(fastifyRateLimit, { ...oneKey, max: 10 })
    app.get('/ten', async () => 'hello')
    await app.register(async (part) => {
      await part.register(fastifyRateLimit, { ...oneKey, max: 1 })
      part.get('/', async () => 'hello')
    })
    await askTwice(await app.listen({ port: 0, host: '127.0.0.1' }))
    const { headers } = await app.inject('/ten')
    await app.close()
    expect(['7', '8']).toContain(headers['x-ratelimit-remaining'])
    return headers['x-ratelimit-remaining'] === '8'
  },
  async 'hono-rate-limiter'() {
    const store = new HonoMemoryStore()
    await askTwice(await honoApp(honoLimiter(10, store), honoLimiter(1)))
    return store.get('key')?.totalHits === 1
  },
  async 'rate-limiter-flexible'() {
    const [ten, one] = [10, 1].map((points) => memoryLimiter({ points, keyPrefix: String(points) }))
    const union = new RateLimiterUnion(ten!, one!)
    expect([await admits(union.consume('key')), await admits(union.consume('key'))]).toEqual([true, false])
    return (await ten!.get('key'))?.consumedPoints === 1
  },
  // It takes one limit at a time.
  '@upstash/ratelimit': undefined,
  async limiter() {
    const bucket = { tokensPerInterval: 1, interval: 'hour' } as const
    const parentBucket = new TokenBucket({ ...bucket, bucketSize: 10 })
    const one = new TokenBucket({ ...bucket, bucketSize: 1, parentBucket })
    for (const each of [parentBucket, one]) each.content = each.bucketSize
    expect([one.tryRemoveTokens(1), one.tryRemoveTokens(1)]).toEqual([true, false])
    return Math.round(parentBucket.content) === 9
  },
}

/** A limit of five, and something that is denied: is there as much left afterwards as before? */
const freeDenials: Probes = {
  async ours() {
    const limiter = new RateLimiter({ store: new MemoryStore(), ip: '5 per minute' })
    expect(await limiter.isAllowed({ ip: '203.0.113.7', cost: 6 })).toMatchObject({ allowed: false })
    return (await limiter.isAllowed({ ip: '203.0.113.7', cost: 5 })).allowed
  },
  async 'express-rate-limit'() {
    const store = new ExpressMemoryStore()
    await askTwice(await expressApp(expressLimiter(1, store)))
    return (await store.get('key'))?.totalHits === 1
  },
  async '@fastify/rate-limit'() {
    const app = fastify()
    let max = 1
    await app.register(fastifyRateLimit, { ...oneKey, max: () => max })
    app.get('/', async () => 'hello')
    expect([(await app.inject('/')).statusCode, (await app.inject('/')).statusCode]).toEqual([200, 429])
    max = 10
    const { headers } = await app.inject('/')
    await app.close()
    return headers['x-ratelimit-remaining'] === '8'
  },
  async 'hono-rate-limiter'() {
    const store = new HonoMemoryStore()
    await askTwice(await honoApp(honoLimiter(1, store)))
    return store.get('key')?.totalHits === 1
  },
  async 'rate-limiter-flexible'() {
    const limiter = memoryLimiter({ points: 5 })
    expect(await admits(limiter.consume('key', 6))).toBe(false)
    return admits(limiter.consume('key', 5))
  },
  async '@upstash/ratelimit'() {
    const client = await redisClient()
    const limiter = Ratelimit.fixedWindow(5, '1 m')
    const ratelimit = new Ratelimit({ redis: upstashClient(client), limiter, ephemeralCache: false })
    expect((await ratelimit.limit('key', { rate: 6 })).success).toBe(false)
    return (await ratelimit.limit('key', { rate: 5 })).success
  },
  async limiter() {
    const limiter = new TokenLimiter({ tokensPerInterval: 5, interval: 'hour' })
    expect([limiter.tryRemoveTokens(3), limiter.tryRemoveTokens(3)]).toEqual([true, false])
    return limiter.tryRemoveTokens(2)
  },
}

/** A store that never answers: is the request answered? */
const answersAnyway: Probes = {
  async ours() {
    const store = {
      consume: never,
      peek: never,
      refund: never,
      reset: never,
      ping: never,
      close() {},
    }
    return isAnswered(Promise.resolve(new RateLimiter({ store }).isAllowed({ ip: '203.0.113.7' })))
  },
  async 'express-rate-limit'() {
    const store = { increment: never, decrement() {}, resetKey() {} }
    return isAnswered(fetch(await expressApp(expressRateLimit({ ...oneKey, store, passOnStoreError: true }))))
  },
  async '@fastify/rate-limit'() {
    class Silent {
      incr(): void {}
      child(): this {
        return this
      }
    }
    const app = fastify({ forceCloseConnections: true })
    onTestFinished(async () => app.close())
    await app.register(fastifyRateLimit, { store: Silent, skipOnError: true })
    app.get('/', async () => 'hello')
    return isAnswered(fetch(await app.listen({ port: 0, host: '127.0.0.1' })))
  },
  async 'hono-rate-limiter'() {
    const store = { increment: never, decrement() {}, resetKey() {} }
    return isAnswered(fetch(await honoApp(rateLimiter({ ...oneKey, store }))))
  },
  async 'rate-limiter-flexible'() {
    const silent = Object.assign(memoryLimiter({ points: 5 }), { consume: never })
    expect(await isAnswered(silent.consume())).toBe(false)
    const insured = { limiter: silent, timeoutMs: 100, insuranceLimiter: memoryLimiter({ points: 5 }) }
    return isAnswered(new RLWrapperTimeouts(insured).consume('key'))
  },
  async '@upstash/ratelimit'() {
    const redis = { evalsha: never, eval: never } as never
    const limiter = Ratelimit.fixedWindow(5, '1 m')
    expect(await isAnswered(new Ratelimit({ redis, limiter }).limit('key'))).toBe(false)
    return isAnswered(new Ratelimit({ redis, limiter, timeout: 100 }).limit('key'))
  },
  // It has no store.
  limiter: undefined,
}

/** Six calls at once on each of twelve keys, which lie on all nodes, at a limit of three: do three pass? */
const countsInCluster: Probes = {
  async ours() {
    const limiter = new RateLimiter({ store: new RedisStore({ client: await clusterClient() }), ip: '3 per minute' })
    return admitsThreeOfSix(async (key) => (await limiter.isAllowed({ ip: `203.0.113.${key}` })).allowed)
  },
  async 'express-rate-limit'() {
    const cluster = await clusterClient()
    const sendCommandCluster = async ({ key, command: [command, ...args] }: SendCommandClusterDetails) => {
      if (key !== undefined) return (await cluster.call(command!, args)) as string
      return (await Promise.all(cluster.nodes('master').map((node) => node.call(command!, args))))[0] as string
    }
    const store = new ExpressRedisStore({ sendCommandCluster })
    await store.init({ windowMs: MINUTE } as Options)
    return admitsThreeOfSix(async (key) => (await store.increment(String(key))).totalHits <= 3)
  },
  async '@fastify/rate-limit'() {
    const app = fastify()
    await app.register(fastifyRateLimit, {
      redis: await clusterClient(),
      max: 3,
      keyGenerator: ({ url }: { readonly url: string }) => url,
    })
    app.get('/', async () => 'hello')
    return admitsThreeOfSix(async (key) => (await app.inject(`/?${key}`)).statusCode === 200)
  },
  async 'hono-rate-limiter'() {
    const cluster = await clusterClient()
    const store = new HonoRedisStore({
      client: {
        scriptLoad: async (script) =>
          (await Promise.all(cluster.nodes('master').map((node) => node.script('LOAD', script))))[0] as string,
        evalsha: async (sha1, keys, args) =>
          (await cluster.evalsha(sha1, keys.length, ...keys, ...(args as string[]))) as never,
        decr: (key) => cluster.decr(key),
        del: (key) => cluster.del(key),
      },
    })
    store.init({ windowMs: MINUTE } as Parameters<typeof store.init>[0])
    return admitsThreeOfSix(async (key) => (await store.increment(String(key))).totalHits <= 3)
  },
  async 'rate-limiter-flexible'() {
    const limiter = new RateLimiterRedis({ storeClient: await clusterClient(), points: 3, duration: 60 })
    return admitsThreeOfSix(async (key) => admits(limiter.consume(key)))
  },
  // Its Redis is asked by HTTP.
  '@upstash/ratelimit': undefined,
  limiter: undefined,
}

describe.each<[row: string, probes: Probes]>([
  ['Several limits in one call: all are charged, or none', allOrNothing],
  ['A denied request costs nothing', freeDenials],
  ['Answers while its store hangs', answersAnyway],
  ['Counts exactly in a Redis Cluster', countsInCluster],
])('%s', (row, probes) => {
  it.each(Object.entries(probes))('is told truly of %s', { timeout: 60_000 }, async (library, probe) => {
    const cell = rows.find(([, title]) => title === row)?.[1 + COLUMNS[library as Library]] ?? ''
    expect(cell.split(/\W/)[0]).toBe(probe === undefined ? '' : (await probe()) ? 'yes' : 'no')
  })
})

it.each(Object.keys(COLUMNS).filter((library) => library !== 'ours'))('speaks of the %s that is tested', (library) => {
  const manifest = new URL(`node_modules/${library}/package.json`, import.meta.url)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  expect(readme.replaceAll(/\s+/g, ' ')).toContain(`${library} ${version}`)
})
