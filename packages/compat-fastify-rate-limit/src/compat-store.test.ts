import { once } from 'node:events'

import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyRateLimitOptions, RateLimitPluginOptions } from '@fastify/rate-limit'
import { TestClock } from '@rl/conformance'
import { MemoryStore } from '@rl/store-memory'
import { RedisStore } from '@rl/store-redis'
import { startRedis } from '@rl/test-servers'
import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { testStores } from '../../adapter-express/src/stores.fixture.ts'
import { servedOfPacket, statusesOf as statusesAtOnce } from '../../compat-express-rate-limit/src/requests.fixture.ts'
import { testTwoProcesses } from '../../compat-express-rate-limit/src/two-processes.fixture.ts'
import { compatStore } from './compat-store.ts'

const MINUTE = 60_000
const apps: FastifyInstance[] = []

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

/** An app behind @fastify/rate-limit, with two routes that it limits and three that have limits of their own. */
async function limited(options: RateLimitPluginOptions, own: object = { max: 1 }): Promise<FastifyInstance> {
  const app = fastify({ forceCloseConnections: true })
  apps.push(app)
  await app.register(fastifyRateLimit, { timeWindow: MINUTE, ...options })
  for (const path of ['/', '/other']) app.get(path, async () => 'hello')
  for (const path of ['/own', '/own/:name', '/own b'])
    app.get(path, { config: { rateLimit: own } }, async () => 'hello')
  return app
}

/** The statuses of so many requests, one after the other. */
async function statusesOf(count: number, app: FastifyInstance, url = '/'): Promise<number[]> {
  const statuses: number[] = []
  for (let i = 0; i < count; i++) statuses.push((await app.inject(url)).statusCode)
  return statuses
}

describe.each(testStores)('@fastify/rate-limit on %s', (_name, open) => {
  it('admits exactly 100 of 200 requests at once', async () => {
    const { store, close } = await open()
    const app = await limited({ max: 100, store: compatStore(store, { timeoutMs: 10_000 }) })
    const origin = await app.listen({ port: 0, host: '127.0.0.1' })
    const statuses = await statusesAtOnce(200, origin)
    expect(statuses.filter((status) => status === 200)).toHaveLength(100)
    expect(statuses.filter((status) => status === 429)).toHaveLength(100)
    await close()
  })
})

testTwoProcesses(new URL('serve.fixture.ts', import.meta.url))

