import { EventEmitter, once } from 'node:events'

import fastifyRateLimit from '@fastify/rate-limit'
import { rateLimit } from '@rl/adapter-express'
import { startRedis } from '@rl/test-servers'
import express from 'express'
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import { rateLimit as expressRateLimit } from 'express-rate-limit'
import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { Hono } from 'hono'
import { rateLimiter } from 'hono-rate-limiter'
import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { servedOfPacket } from '../packages/compat-express-rate-limit/src/requests.fixture.ts'
import { serve } from './serve.fixture.ts'

/** A store that is down, as express-rate-limit and hono-rate-limiter want one. */
const down = {
  increment: async () => Promise.reject(new Error('down')),
  decrement: () => {},
  resetKey: () => {},
}

/** The same, as @fastify/rate-limit wants one. */
class Down {
  incr(_key: string, callback: (error: Error) => void): void {
    callback(new Error('down'))
  }

  child(): this {
    return this
  }
}

function expressApp(limiter: RequestHandler): Express {
  const app = express().use(limiter)
  app.get('/', (_request, response) => void response.send('hello'))
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    response.status(500).send(error.message)
  })
  return app
}

async function fastifyApp(
  options: object,
  app: FastifyInstance = fastify({ forceCloseConnections: true }),
): Promise<FastifyInstance> {
  onTestFinished(async () => app.close())
  await app.register(fastifyRateLimit, options)
  app.get('/', async () => 'hello')
  return app
}

function honoApp(options: object): Hono {
  return new Hono()
    .use(rateLimiter({ keyGenerator: () => 'all', ...options }))
    .onError((error, c) => c.text(error.message, 500))
    .get('/', (c) => c.text('hello'))
}

/** The address of a server behind each of the three middlewares, all told the same. */
const middlewares: readonly [
  name: string,
  serveAt: (limit: number | (() => number), store?: 'down') => Promise<string>,
][] = [
  [
    'express-rate-limit',
    async (limit, store) =>
      serve(expressApp(expressRateLimit({ limit, validate: false, ...(store && { store: down }) }))),
  ],
  [
    '@fastify/rate-limit',
    async (max, store) =>
      (await fastifyApp({ max, ...(store && { store: Down }) })).listen({ port: 0, host: '127.0.0.1' }),
  ],
  ['hono-rate-limiter', async (limit, store) => serve(honoApp({ limit, ...(store && { store: down }) }))],
]

async function statusesOf(count: number, app: FastifyInstance, options: object): Promise<number[]> {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) statuses.push((await app.inject(options)).statusCode)
  return statuses
}

describe.each(middlewares)('%s', (_name, serveAt) => {
  it('admits none of ten requests in one packet at a limit of five', async () => {
    expect(await servedOfPacket(10, await serveAt(5))).toBe(0)
    expect(await servedOfPacket(10, await serveAt(10))).toBe(10)
  })

  it('lets everybody pass whose limit is NaN', async () => {
    expect(await servedOfPacket(10, await serveAt(() => Number.NaN))).toBe(10)
  })

  it('fails the request when its store fails', async () => {
    expect((await fetch(await serveAt(5, 'down'))).status).toBe(500)
  })
})

describe('@rl/adapter-express', () => {
  it('admits five of ten requests in one packet at a limit of five', async () => {
    expect(await servedOfPacket(10, await serve(expressApp(rateLimit({ ip: '5 per minute' }))))).toBe(5)
  })

  it('denies whose limit is NaN', async () => {
    const rate = { quota: () => Number.NaN, per: 'minute' } as const
    expect((await fetch(await serve(expressApp(rateLimit({ ip: { rate } }))))).status).toBe(503)
  })
})

