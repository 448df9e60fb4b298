import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

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

describe.each([
  ['Express 5', express5],
  ['Express 4', express4],
])('%s', (_name, express) => {
  it('admits 100 per minute with nothing configured at all', async () => {
    const app = express()
    app.use(rateLimit())
    const { headers } = await fetch(await serve(app))
    expect(['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}`))).toEqual([
      '100',
      '99',
      '60',
    ])
  })

  it('knows endpoints under a router by their whole path', async () => {
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
    const answer = await fetch(new URL('/api/users/7', await serve(app)), { headers: { 'x-user': 'u' } })
    expect(await answer.json()).toMatchObject({
      allowed: true,
      tier: 'premium',
      policy: 'GET /api/users/:id',
      remaining: 1,
    })
  })

  it.each([1, 0])('leaves alone what somebody else has answered meanwhile, with a quota of %d', async (quota) => {
    const app = express()
    const errors: unknown[] = []
    app.use((_request, response, next) => {
      next()
      response.end('too late')
    })
    app.use(rateLimit({ ip: `${quota} per minute` as const, identify: () => Promise.resolve(undefined) }))
    app.use((error: unknown, _request: Request, _response: express5.Response, _next: express5.NextFunction) => {
      errors.push(error)
    })
    const served: boolean[] = []
    app.use((_request, response) => void served.push(response.headersSent))
    const answer = await fetch(await serve(app))
    expect([answer.status, await answer.text(), errors, served]).toEqual([
      200,
      'too late',
      [],
      quota === 1 ? [true] : [],
    ])
  })

  it('goes on in the same turn where nothing takes time', async () => {
    const app = express()
    const order: string[] = []
    app.use((_request, _response, next) => {
      next()
      order.push('back')
    })
    app.use(rateLimit({ identify: () => ({ userId: 'u' }) }))
    app.use((_request, response) => {
      order.push('served')
      response.end()
    })
    await fetch(await serve(app))
    expect(order).toEqual(['served', 'back'])
  })

  it('passes on as an error what cannot be sent', async () => {
    const app = express()
    app.use(rateLimit({ ip: '0 per minute', onDenied: () => ({ headers: { 'no name': '' } }) }))
    app.use((error: unknown, _request: Request, response: express5.Response, _next: express5.NextFunction) => {
      response.status(500).end(String(error))
    })
    const answer = await fetch(await serve(app))
    expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining('no name')])
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
