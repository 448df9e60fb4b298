import rateLimit from '@fastify/rate-limit'
import { startRedis } from '@rl/test-servers'
import { fastify } from 'fastify'
import { Redis } from 'ioredis'

import { askEach } from '../contender.ts'
import type { Contender, Quota } from '../contender.ts'
import { mapWindows } from '../map-windows.ts'
import { memoryStore } from '../memory/ours.ts'
import { expressRateLimit, honoRateLimiter, limiter, rateLimiterFlexible } from '../memory/peers.ts'
import type { Cell, Measures, Part } from '../part.ts'
import { redisStore } from '../redis/ours.ts'
import { rateLimiterFlexible as rateLimiterFlexibleRedis, rateLimitRedis, upstash } from '../redis/peers.ts'
import { realClock, virtualClock } from './clocks.ts'
import { worstSecond, worstSecondAtOnce } from './worst-second.ts'

const QUOTA: Quota = { quota: 100, windowMs: 1000 }

const byHand: Contender = {
  name: '`Map` of windows',
  make(quota) {
    const charge = mapWindows(quota)
    return askEach((key) => charge(key).allowed)
  },
}

const fastifyRateLimit: Contender = {
  name: '@fastify/rate-limit',
  async make({ quota, windowMs }) {
    const app = fastify()
    await app.register(rateLimit, {
      max: quota,
      timeWindow: windowMs,
      keyGenerator: ({ headers }) => String(headers['x-client']),
    })
    app.get('/', async () => 'hello')
    return askEach(async (key) => (await app.inject({ url: '/', headers: { 'x-client': key } })).statusCode === 200)
  },
}

/** On a clock that is turned by hand. */
function inMemory(contender: Contender, bound?: number): Cell {
  return cell(contender.name, bound, async () => {
    // Before the contender is made, which may take its clock then.
    const clock = virtualClock()
    return worstSecond(await contender.make(QUOTA), clock)
  })
}

/** On the clock of a Redis server, or on that of a client which goes by its own. */
function inRedis(contender: Contender<Redis>, clock: 'real' | 'virtual', bound?: number): Cell {
  return cell(`${contender.name}, in Redis`, bound, async () => {
    const server = await startRedis()
    const client = new Redis(server.port, server.host)
    const time = clock === 'real' ? realClock : virtualClock()
    const ask = await contender.make(QUOTA, client)
    const worst = await (clock === 'real' ? worstSecondAtOnce(ask, time) : worstSecond(ask, time))
    client.disconnect()
    await server.stop()
    return worst
  })
}

/** @param bound As a multiple of the quota, for ours. */
function cell(row: string, bound: number | undefined, worst: () => Promise<number>): Cell {
  return {
    row,
    aims: bound === undefined ? [] : [{ measure: 'times', sign: bound === 1 ? '=' : '≤', bound }],
    async run(): Promise<Measures> {
      const most = await worst()
      return { most, times: most / QUOTA.quota, ...(bound !== undefined && { bound }) }
    },
  }
}

/** How many are admitted within one second where 100 are to be, by bursts that straddle the edges of windows. */
export const exactness: Part = {
  packages: [
    'redis-server',
    '@fastify/rate-limit',
    '@upstash/ratelimit',
    'express-rate-limit',
    'hono-rate-limiter',
    'limiter',
    'rate-limit-redis',
    'rate-limiter-flexible',
  ],
  tables: [
    {
      title: 'The worst second, at 100 per second',
      columns: { most: 'admitted', times: '× the quota', bound: 'stated bound' },
      rounds: 1,
      cells: [
        inMemory(memoryStore('sliding-window'), 1),
        inRedis(redisStore('sliding-window'), 'real', 1),
        inMemory(memoryStore('sliding-window-counter'), 2),
        inMemory(memoryStore('token-bucket'), 2),
        inMemory(memoryStore('fixed-window'), 2),
        inMemory(byHand),
        inMemory(rateLimiterFlexible),
        inRedis(rateLimiterFlexibleRedis, 'real'),
        inMemory(expressRateLimit),
        inRedis(rateLimitRedis, 'real'),
        inMemory(fastifyRateLimit),
        inMemory(honoRateLimiter),
        inMemory(limiter),
        inRedis(upstash('fixedWindow'), 'virtual'),
        inRedis(upstash('slidingWindow'), 'virtual'),
      ],
    },
  ],
}
