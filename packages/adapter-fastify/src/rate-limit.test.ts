import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'

import { rateLimit } from './rate-limit.ts'
import type { RateLimitOptions } from './rate-limit.ts'

const apps: FastifyInstance[] = []

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

async function appWith(options: RateLimitOptions = {}): Promise<FastifyInstance> {
  const app = fastify()
  apps.push(app)
  await app.register(rateLimit, options)
  app.post('/login', async (request) => request.rateLimit)
  app.get('/', async () => 'hello')
  return app
}

describe('rateLimit', () => {
  it('admits 100 per minute with nothing configured at all', async () => {
    const origin = await (await appWith()).listen()
    const answer = await fetch(origin)
    expect([answer.status, answer.headers.get('x-ratelimit-remaining'), await answer.text()]).toEqual([
      200,
      '99',
      'hello',
    ])
  })

  it('can wait for the body, and charge by it', async () => {
    const cost = ({ body }: { body: unknown }) => (body as { cost: number }).cost
    const origin = await (await appWith({ ip: '10 per minute', hook: 'preHandler', cost })).listen()
    const answer = await fetch(`${origin}/login?next=/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"cost":7}',
    })
    expect(await answer.json()).toMatchObject({ allowed: true, limit: 10, remaining: 3 })
  })

  it('finds the rule for an endpoint, whatever the query', async () => {
    const origin = await (await appWith({ endpoints: { 'POST /login': '5 per minute' } })).listen()
    const answer = await fetch(`${origin}/login?next=/`, { method: 'POST' })
    expect(await answer.json()).toMatchObject({ policy: 'POST /login', remaining: 4 })
  })

  it.each([
    ['/users/:id', '/users/'],
    ['/users/:id', '/users/?page=2'],
    ['/users/:id/posts', '/users//posts'],
    ['/files/:name.json', '/files/.json'],
  ])('finds the rule for %s, also where the value is empty: %s', async (route, url) => {
    const app = await appWith({ endpoints: { [route]: '0 per minute' } })
    app.get(route, async () => 'served')
    expect((await app.inject(url)).statusCode).toBe(429)
  })

  it('takes an empty wildcard for what it is', async () => {
    const app = await appWith({ endpoints: { '/files': '0 per minute' } })
    app.get('/files/*', async () => 'served')
    expect((await app.inject('/files/')).statusCode).toBe(429)
  })

  it('lets a route past that says so', async () => {
    const app = await appWith({ ip: '0 per minute' })
    app.get('/health', { config: { rateLimit: false } }, async () => 'well')
    const origin = await app.listen()
    const answers = [await fetch(`${origin}/health`), await fetch(origin)]
    expect(answers.map(({ status }) => status)).toEqual([200, 429])
    expect(answers[0]!.headers.has('x-ratelimit-limit')).toBe(false)
  })

  it('limits one part of an app more than the whole', async () => {
    const app = await appWith({ ip: '2 per minute' })
    await app.register(async (part) => {
      await part.register(rateLimit, { ip: '1 per minute' })
      part.get('/part', async () => 'part')
    })
    const origin = await app.listen()
    const statuses = []
    for (const path of ['/part', '/part', '/']) statuses.push((await fetch(origin + path)).status)
    expect(statuses).toEqual([200, 429, 429])
  })

  it.each([1, 0])('leaves alone what somebody else has answered meanwhile, with a quota of %d', async (quota) => {
    const warnings: string[] = []
    const app = fastify({ logger: { level: 'warn', stream: { write: (line: string) => void warnings.push(line) } } })
    apps.push(app)
    app.addHook('onRequest', (_request, reply, done) => {
      done()
      void reply.send('too late')
    })
    const identify = async () => undefined
    await app.register(rateLimit, { ip: `${quota} per minute` as const, identify })
    const served: string[] = []
    app.get('/', async ({ url }) => void served.push(url))
    const answer = await fetch(await app.listen())
    expect([answer.status, await answer.text()]).toEqual([200, 'too late'])
    await app.close()
    expect([warnings, served]).toEqual([[], []])
  })

  it('decides in the same turn where nothing takes time', async () => {
    const app = fastify()
    apps.push(app)
    const order: string[] = []
    app.addHook('onRequest', (_request, _reply, done) => {
      done()
      order.push('back')
    })
    await app.register(rateLimit, { identify: () => ({ userId: 'u' }) })
    app.addHook('onRequest', (_request, _reply, done) => {
      order.push('let on')
      done()
    })
    app.get('/', async () => 'hello')
    await fetch(await app.listen())
    expect(order).toEqual(['let on', 'back'])
  })

  it('passes on as an error what cannot be sent', async () => {
    const app = await appWith({ ip: '0 per minute', onDenied: () => ({ statusCode: 7 }) })
    expect((await fetch(await app.listen())).status).toBe(500)
  })

  it.each<[string, object, string]>([
    ['an unknown option', { ipp: '1 per minute' }, 'RL_UNKNOWN_OPTION'],
    ['a hook that comes too late', { hook: 'onSend' }, 'RL_INVALID_OPTION'],
  ])('refuses %s', async (_what, options, code) => {
    await expect(appWith(options)).rejects.toMatchObject({ code })
  })
})
