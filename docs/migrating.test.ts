import { startRedis } from '@rl/test-servers'
import type { RedisServer } from '@rl/test-servers'
import type { Express } from 'express'
import type { FastifyInstance } from 'fastify'
import type { Hono } from 'hono'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

import { PageExamples } from './page-examples.fixture.ts'
import type { Side } from './page-examples.fixture.ts'
import { serve } from './serve.fixture.ts'

/** What the examples export, by the names of their pairs. */
interface Examples {
  readonly 'the store alone': ExpressExample
  readonly 'a limit by address': ExpressExample
  readonly 'users and plans': ExpressExample
  readonly 'failed logins': ExpressExample
  readonly 'an answer of your own': ExpressExample
  readonly 'a store that may be away': ExpressExample & {
    readonly hitsOf: (ip: string) => Promise<number>
    readonly forget: (ip: string) => Promise<void>
  }
  readonly 'an app and its routes': FastifyExample
  readonly 'routes that ask for it': FastifyExample
  readonly 'users on Fastify': FastifyExample
  readonly 'a limit in a handler': FastifyExample
  readonly Hono: { readonly app: Hono }
  readonly 'logins by name and address': { readonly mayLogIn: (name: string, ip: string) => Promise<boolean> }
  readonly 'by user and by address': { readonly mayAsk: (user: string, ip: string) => Promise<boolean> }
  readonly 'nothing but keys': { readonly waitFor: (key: string, cost: number) => Promise<number> }
  readonly 'points given back': {
    readonly spend: (user: string, points: number) => Promise<boolean>
    readonly giveBack: (user: string, points: number) => Promise<void>
    readonly leftOf: (user: string) => Promise<number>
    readonly forget: (user: string) => Promise<void>
  }
  readonly insurance: { readonly mayAsk: (ip: string) => Promise<boolean> }
  readonly 'a map of timestamps': ExpressExample
}

interface ExpressExample {
  readonly app: Express
}

interface FastifyExample {
  readonly app: FastifyInstance
}

const LOCALHOST = '127.0.0.1'
const examples = new PageExamples(new URL('migrating.md', import.meta.url))
const tested: string[] = []
let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
  vi.stubEnv('REDIS_URL', redis.url)
})

afterAll(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await redis.stop()
})

