import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { RequestError } from '@rl/core'
import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'

import { rateLimit } from './rate-limit.ts'
import type { RateLimitOptions } from './rate-limit.ts'

const stops: (() => void)[] = []

afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function originOf(options: Partial<RateLimitOptions>, handle?: () => Response): Promise<string> {
  const app = new Hono()
    .use(rateLimit({ getConnInfo, ...options }))
    .get('/users/:id', (c) => c.json(c.var.rateLimit))
    .get('/own', () => handle?.() ?? new Response('own'))
  return listen(app)
}

async function listen(app: Pick<Hono, 'fetch'>): Promise<string> {
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  stops.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('rateLimit', () => {
  it('knows endpoints, and tells the handler of its decision', async () => {
    const origin = await originOf({ endpoints: { 'GET /users/:id': '5 per minute' } })
    const answer = await fetch(`${origin}/users/7?a=b`)
    expect(await answer.json()).toMatchObject({ allowed: true, policy: 'GET /users/:id', remaining: 4 })
  })

  it('gives back to who is counted by successes also what a handler throws that is no error', async () => {
    const thrown: unknown = 'no error'
    const app = new Hono().use(rateLimit({ getConnInfo, ip: '1 per minute', count: 'successes' })).get('/', () => {
      throw thrown
    })
    const ask = async () => app.request('/', {}, { incoming: { socket: { remoteAddress: '192.0.2.1' } } })
    for (let i = 0; i < 3; i++) await expect(ask()).rejects.toBe(thrown)
  })

  it('adds its fields to a response that a handler has made by itself, or got from elsewhere', async () => {
    const fields = async (handle?: () => Response) => {
      const { headers } = await fetch(`${await originOf({}, handle)}/own`, { redirect: 'manual' })
      return headers.get('x-ratelimit-remaining')
    }
    expect(await fields()).toBe('99')
    expect(await fields(() => Response.redirect('http://localhost/'))).toBe('99')
  })

  it('adds only what is missing to a response that has such fields already', async () => {
    const own = { 'X-RateLimit-Limit': '7', RateLimit: '"elsewhere";r=6' }
    const url = await originOf({}, () => new Response('own', { headers: own }))
    const { headers } = await fetch(`${url}/own`)
    const fields = ['x-ratelimit-limit', 'ratelimit', 'x-ratelimit-remaining', 'ratelimit-policy']
    expect(fields.map((name) => headers.get(name))).toEqual(['7', '"elsewhere";r=6', '99', '"ip";q=100;w=60'])
  })

  it('tells every client its own standing on a response that a handler has made once for all of them', async () => {
    const nothing = new Response(null, { status: 204 })
    const app = new Hono().use(rateLimit({ getConnInfo, ip: '3 per minute' })).get('/', () => nothing)
    const url = await listen(app)
    const remaining: (string | null)[] = []
    for (let i = 0; i < 3; i++) remaining.push((await fetch(url)).headers.get('x-ratelimit-remaining'))
    expect(remaining).toEqual(['2', '1', '0'])
    expect(nothing.headers.has('x-ratelimit-remaining')).toBe(false)
  })

  it('lets nobody on whose address the runtime does not know', async () => {
    const app = new Hono()
      .use(rateLimit({ getConnInfo: () => ({ remote: {} }) }))
      .onError((error, c) => c.text((error as RequestError).code, 500))
    const answer = await app.request('/own')
    expect([answer.status, await answer.text()]).toEqual([500, 'RL_MISSING_CLIENT'])
  })

  it.each([1, 0])('leaves alone what somebody else has answered meanwhile, with a quota of %d', async (quota) => {
    let underWay: Promise<void> | undefined
    const app = new Hono()
      .use(async (c, next) => {
        underWay = next()
        return c.text('too late')
      })
      .use(rateLimit({ getConnInfo, ip: `${quota} per minute` as const, identify: async () => undefined }))
      .get('/', (c) => c.text('in time'))
    const answer = await fetch(await listen(app))
    expect([answer.status, await answer.text(), answer.headers.has('x-ratelimit-limit')]).toEqual([
      200,
      'too late',
      false,
    ])
    // Rejects with what goes wrong behind the answer.
    await underWay
  })

  it('is a named function in stack traces', () => {
    expect(rateLimit({ getConnInfo }).name).toBe('rateLimit')
  })

  it.each<[string, object, string]>([
    ['an unknown option', { getConnInfo, ipp: '1 per minute' }, 'RL_UNKNOWN_OPTION'],
    ['to guess the address', {}, 'RL_INVALID_OPTION'],
    ['no options at all', undefined as never, 'RL_INVALID_OPTION'],
  ])('refuses %s', (_what, options, code) => {
    expect(() => rateLimit(options as RateLimitOptions)).toThrow(expect.objectContaining({ code }))
  })
})