describe('express-rate-limit', () => {
  it('admits five a minute by default, and says by the time of day when that ends', async () => {
    const { headers } = await fetch(await serve(expressApp(expressRateLimit({}))))
    expect(headers.get('x-ratelimit-limit')).toBe('5')
    expect(1000 * Number(headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now())
  })
})

describe('@fastify/rate-limit', () => {
  // In this program, `config.rateLimit` is typed as @rl/adapter-fastify has it.
  const config: object = { rateLimit: { max: 1, groupId: 'one' } }

  it('admits 1000 a minute by default, and limits no unmatched routes', async () => {
    const app = await fastifyApp({})
    expect((await app.inject('/')).headers['x-ratelimit-limit']).toBe('1000')
    expect((await app.inject('/nowhere')).headers['x-ratelimit-limit']).toBeUndefined()
  })

  it('counts GET and HEAD of a route apart, and routes of one group too', async () => {
    const app = await fastifyApp({})
    for (const url of ['/a', '/b']) app.get(url, { config }, async () => 'hello')
    expect(await statusesOf(2, app, { url: '/a' })).toEqual([200, 429])
    expect(await statusesOf(2, app, { url: '/a', method: 'HEAD' })).toEqual([200, 429])
    expect(await statusesOf(2, app, { url: '/b' })).toEqual([200, 429])
  })

  it('forgets a client that is denied when others come', async () => {
    const app = await fastifyApp({ max: 1, cache: 1, keyGenerator: ({ url }: Request) => url })
    expect(await statusesOf(2, app, { url: '/?a' })).toEqual([200, 429])
    expect(await statusesOf(1, app, { url: '/?b' })).toEqual([200])
    expect(await statusesOf(1, app, { url: '/?a' })).toEqual([200])
  })

  it('hands denials to the error handler of the app', async () => {
    const own = fastify().setErrorHandler(async (_error, _request, reply) => reply.code(418).send('own'))
    expect(await statusesOf(1, await fastifyApp({ max: 0 }, own), { url: '/' })).toEqual([418])
  })
})

describe('hono-rate-limiter', () => {
  it('takes a request that fails after its window from the next', async () => {
    const now = vi.spyOn(Date, 'now').mockReturnValue(0)
    onTestFinished(() => now.mockRestore())
    const slow = new EventEmitter()
    const app = honoApp({ limit: 1, windowMs: 60_000, skipFailedRequests: true }).get('/slow', async (c) => {
      slow.emit('begun')
      await once(slow, 'end')
      return c.text('failed', 500)
    })
    const [answer] = [app.request('/slow'), await once(slow, 'begun')]
    now.mockReturnValue(60_000)
    const statuses = [(await app.request('/')).status]
    slow.emit('end')
    statuses.push((await answer).status, (await app.request('/')).status, (await app.request('/')).status)
    expect(statuses).toEqual([200, 500, 200, 429])
  })
})

describe('rate-limiter-flexible', () => {
  const allows = async (limiter: RateLimiterMemory, points?: number): Promise<boolean> =>
    limiter.consume('key', points).then(
      () => true,
      () => false,
    )

  it('denies a key nothing any more once it has consumed NaN, and gives what is consumed below zero', async () => {
    const [nan, negative] = [1, 2].map(() => new RateLimiterMemory({ points: 5, duration: 60 })) as [
      RateLimiterMemory,
      RateLimiterMemory,
    ]
    expect([await allows(nan, Number.NaN), await allows(nan, 1000)]).toEqual([true, true])
    expect([await allows(negative, -100), await allows(negative, 100)]).toEqual([true, true])
  })

  it('gives back more than was spent', async () => {
    const limiter = new RateLimiterMemory({ points: 5, duration: 60 })
    await limiter.reward('key', 5)
    expect(await allows(limiter, 10)).toBe(true)
  })

  it('keeps for ever in Redis what lasts less than a second', async () => {
    const redis = await startRedis()
    const storeClient = new Redis(redis.url)
    onTestFinished(async () => {
      storeClient.disconnect()
      await redis.stop()
    })
    await new RateLimiterRedis({ storeClient, points: 5, duration: 0.5 }).consume('key')
    expect((await redis.cli('PTTL', 'rlflx:key')).trim()).toBe('-1')
  })
})
