import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { RateLimiter } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import express5 from 'express'
import type { Express, Request } from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'

import { rateLimit } from './rate-limit.ts'

const stops: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function serve(app: Express): Promise<URL> {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

function fieldsOf({ headers }: Response): (string | null)[] {
  return ['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}`))
}

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('%s', (_name, express) => {
  function appWith(...options: Parameters<typeof rateLimit>): Express {
    const app = express()
    app.use(rateLimit(...options))
    app.get('/', (_request, response) => void response.send('hello'))
    return app
  }

  it('limits an address with nothing configured but a rate', async () => {
    const origin = await serve(appWith({ ip: '2 per minute' }))
    const [first, second, third] = [await fetch(origin), await fetch(origin), await fetch(origin)]
    expect([first.status, second.status, third.status]).toEqual([200, 200, 429])
    expect([fieldsOf(first), fieldsOf(second), fieldsOf(third)]).toEqual([
      ['2', '1', '60'],
      ['2', '0', '60'],
      ['2', '0', '60'],
    ])
    expect([first.headers.get('retry-after'), third.headers.get('retry-after')]).toEqual([null, '60'])
    expect(await first.text()).toBe('hello')
    expect(third.headers.get('content-type')).toBe('application/problem+json')
    expect(await third.json()).toMatchObject({ status: 429, 'violated-policies': ['ip'] })
  })

  it('admits 100 per minute with nothing configured at all', async () => {
    const origin = await serve(appWith())
    expect(fieldsOf(await fetch(origin))).toEqual(['100', '99', '60'])
  })

  it('answers ten requests pipelined on one socket in order: five times 200, five times 429', async () => {
    const origin = await serve(appWith({ ip: '5 per minute' }))
    const socket = connect(Number(origin.port), origin.hostname)
    const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const last = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    socket.write(request.repeat(9) + last)
    const answers = await text(socket)
    const all = (pattern: RegExp) => [...answers.matchAll(pattern)].map(([, value]) => Number(value))
    expect(all(/HTTP\/1\.1 (\d+)/g)).toEqual([200, 200, 200, 200, 200, 429, 429, 429, 429, 429])
    expect(all(/^X-RateLimit-Remaining: (\d+)/gm)).toEqual([4, 3, 2, 1, 0, 0, 0, 0, 0, 0])
  })

  it('admits exactly 100 of 200 concurrent requests', async () => {
    const origin = await serve(appWith({ ip: '100 per minute' }))
    const answers = await Promise.all(Array.from({ length: 200 }, () => fetch(origin)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(100)
  })

  it('takes a wait in earnest: after it the same request is admitted', async () => {
    let now = Date.now()
    const store = new MemoryStore({ clock: () => now })
    const origin = await serve(appWith({ store, ip: { rate: '10 per minute', algorithm: 'token-bucket', burst: 1 } }))
    await fetch(origin)
    const denied = await fetch(origin)
    expect([denied.status, denied.headers.get('retry-after')]).toEqual([429, '6'])
    now += 5999
    expect((await fetch(origin)).status).toBe(429)
    now += 1
    expect((await fetch(origin)).status).toBe(200)
  })

  it('ignores forwarding headers unless Express trusts the proxy', async () => {
    const spoofed = (i: number) => ({ headers: { 'x-forwarded-for': `192.0.2.${i}`, forwarded: `for=192.0.2.${i}` } })
    const origin = await serve(appWith({ ip: '1 per minute' }))
    expect([(await fetch(origin, spoofed(1))).status, (await fetch(origin, spoofed(2))).status]).toEqual([200, 429])

    const trusting = appWith({ ip: '1 per minute' })
    trusting.set('trust proxy', 'loopback')
    const behindProxy = await serve(trusting)
    expect([(await fetch(behindProxy, spoofed(1))).status, (await fetch(behindProxy, spoofed(2))).status]).toEqual([
      200, 200,
    ])
  })

  it('knows users and endpoints, also under a router, and charges all limits or none', async () => {
    const limiter = new RateLimiter({
      store: new MemoryStore(),
      endpoints: { 'GET /api/users/:id': '2 per minute' },
    })
    const app = express()
    const router = express.Router()
    const identify = (request: Request) => ({ userId: request.get('x-user'), tier: 'premium' })
    router.use(rateLimit({ limiter, identify }))
    router.get('/users/:id', (request, response) => void response.json(request.rateLimit))
    app.use('/api', router)
    const origin = await serve(app)
    const ask = async () => fetch(new URL('/api/users/7', origin), { headers: { 'x-user': 'u' } })
    expect(await (await ask()).json()).toMatchObject({
      allowed: true,
      tier: 'premium',
      policy: 'GET /api/users/:id',
      remaining: 1,
    })
    for (let i = 0; i < 20; i++) await ask()
    const { policies } = await limiter.peek({ userId: 'u', tier: 'premium', cost: 0 })
    expect(policies.map(({ name, remaining }) => [name, remaining])).toEqual([['premium', 298]])
  })

  it('has no body for HEAD', async () => {
    const origin = await serve(appWith({ ip: '0 per minute' }))
    const answer = await fetch(origin, { method: 'HEAD' })
    expect([answer.status, await answer.text()]).toEqual([429, ''])
  })

  it('leaves the application’s own answers and errors as they are', async () => {
    const app = appWith({ ip: '10 per minute' })
    app.get('/teapot', (_request, response) => void response.status(418).set('X-Tea', 'green').send('short and stout'))
    app.get('/broken', () => {
      throw new Error('the handler’s own')
    })
    app.use((error: Error, _request: Request, response: express5.Response, _next: express5.NextFunction) => {
      response.status(500).send(error.message)
    })
    const origin = await serve(app)
    const teapot = await fetch(new URL('/teapot', origin))
    expect([teapot.status, teapot.headers.get('x-tea'), await teapot.text()]).toEqual([418, 'green', 'short and stout'])
    const broken = await fetch(new URL('/broken', origin))
    expect([broken.status, await broken.text()]).toEqual([500, 'the handler’s own'])
    expect((await fetch(new URL('/missing', origin))).status).toBe(404)
  })

  it('hands what cannot be decided to the error handler, and lets nothing on', async () => {
    let served = 0
    const app = express()
    app.use(rateLimit({ cost: () => Number.NaN }))
    app.get('/', (_request, response) => {
      served += 1
      response.end()
    })
    app.use(
      (
        error: Error & { code: string },
        _request: Request,
        response: express5.Response,
        _next: express5.NextFunction,
      ) => {
        response.status(500).send(error.code)
      },
    )
    const answer = await fetch(await serve(app))
    expect([answer.status, await answer.text(), served]).toEqual([500, 'RL_INVALID_COST', 0])
  })

  it('skips what it is told to', async () => {
    const origin = await serve(appWith({ ip: '0 per minute', skip: (request) => request.path === '/' }))
    const answer = await fetch(origin)
    expect([answer.status, fieldsOf(answer)]).toEqual([200, [null, null, null]])
  })
})

describe('rateLimit', () => {
  it('is a named function in stack traces', () => {
    expect(rateLimit().name).toBe('rateLimit')
  })

  it('refuses an unknown option at once', () => {
    const misspelt: object = { ipp: '1 per minute' }
    expect(() => rateLimit(misspelt)).toThrow(expect.objectContaining({ code: 'RL_UNKNOWN_OPTION' }))
  })
})