/** Holds both examples of a pair to the same. */
function itDoesTheSame<Name extends keyof Examples>(
  name: Name,
  test: (module: Examples[Name], side: Side) => Promise<void>,
): void {
  tested.push(name)
  it.each<Side>(['before', 'after'])(`${name}, %s`, async (side) => {
    await redis.restart()
    // The examples warn of a Redis that is away.
    for (const level of ['error', 'warn', 'info'] as const) vi.spyOn(console, level).mockReturnValue()
    await test((await examples.run(name, side)) as Examples[Name], side)
  })
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>

function askerOf(origin: string): Ask {
  return async (path, init) => fetch(origin + path, init)
}

async function statuses(times: number, ask: () => Promise<{ status: number }>): Promise<number[]> {
  const seen: number[] = []
  for (let i = 0; i < times; i++) seen.push((await ask()).status)
  return seen
}

/** The same, of a Fastify app. */
async function injected(times: number, app: FastifyInstance, options: object): Promise<number[]> {
  return statuses(times, async () => ({ status: (await app.inject(options)).statusCode }))
}

itDoesTheSame('the store alone', async ({ app }) => {
  const ask = askerOf(await serve(app))
  expect(await statuses(4, async () => ask('/'))).toEqual([200, 200, 200, 429])
})

itDoesTheSame('a limit by address', async ({ app }) => {
  const ask = askerOf(await serve(app))
  const first = await ask('/')
  const field = (name: string): string | undefined => first.headers.get(name)?.replaceAll('; ', ';')
  expect(field('ratelimit')).toBe('"api";r=99;t=900')
  expect(field('ratelimit-policy')).toMatch(/^"api";q=100;w=900/)
  expect(field('x-ratelimit-limit')).toBeUndefined()
  expect(await statuses(100, async () => ask('/'))).toEqual([...Array<number>(99).fill(200), 429])
})

itDoesTheSame('users and plans', async ({ app }) => {
  const ask = askerOf(await serve(app))
  expect(await statuses(3, async () => ask('/'))).toEqual([200, 200, 429])
  const headers = { 'x-user': 'u', 'x-plan': 'pro' }
  expect(await statuses(5, async () => ask('/', { headers }))).toEqual([200, 200, 200, 200, 429])
  expect(await statuses(3, async () => ask('/', { headers: { 'x-user': 'v' } }))).toEqual([200, 200, 429])
  expect(await statuses(5, async () => ask('/health'))).not.toContain(429)
})

itDoesTheSame('failed logins', async ({ app }) => {
  const ask = askerOf(await serve(app))
  const right = { method: 'POST', headers: { 'x-password': 'right', accept: 'text/plain' } }
  const wrong = { method: 'POST' }
  for (const [asked, status] of [
    [wrong, 401],
    [right, 200],
    [wrong, 401],
  ] as const) {
    expect((await ask('/login', asked)).status).toBe(status)
  }
  const denied = await ask('/login', right)
  expect([denied.status, await denied.text()]).toEqual([429, 'Too many failed logins'])
})

itDoesTheSame('an answer of your own', async ({ app }) => {
  const ask = askerOf(await serve(app))
  expect(await (await ask('/')).json()).toEqual({ left: 1 })
  expect(await (await ask('/')).json()).toEqual({ left: 0 })
  const denied = await ask('/')
  expect(denied.headers.get('retry-after')).toMatch(/^\d+$/)
  expect([denied.status, await denied.json()]).toEqual([503, { error: 'Come back later' }])
})

itDoesTheSame('a store that may be away', async ({ app, hitsOf, forget }) => {
  const ask = askerOf(await serve(app))
  expect(await statuses(3, async () => ask('/'))).toEqual([200, 200, 429])
  expect(await hitsOf(LOCALHOST)).toBeGreaterThanOrEqual(2)
  await forget(LOCALHOST)
  await vi.waitFor(async () => expect(await hitsOf(LOCALHOST)).toBe(0))
  await redis.kill('SIGKILL')
  expect(await statuses(5, async () => ask('/'))).toEqual([200, 200, 200, 200, 200])
})

itDoesTheSame('an app and its routes', async ({ app }) => {
  const fields = (await app.inject('/')).headers
  expect([fields['ratelimit-limit'], fields['ratelimit-remaining'], fields['ratelimit-reset']]).toEqual([
    '4',
    '3',
    '60',
  ])
  expect(await injected(2, app, { url: '/nowhere' })).toEqual([404, 404])
  expect(await injected(2, app, { url: '/' })).toEqual([200, 429])
  expect(await injected(1, app, { url: '/nowhere' })).toEqual([429])
  expect(await injected(3, app, { url: '/login', method: 'POST' })).toEqual([200, 200, 429])
  expect(await injected(9, app, { url: '/health' })).not.toContain(429)
  expect(await injected(9, app, { url: '/', remoteAddress: '203.0.113.7' })).not.toContain(429)
})

itDoesTheSame('routes that ask for it', async ({ app }) => {
  expect(await injected(3, app, { url: '/export' })).toEqual([200, 200, 429])
  const free = await app.inject('/')
  expect([free.statusCode, free.headers['x-ratelimit-limit']]).toEqual([200, undefined])
})

itDoesTheSame('users on Fastify', async ({ app }) => {
  expect(await injected(3, app, { url: '/' })).toEqual([200, 200, 429])
  const headers = { 'x-user': 'u', 'x-plan': 'pro' }
  expect(await injected(4, app, { url: '/', headers })).toEqual([200, 200, 200, 200])
  const denied = await app.inject({ url: '/', headers })
  expect([denied.statusCode, denied.json(), denied.headers['content-type']]).toEqual([
    429,
    { statusCode: 429, error: 'No more than 4 a minute' },
    'application/json; charset=utf-8',
  ])
  expect((await app.inject('/denied')).json()).toEqual([LOCALHOST, 'u'])
})

itDoesTheSame('a limit in a handler', async ({ app }) => {
  const ask = { url: '/invite', method: 'POST' } as const
  expect(await injected(2, app, ask)).toEqual([200, 200])
  const denied = await app.inject(ask)
  expect([denied.statusCode, denied.body]).toEqual([429, expect.stringMatching(/^again in \d+ s$/)])
})

itDoesTheSame('Hono', async ({ app }) => {
  const ask = askerOf(await serve(app))
  expect(await statuses(3, async () => ask('/', { headers: { 'x-fail': 'yes' } }))).toEqual([400, 400, 400])
  const first = await ask('/')
  expect(first.headers.get('ratelimit')).toBe('limit=2, remaining=1, reset=60')
  expect(first.headers.get('ratelimit-policy')).toBe('2;w=60')
  const seen = await statuses(1, async () => ask('/'))
  const denied = await ask('/', { headers: { accept: 'text/plain' } })
  expect([...seen, denied.status, await denied.text()]).toEqual([200, 429, 'Come back later'])
  expect(await statuses(5, async () => ask('/health'))).not.toContain(429)
})

itDoesTheSame('logins by name and address', async ({ mayLogIn }) => {
  for (const ip of ['203.0.113.7', '203.0.113.8']) {
    const allowed: boolean[] = []
    for (let i = 0; i < 6; i++) allowed.push(await mayLogIn('ann', ip))
    expect(allowed).toEqual([true, true, true, true, true, false])
  }
})

itDoesTheSame('by user and by address', async ({ mayAsk }, side) => {
  const allowedOf = async (user: string): Promise<boolean[]> => {
    const allowed: boolean[] = []
    for (let i = 0; i < 3; i++) allowed.push(await mayAsk(user, '203.0.113.7'))
    return allowed
  }
  expect(await allowedOf('ann')).toEqual([true, true, false])
  expect(await allowedOf('bob')).toEqual([true, true, false])
  expect(await allowedOf('col')).toEqual(side === 'before' ? [false, false, false] : [true, false, false])
})

itDoesTheSame('nothing but keys', async ({ waitFor }, side) => {
  expect(await waitFor('a', 2)).toBe(0)
  const wait = await waitFor('a', 2)
  expect([wait > 59_000, wait <= 60_000]).toEqual([true, true])
  expect((await waitFor('a', 1)) > 0).toBe(side === 'before')
})

itDoesTheSame('points given back', async ({ spend, giveBack, leftOf, forget }) => {
  expect([await spend('u', 7), await leftOf('u')]).toEqual([true, 3])
  await giveBack('u', 4)
  expect([await leftOf('u'), await spend('u', 7), await leftOf('u'), await spend('u', 1)]).toEqual([7, true, 0, false])
  await forget('u')
  expect([await leftOf('u'), await spend('u', 10)]).toEqual([10, true])
})

itDoesTheSame('insurance', async ({ mayAsk }, side) => {
  const allowedOf = async (ip: string): Promise<number> => {
    let allowed = 0
    for (let i = 0; i < 5; i++) if (await mayAsk(ip)) allowed += 1
    return allowed
  }
  expect(await allowedOf('203.0.113.7')).toBe(3)
  await redis.kill('SIGKILL')
  expect(await allowedOf('203.0.113.8')).toBe(side === 'before' ? 1 : 3)
})

itDoesTheSame('a map of timestamps', async ({ app }) => {
  const ask = askerOf(await serve(app))
  expect(await statuses(7, async () => ask('/'))).toEqual([200, 200, 200, 200, 200, 429, 429])
})

it('is tested as a whole', () => {
  expect(tested).toEqual(examples.names)
})