describe('compatStore', () => {
  it('admits five of ten requests in one packet at a limit of five', async () => {
    const app = await limited({ max: 5, store: compatStore(new MemoryStore()) })
    expect(await servedOfPacket(10, await app.listen({ port: 0, host: '127.0.0.1' }))).toBe(5)
  })

  it('tells how many are left and when the window ends, and begins anew then', async () => {
    const clock = new TestClock()
    const app = await limited({ max: 1, store: compatStore(new MemoryStore({ clock: clock.read })) })
    const fieldsOf = async (): Promise<unknown[]> => {
      const { statusCode, headers } = await app.inject('/')
      return [
        statusCode,
        ...['remaining', 'reset'].map((name) => headers[`x-ratelimit-${name}`]),
        headers['retry-after'],
      ]
    }
    expect(await fieldsOf()).toEqual([200, '0', '60', undefined])
    clock.advance(MINUTE - 1)
    expect(await fieldsOf()).toEqual([429, '0', '1', '1'])
    clock.advance(1)
    expect(await fieldsOf()).toEqual([200, '0', '60', undefined])
  })

  it('counts on above the limit, for a ban', async () => {
    const app = await limited({ max: 1, ban: 2, store: compatStore(new MemoryStore()) })
    expect(await statusesOf(5, app)).toEqual([200, 429, 429, 403, 403])
  })

  it('counts for a limit and a window that depend on the request', async () => {
    const clock = new TestClock()
    const app = await limited({
      max: async (request) => Promise.resolve(request.url === '/' ? 1 : 2),
      timeWindow: (request) => (request.url === '/' ? MINUTE : 1000),
      store: compatStore(new MemoryStore({ clock: clock.read })),
      keyGenerator: ({ url }) => url,
    })
    expect(await statusesOf(2, app)).toEqual([200, 429])
    expect(await statusesOf(3, app, '/other')).toEqual([200, 200, 429])
    clock.advance(1000)
    expect(await statusesOf(1, app)).toEqual([429])
    expect(await statusesOf(1, app, '/other')).toEqual([200])
  })

  it('counts apart for each route with a limit of its own, and in one for the others', async () => {
    const app = await limited({ max: 3, store: compatStore(new MemoryStore()) })
    expect(await statusesOf(2, app)).toEqual([200, 200])
    expect(await statusesOf(2, app, '/other')).toEqual([200, 429])
    expect(await statusesOf(2, app, '/own')).toEqual([200, 429])
    expect(await statusesOf(2, app, '/own/a')).toEqual([200, 429])
  })

  it('keeps clients apart that call themselves by the routes of others', async () => {
    const names: Readonly<Record<string, string>> = { '/': 'GET/own me', '/own': 'me', '/own/a': 'x', '/own%20b': 'y' }
    const keyGenerator = ({ url }: { url: string }): string =>
      names[url] ?? decodeURIComponent(url.slice('/own?'.length))
    const app = await limited({ max: 1, store: compatStore(new MemoryStore()), keyGenerator })
    for (const url of Object.keys(names)) expect(await statusesOf(1, app, url)).toEqual([200])
    expect(await statusesOf(1, app, '/own?/:name%20x')).toEqual([200])
    expect(await statusesOf(1, app, '/own?/:namex')).toEqual([200])
    expect(await statusesOf(1, app, '/own?b%20y')).toEqual([200])
  })

  it('counts a route in one for all processes, and for all apps of a prefix', async () => {
    const shared = new MemoryStore()
    const [first, second] = [
      await limited({ store: compatStore(shared) }),
      await limited({ store: compatStore(shared) }),
    ]
    const apart = await limited({ store: compatStore(shared, { prefix: 'apart' }) })
    expect(await statusesOf(1, first, '/own')).toEqual([200])
    expect(await statusesOf(1, second, '/own')).toEqual([429])
    expect(await statusesOf(1, apart, '/own')).toEqual([200])
  })

  it('counts apart for each limiter without a route, and lets it look without counting', async () => {
    const app = await limited({ store: compatStore(new MemoryStore()) })
    const limiters = [1, 2].map((max) => app.createRateLimit({ max }))
    app.get('/made', async (request) => {
      const answers = []
      for (const limiter of limiters) {
        const [, seen] = [await limiter(request), await limiter(request, { increment: false })]
        answers.push(seen.isAllowed || [seen.remaining, seen.ttl > 0, seen.isExceeded])
      }
      return answers
    })
    expect((await app.inject('/made')).json()).toEqual([
      [0, true, false],
      [1, true, false],
    ])
  })

  it('takes a number for its text, and refuses a key that says nothing', async () => {
    const keys = [7, '7', undefined]
    const keyGenerator = (): string => keys.shift() as string
    const app = await limited({ max: 1, store: compatStore(new MemoryStore()), keyGenerator })
    expect(await statusesOf(2, app)).toEqual([200, 429])
    expect((await app.inject('/')).json()).toMatchObject({ statusCode: 500, code: 'RL_INVALID_KEY' })
  })

  it.each(['continueExceeding', 'exponentialBackoff'])('refuses %s, of the plugin and of a route', async (option) => {
    const refusal = { code: 'RL_INVALID_OPTION', message: expect.stringContaining(option) as unknown }
    const store = compatStore(new MemoryStore())
    await expect(limited({ store, [option]: true })).rejects.toMatchObject(refusal)
    await expect(limited({ store }, { max: 1, [option]: true })).rejects.toMatchObject(refusal)
  })

  it.each<[string, () => unknown]>([
    ['what is no store', () => compatStore({} as never)],
    ['an unknown option', () => compatStore(new MemoryStore(), { prefiks: 'a' } as never)],
  ])('refuses %s', (_what, make) => {
    expect(make).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/RL_(INVALID|UNKNOWN)_OPTION/) as unknown }),
    )
  })

  it('is what the types of @fastify/rate-limit want', () => {
    const made = new (compatStore(new MemoryStore()))({} satisfies FastifyRateLimitOptions)
    expect(made).toMatchObject({ incr: expect.any(Function) as unknown, child: expect.any(Function) as unknown })
  })
})

describe('a Redis that does not answer', () => {
  it.each([
    [true, 200],
    [false, 500],
  ])('is waited for no longer than timeoutMs, with skipOnError %s', async (skipOnError, status) => {
    const redis = await startRedis()
    const client = new Redis(redis.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 })
    onTestFinished(async () => {
      client.disconnect()
      await redis.stop()
    })
    await once(client, 'ready')
    const store = compatStore(new RedisStore({ client }), { timeoutMs: 50 })
    const app = await limited({ max: 1, store, skipOnError })
    await redis.kill('SIGSTOP')
    expect(await statusesOf(2, app)).toEqual([status, status])
    await redis.kill('SIGCONT')
  })
})
