import { RateLimiter } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { fastify } from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'

import { rateLimit } from './rate-limit.ts'
import type { RateLimitOptions } from './rate-limit.ts'
import type { RouteRateLimit } from './route-rules.ts'

const apps: FastifyInstance[] = []

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

async function appWith(options: RateLimitOptions = {}): Promise<FastifyInstance> {
  const app = fastify()
  apps.push(app)
  await app.register(rateLimit, options)
  return app
}

const hello = async (): Promise<string> => 'hello'

async function originOf(app: FastifyInstance): Promise<string> {
  return app.server.listening ? app.listeningOrigin : app.listen()
}

/** Asks for each of these in turn, such as `POST /a`, and answers the statuses. */
async function statusesOf(app: FastifyInstance, ...asked: string[]): Promise<number[]> {
  const origin = await originOf(app)
  const statuses: number[] = []
  for (const line of asked) {
    const [method, path] = line.split(' ') as [string, string]
    statuses.push((await fetch(new URL(path, origin), { method })).status)
  }
  return statuses
}

/** The policies that an answer tells of, and what is left of them. */
async function leftAt(app: FastifyInstance, path: string, init?: RequestInit) {
  const origin = await originOf(app)
  const field = (await fetch(new URL(path, origin), init)).headers.get('ratelimit') ?? ''
  return [...field.matchAll(/"([^"]+)";r=(\d+)/g)].map(([, name, left]) => `${name}: ${left}`)
}

describe('the rule of a route', () => {
  it('is charged together with the others, or none is, by one call of the store', async () => {
    const asked: number[] = []
    class Counting extends MemoryStore {
      override consume(charges: Parameters<MemoryStore['consume']>[0]) {
        asked.push(charges.length)
        return super.consume(charges)
      }
    }
    const app = await appWith({ store: new Counting(), ip: { rate: '10 per minute', appliesTo: 'everyone' } })
    app.get('/a', { config: { rateLimit: ['2 per minute', '5 per hour'] } }, hello)
    app.get('/b', hello)
    expect(await leftAt(app, '/a')).toEqual(['ip: 9', 'GET /a per minute: 1', 'GET /a per hour: 4'])
    await leftAt(app, '/a')
    expect(await leftAt(app, '/a')).toEqual(['ip: 8', 'GET /a per minute: 0', 'GET /a per hour: 3'])
    expect(await statusesOf(app, 'GET /a', 'GET /b')).toEqual([429, 200])
    expect(await leftAt(app, '/b')).toEqual(['ip: 6'])
    expect(asked).toEqual([3, 3, 3, 3, 1, 1])
  })

  it('is found where another plugin has written it after the limiter has seen the route', async () => {
    const app = await appWith()
    app.addHook('onRoute', (route) => {
      if (route.url === '/a') route.config = { rateLimit: '1 per minute' }
    })
    app.get('/a', hello)
    expect(await statusesOf(app, 'GET /a', 'GET /a')).toEqual([200, 429])
  })

  it('is found where the route is declared in a part that is older than the limiter', async () => {
    const app = fastify()
    apps.push(app)
    let part: FastifyInstance = app
    await app.register(async (one) => {
      part = one
    })
    await app.register(rateLimit)
    part.get('/a', { config: { rateLimit: '1 per minute' } }, hello)
    expect(await statusesOf(app, 'GET /a', 'GET /a')).toEqual([200, 429])
  })

  it('stands alone where it says so', async () => {
    const app = await appWith({ ip: '1 per minute', endpoints: { '/a': '0 per minute' } })
    app.get('/a', { config: { rateLimit: { only: '2 per minute' } } }, hello)
    app.get('/free', { config: { rateLimit: { only: 'unlimited' } } }, hello)
    app.get('/b', hello)
    expect(await leftAt(app, '/a')).toEqual(['GET /a: 1'])
    expect(await statusesOf(app, 'GET /a', 'GET /a', 'GET /b', 'GET /b')).toEqual([200, 429, 200, 429])
    expect(await leftAt(app, '/free')).toEqual([])
  })

  it('stands in for one that the limiter has for the endpoint', async () => {
    const app = await appWith({ ip: '9 per minute', endpoints: { '/*': '0 per minute', 'GET /b': '0 per minute' } })
    app.get('/a', { config: { rateLimit: '2 per minute' } }, hello)
    app.get('/b', { config: { rateLimit: 'unlimited' } }, hello)
    expect([await leftAt(app, '/a'), await leftAt(app, '/b')]).toEqual([['ip: 8', 'GET /a: 1'], ['ip: 7']])
  })

  it('counts by the pattern of the route, not by the URL', async () => {
    const app = await appWith({ ip: '99 per minute' })
    const config = { rateLimit: '2 per minute' } as const
    app.get('/users/:id', { config }, hello)
    app.get('/files/*', { config }, hello)
    app.get(String.raw`/numbers/:n(^\d+$)`, { config }, hello)
    app.get('/optional/:what?', { config }, hello)
    app.get('/at/:hour(^\\d{2}$)h:minute(^\\d{2}$)m', { config }, hello)
    app.get('/straße/:nr', { config }, hello)
    await app.register(async (part) => void part.get('/:id', { config }, hello), { prefix: '/parts/:part' })
    for (const paths of [
      ['/users/1', '/users/2?a=b', '/users/%33'],
      ['/files/a', '/files/b/c', '/files/'],
      ['/numbers/1', '/numbers/22', '/numbers/3'],
      ['/optional', '/optional/a', '/optional/b'],
      ['/at/10h15m', '/at/11h16m', '/at/12h17m'],
      ['/stra%C3%9Fe/1', '/stra%C3%9Fe/2', '/stra%C3%9Fe/3'],
      ['/parts/1/2', '/parts/3/4', '/parts/5/6'],
    ]) {
      expect([paths[0], ...(await statusesOf(app, ...paths.map((path) => `GET ${path}`)))]).toEqual([
        paths[0],
        200,
        200,
        429,
      ])
    }
    expect(await leftAt(app, '/users/9')).toEqual(['ip: 85', 'GET /users/:id: 0'])
    expect(await statusesOf(app, 'GET /numbers/none')).toEqual([404])
  })

  it('counts a route with and without its last slash as one', async () => {
    const app = await appWith()
    await app.register(async (part) => void part.get('/', { config: { rateLimit: '1 per minute' } }, hello), {
      prefix: '/part',
    })
    expect(await statusesOf(app, 'GET /part', 'GET /part/')).toEqual([200, 429])
  })

  it('counts the methods of one route together, HEAD among them, and those of several apart', async () => {
    const app = await appWith()
    const config = { rateLimit: '2 per minute' } as const
    app.route({ method: ['POST', 'GET'], url: '/one', config, handler: hello })
    app.all('/all', { config }, hello)
    app.get('/several', { config }, hello)
    app.post('/several', { config }, hello)
    expect(await statusesOf(app, 'POST /one', 'HEAD /one', 'GET /one', 'POST /one')).toEqual([200, 200, 429, 429])
    expect(await statusesOf(app, 'DELETE /all', 'HEAD /all', 'PATCH /all')).toEqual([200, 200, 429])
    expect(await statusesOf(app, 'GET /several', 'GET /several', 'POST /several')).toEqual([200, 200, 200])
  })

  it('counts by whom the limiter knows, with a limiter that was there already too', async () => {
    const limiter = new RateLimiter({ store: new MemoryStore(), ip: '9 per minute', namespace: 'api' })
    const identify = ({ headers }: FastifyRequest) => ({ userId: headers['x-user']?.toString() })
    const app = await appWith({ limiter, identify })
    app.get('/a', { config: { rateLimit: { rate: '2 per minute', per: 'user' } } }, hello)
    const as = (user: string) => ({ headers: { 'x-user': user } })
    expect(await leftAt(app, '/a', as('u'))).toEqual(['free: 59', 'GET /a: 1'])
    expect(await leftAt(app, '/a', as('v'))).toEqual(['free: 59', 'GET /a: 1'])
    expect(await leftAt(app, '/a')).toEqual(['ip: 8'])
  })

  it('is kept by the innermost of several limiters, by itself where it stands alone', async () => {
    const app = await appWith({ ip: '99 per minute' })
    await app.register(async (part) => {
      await part.register(rateLimit, { ip: '9 per minute', headers: ['draft-11'] })
      part.get('/both', { config: { rateLimit: '3 per minute' } }, hello)
      part.get('/only', { config: { rateLimit: { only: '3 per minute' } } }, hello)
    })
    app.get('/outside', { config: { rateLimit: '3 per minute' } }, hello)
    expect(await leftAt(app, '/both')).toEqual(['ip: 8', 'GET /both: 2'])
    expect(await leftAt(app, '/only')).toEqual(['GET /only: 2'])
    expect(await leftAt(app, '/outside')).toEqual(['ip: 97', 'GET /outside: 2'])
  })

  it('is held to on routes that were declared before the plugin was there', async () => {
    const app = fastify()
    apps.push(app)
    app.get('/early', { config: { rateLimit: '1 per minute' } }, hello)
    app.get('/wrong', { config: { rateLimit: 'often' as '1 per minute' } }, hello)
    await app.register(rateLimit)
    expect(await leftAt(app, '/early')).toEqual(['ip: 99', 'GET /early: 0'])
    expect(await statusesOf(app, 'HEAD /early', 'GET /wrong')).toEqual([429, 500])
  })

  it.each<[string, object | string | boolean | number | null, string]>([
    ['a bad rate', 'often', 'RL_INVALID_RATE'],
    ['no rate', '', 'RL_INVALID_RATE'],
    ['true', true, 'RL_INVALID_OPTION'],
    ['0', 0, 'RL_INVALID_OPTION'],
    ['null', null, 'RL_INVALID_OPTION'],
    ['no window', [], 'RL_INVALID_RULE'],
    ['a quota that is no number', { rate: 'NaN per minute' }, 'RL_INVALID_RATE'],
    ['the options of another plugin', { max: 3, timeWindow: '1 minute' }, 'RL_UNKNOWN_OPTION'],
    ['only a bad rate', { only: 'often' }, 'RL_INVALID_RATE'],
    ['only no rule', { only: undefined }, 'RL_INVALID_OPTION'],
    ['a rule beside the only one', { only: '1 per minute', rate: '1 per minute' }, 'RL_UNKNOWN_OPTION'],
    ['a name that is taken', { rate: '1 per minute', name: 'ip' }, 'RL_DUPLICATE_NAME'],
  ])('is refused when the route is declared, if it is %s', async (_what, rule, code) => {
    const app = await appWith()
    expect(() => app.get('/a', { config: { rateLimit: rule as RouteRateLimit } }, hello)).toThrow(
      expect.objectContaining({ name: 'ConfigError', code }),
    )
  })
})
