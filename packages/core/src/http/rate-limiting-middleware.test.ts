import { isIP, isIPv4 } from 'node:net'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { RateLimiter } from '../limiter/rate-limiter.ts'
import { listeningLogger } from '../logger.fixture.ts'
import { MapStore } from '../stores/map-store.fixture.ts'
import { RateLimitingMiddleware } from './rate-limiting-middleware.ts'
import type { FrameworkAdapter, MiddlewareOptions } from './rate-limiting-middleware.ts'

interface Incoming {
  readonly key?: string
  readonly cost?: number
}

const IP = '203.0.113.7'

function fails(): never {
  throw new Error('no')
}

type Options = Exclude<MiddlewareOptions<Incoming>, { limiter: unknown }>
type Adapter = FrameworkAdapter<Incoming>

function middlewareOf(options: Options = {}, clock?: () => number, adapter?: Adapter) {
  return new RateLimitingMiddleware<Incoming>({ store: new MapStore(clock), ...options }, adapter)
}

describe('processRequest', () => {
  it('lets a request on, with fields for the answer', async () => {
    const answer = await middlewareOf().processRequest({ ip: IP }, {})
    expect(answer).toEqual({
      allowed: true,
      statusCode: 200,
      message: 'OK',
      headers: {
        'x-ratelimit-limit': '100',
        'x-ratelimit-remaining': '99',
        'x-ratelimit-reset': '60',
        'ratelimit-policy': '"ip";q=100;w=60',
        ratelimit: '"ip";r=99;t=60',
      },
      body: '',
      result: expect.objectContaining({ allowed: true, policy: 'ip' }),
    })
  })

  it('denies with 429, problem details, and a wait that is never too short', async () => {
    let now = 0
    const middleware = middlewareOf({ ip: '1 per minute' }, () => now)
    await middleware.processRequest({ ip: IP }, {})
    now = 500
    const { headers, body, ...answer } = await middleware.processRequest({ ip: IP }, {})
    expect(answer).toMatchObject({ allowed: false, statusCode: 429, message: 'Too many requests' })
    expect(headers).toEqual({
      'x-ratelimit-limit': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '60',
      'ratelimit-policy': '"ip";q=1;w=60',
      ratelimit: '"ip";r=0;t=60',
      'retry-after': '60',
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    })
    expect(JSON.parse(body)).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      title: 'Too many requests',
      status: 429,
      detail: 'Try again in 60 s.',
      'violated-policies': ['ip'],
      retryAfterMs: 59_500,
    })
    now = 60_000
    expect((await middleware.processRequest({ ip: IP }, {})).allowed).toBe(true)
  })

  it('gives no wait where none would help', async () => {
    const { headers, body } = await middlewareOf({ ip: '0 per minute' }).processRequest({ ip: IP }, {})
    expect(headers).not.toHaveProperty('retry-after')
    expect(JSON.parse(body)).not.toHaveProperty('retryAfterMs')
  })

  it('says nothing where no limit applies', async () => {
    const { allowed, headers } = await middlewareOf({ ip: 'unlimited' }).processRequest({ ip: IP }, {})
    expect([allowed, headers]).toEqual([true, {}])
  })

  it('asks the application who it is, what it costs, and whether to look at all', async () => {
    const middleware = middlewareOf({
      identify: ({ key }) => Promise.resolve(key === undefined ? undefined : { userId: key, tier: 'premium' }),
      cost: ({ cost = 1 }) => cost,
      skip: ({ key }) => key === 'probe',
    })
    const remaining = async (incoming: Incoming) =>
      (await middleware.processRequest({ ip: IP }, incoming)).result?.remaining
    expect(await remaining({})).toBe(99)
    expect(await remaining({ cost: 5 })).toBe(94)
    expect(await remaining({ key: 'u' })).toBe(299)
    expect(await middleware.processRequest({ ip: IP }, { key: 'probe' })).toMatchObject({
      allowed: true,
      headers: {},
      result: undefined,
    })
  })

  it('takes the address that the application knows better, and the framework’s otherwise', async () => {
    const middleware = middlewareOf({ ip: '1 per minute', identify: ({ key }) => ({ ip: key }) })
    const allowed = async (incoming: Incoming) => (await middleware.processRequest({ ip: IP }, incoming)).allowed
    expect([await allowed({ key: '192.0.2.1' }), await allowed({ key: '192.0.2.1' }), await allowed({})]).toEqual([
      true,
      false,
      true,
    ])
  })

  it.each([Number.NaN, -1, 1.5, Infinity, undefined])('refuses a cost of %s, and lets nobody on', async (cost) => {
    const middleware = middlewareOf({ cost: () => cost as number })
    await expect(middleware.processRequest({ ip: IP }, {})).rejects.toMatchObject({ code: 'RL_INVALID_COST' })
  })

  it.each(['u', 7, true, null])('refuses an identity of %j', async (identity) => {
    const middleware = middlewareOf({ identify: () => identity as unknown as undefined })
    await expect(middleware.processRequest({ ip: IP }, {})).rejects.toMatchObject({ code: 'RL_INVALID_REQUEST' })
  })

  it('refuses a request without an address', async () => {
    await expect(middlewareOf().processRequest({ ip: undefined }, {})).rejects.toMatchObject({
      code: 'RL_MISSING_CLIENT',
    })
  })

  it.each<[string, MiddlewareOptions<Incoming>, MiddlewareOptions<Incoming>]>([
    ['skip', { skip: () => false }, { skip: async () => false }],
    ['identify', { identify: () => ({ userId: 'u' }) }, { identify: async () => ({ userId: 'u' }) }],
    ['cost', { cost: () => 2 }, { cost: async () => 2 }],
  ])('answers at once where %s takes no time', async (_name, atOnce, later) => {
    const store = new MapStore()
    const first = new RateLimitingMiddleware<Incoming>({ store, ...atOnce }).processRequest({ ip: IP }, {})
    const second = new RateLimitingMiddleware<Incoming>({ store, ...later }).processRequest({ ip: IP }, {})
    expect([first instanceof Promise, second instanceof Promise]).toEqual([false, true])
    expect([(await first).allowed, (await second).allowed]).toEqual([true, true])
  })

  it('waits for any thenable, whatever its `then` answers', async () => {
    const then = (resolve: (value: object) => void): void => resolve({ userId: 'u', tier: 'premium' })
    // oxlint-disable-next-line unicorn/no-thenable -- as database drivers make them
    const middleware = middlewareOf({ identify: () => ({ then }) as Promise<object> })
    expect((await middleware.processRequest({ ip: IP }, {})).result).toMatchObject({ tier: 'premium', remaining: 299 })
  })

  it('takes a limiter that is there already', async () => {
    const limiter = new RateLimiter({ store: new MapStore(), ip: '2 per minute' })
    const middleware = new RateLimitingMiddleware({ limiter })
    await limiter.isAllowed({ ip: IP })
    expect((await middleware.processRequest({ ip: IP })).result).toMatchObject({ limit: 2, remaining: 0 })
  })
})

describe('a middleware is not built', () => {
  const limiter = new RateLimiter({ store: new MapStore() })

  it.each<[string, object, string, object?]>([
    ['of a rate, in the place of options', '100 per minute' as never, 'RL_INVALID_OPTION'],
    ['of nothing', null as never, 'RL_INVALID_OPTION'],
    ['with an unknown option', { store: new MapStore(), ips: '1 per minute' }, 'RL_UNKNOWN_OPTION'],
    ['with a limiter and what makes one', { limiter, ip: '1 per minute' }, 'RL_UNKNOWN_OPTION'],
    ['with something that is no limiter', { limiter: {} }, 'RL_INVALID_OPTION'],
    ['without a store', {}, 'RL_INVALID_OPTION'],
    ['with a cost of NaN', { limiter, cost: Number.NaN }, 'RL_INVALID_OPTION'],
    ['with a cost in text', { limiter, cost: '2' }, 'RL_INVALID_OPTION'],
    ['with an identify that is no function', { limiter, identify: {} }, 'RL_INVALID_OPTION'],
    ['with a skip that is no function', { limiter, skip: true }, 'RL_INVALID_OPTION'],
    ['with a store in the place of an adapter', { limiter }, 'RL_INVALID_OPTION', () => new MapStore()],
    ['with a store of null', { store: null }, 'RL_INVALID_OPTION', { defaultStore: () => new MapStore() }],
    ['with an adapter of null', { limiter }, 'RL_INVALID_OPTION', null as never],
    ['with an adapter that reads something else', { limiter }, 'RL_UNKNOWN_OPTION', { header: () => '' }],
    ['with an adapter whose reader is no function', { limiter }, 'RL_INVALID_OPTION', { peerOf: IP }],
  ])('%s', (_how, options, code, adapter) => {
    expect(() => new RateLimitingMiddleware(options as MiddlewareOptions<void>, adapter)).toThrow(
      expect.objectContaining({ code }),
    )
  })
})

describe('what counts', () => {
  it.each([
    ['all', [200, 404, 500, undefined], 6],
    ['failures', [200, 404, 500, undefined], 7],
    ['successes', [200, 302, 404, 500, undefined], 8],
  ] as const)('can be %s', async (count, statuses, left) => {
    const middleware = middlewareOf({ ip: '10 per minute', count })
    for (const status of statuses) (await middleware.processRequest({ ip: IP }, {})).responded?.(status)
    // The application waits for no refund, and neither does the next request in memory.
    await Promise.resolve()
    const { result } = await middleware.processRequest({ ip: IP }, {})
    expect(result?.remaining).toBe(left - 1)
  })

  it('gives nothing to the window that follows', async () => {
    let now = 0
    const middleware = middlewareOf({ ip: '10 per minute', count: 'failures' }, () => now)
    const slow = await middleware.processRequest({ ip: IP }, {})
    now = 60_000
    for (let i = 0; i < 3; i++) await middleware.processRequest({ ip: IP }, {})
    slow.responded?.(200)
    await Promise.resolve()
    expect((await middleware.processRequest({ ip: IP }, {})).result?.remaining).toBe(6)
  })

  it('is told to the log where it cannot be given back', async () => {
    class Keeps extends MapStore {
      override refund(): never {
        throw new Error('nothing is given back here')
      }
    }
    const { heard, logger } = listeningLogger()
    const middleware = new RateLimitingMiddleware({ store: new Keeps(), count: 'failures', logger })
    ;(await middleware.processRequest({ ip: IP })).responded?.(200)
    await new Promise(setImmediate)
    expect(heard.map(([level, { event }]) => [level, event])).toEqual([
      ['error', 'store_error'],
      ['error', 'settle_error'],
    ])
  })
})

describe('a denial', () => {
  const denied = async (options: Options, facts: object = {}, adapter?: Adapter) =>
    middlewareOf({ ip: '0 per minute', ...options }, undefined, adapter).processRequest(
      { ip: IP, ...facts },
      { key: 'u' },
    )

  it('says what the application wants said, also in plain text', async () => {
    const headerOf = ({ key }: Incoming, name: string) => (key === 'u' && name === 'accept' ? 'text/plain' : undefined)
    expect((await denied({ message: 'Slow down.' }, {}, { headerOf })).body).toBe('Slow down.')
    const message = (result: { policy: string | undefined }, { key }: Incoming) => `${key} is over ${result.policy}`
    expect(JSON.parse((await denied({ message })).body)).toMatchObject({ status: 429, detail: 'u is over ip' })
  })

  it('is answered at once, unless the application takes time over it', async () => {
    const answer = (options: Options) => middlewareOf({ ip: '0 per minute', ...options }).processRequest({ ip: IP }, {})
    const atOnce = [answer({}), answer({ message: () => 'No.', onDenied: () => undefined })]
    for (const one of atOnce) expect(one).toMatchObject({ allowed: false, statusCode: 429 })
    const later = [answer({ message: async () => 'No.' }), answer({ onDenied: async () => undefined })]
    for (const one of later) {
      expect(one).toBeInstanceOf(Promise)
      expect(await one).toMatchObject({ allowed: false, statusCode: 429 })
    }
  })

  it('can be answered in the application’s own way, or only heard of', async () => {
    const own = await denied({ onDenied: (_answer, { key }) => ({ statusCode: 418, body: `no, ${key}` }) })
    expect(own).toMatchObject({ allowed: false, statusCode: 418, body: 'no, u', headers: { 'x-ratelimit-limit': '0' } })
    const heard: number[] = []
    const usual = await denied({ onDenied: ({ statusCode }) => void heard.push(statusCode) })
    expect([usual.statusCode, heard]).toEqual([429, [429]])
  })

  it('says every field once, however the application spells its own', async () => {
    const { headers } = await denied({
      onDenied: (answer) => ({ headers: { ...answer.headers, 'Content-Type': 'text/html', 'X-Own': 'yes' } }),
    })
    const { headers: usual } = await denied({})
    expect(headers).toEqual({ ...usual, 'content-type': 'text/html', 'x-own': 'yes' })
  })

  it('stays a denial, and whole, whatever is answered in its place', async () => {
    const answers = [
      { allowed: true },
      { statusCode: undefined, headers: undefined },
      { body: undefined, result: undefined },
    ]
    const { result: _, ...usual } = await denied({})
    for (const answer of answers) expect(await denied({ onDenied: () => answer as object })).toMatchObject(usual)
  })

  it.each([42, null, {}])('is not told in %j, which is no text', async (text) => {
    await expect(denied({ message: () => text as string })).rejects.toMatchObject({ code: 'RL_INVALID_REQUEST' })
  })

  it.each<[string, Options, Adapter?]>([
    ['message', { message: fails }],
    ['onDenied', { onDenied: fails }],
    ['the reader of header fields', {}, { headerOf: fails }],
    ['the reader of peers', {}, { headerOf: () => undefined, peerOf: fails }],
  ])('rejects with what %s throws', async (_what, options, adapter) => {
    const middleware = middlewareOf({ ip: '0 per minute', ...options }, undefined, adapter)
    const answer = middleware.processRequest({ ip: IP }, {})
    await expect(answer).rejects.toThrow('no')
  })

  it('has no body for HEAD, whatever the application answers', async () => {
    const facts = { method: 'HEAD' }
    expect(await denied({}, facts)).toMatchObject({ statusCode: 429, body: '' })
    expect(await denied({ onDenied: () => ({ body: 'no' }) }, facts)).toMatchObject({ statusCode: 429, body: '' })
  })

  it('reads what the client accepts before the application takes its time', async () => {
    const order: string[] = []
    const headerOf = () => void order.push('read')
    const message = async () => {
      order.push('asked')
      return 'No.'
    }
    await denied({ message }, {}, { headerOf })
    expect(order.slice(-2)).toEqual(['read', 'asked'])
  })

  it('sends the fields that are asked for, or none', async () => {
    const spent = { ip: '1 per minute' } as const
    const middleware = middlewareOf({ ...spent, headers: ['draft-7'] })
    await middleware.processRequest({ ip: IP }, {})
    expect((await middleware.processRequest({ ip: IP }, {})).headers).toEqual({
      'ratelimit-policy': '1;w=60',
      ratelimit: 'limit=1, remaining=0, reset=60',
      'retry-after': '60',
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    })
    const silent = middlewareOf({ ...spent, headers: [] })
    expect((await silent.processRequest({ ip: IP }, {})).headers).toEqual({})
    const { headers } = await silent.processRequest({ ip: IP }, {})
    expect(Object.keys(headers)).toEqual(['content-type', 'cache-control'])
  })

  it('tells to wait up to the jitter longer, never shorter', async () => {
    const middleware = middlewareOf({ ip: '1 per minute', retryJitterMs: 30_000 })
    await middleware.processRequest({ ip: IP }, {})
    const waits = new Set<number>()
    for (let i = 0; i < 200; i++)
      waits.add(Number((await middleware.processRequest({ ip: IP }, {})).headers['retry-after']))
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(60)
    expect(Math.max(...waits)).toBeLessThanOrEqual(90)
    expect(waits.size).toBeGreaterThan(10)
  })
})

describe('an address', () => {
  it('that is none is refused with 400, told to the log, and shared with nobody', async () => {
    const { heard, logger } = listeningLogger()
    const middleware = middlewareOf({ logger })
    const answer = await middleware.processRequest({ ip: '203.0.113.7:51234' }, {})
    expect(answer).toMatchObject({ allowed: false, statusCode: 400, result: undefined })
    expect(JSON.parse(answer.body)).toMatchObject({ status: 400, type: 'about:blank' })
    expect(heard).toEqual([
      ['warn', { event: 'invalid_address', message: expect.stringContaining('203.0.113.7:51234') as string }],
    ])
  })

  it('of whatever text never throws, nor shares a limit with another', async () => {
    const store = new MapStore()
    const middleware = new RateLimitingMiddleware({ store, ip: '1 per minute' })
    const seen = new Set<string>()
    const anyAddress = fc.oneof(
      fc.ipV4().filter((ip) => !seen.has(ip)),
      fc.ipV6(),
      fc.string({ minLength: 1 }),
      fc.ipV4().map((ip) => `${ip}:80`),
      fc.constantFrom('unknown', '_hidden', '[::1]', '0x7f.1', '1', '::ffff:1.2.3.4', 'fe80::1%eth0'),
    )
    const property = fc.asyncProperty(anyAddress, async (ip) => {
      const { statusCode } = await middleware.processRequest({ ip })
      if (isIPv4(ip)) expect(statusCode).toBe(200)
      // A zone (RFC 4007) is the business of this machine: whatever it is called, it tells no clients apart.
      if (isIP(ip.split('%', 1)[0]!) === 0) expect(statusCode).toBe(400)
      seen.add(ip).add(ip.replace(/^::ffff:/i, ''))
    })
    await fc.assert(property, { numRuns: 100_000 })
    for (const key of store.states.keys()) expect(key).toMatch(/\|ip:[0-9a-f.:/]+$/)
  }, 120_000)

  it('of a proxy that is not trusted, in front of what it forwards, is warned of once', async () => {
    const { heard, logger } = listeningLogger()
    const middleware = middlewareOf({ logger }, undefined, {
      peerOf: ({ key }) => key,
      headerOf: (_incoming, name) => (name === 'x-forwarded-for' ? '203.0.113.7' : undefined),
    })
    await middleware.processRequest({ ip: '10.0.0.2' }, { key: '10.0.0.1' })
    expect(heard).toEqual([])
    for (let i = 0; i < 3; i++) await middleware.processRequest({ ip: '10.0.0.1' }, { key: '10.0.0.1' })
    await middleware.processRequest({ ip: IP }, { key: IP })
    expect(heard.map(([level, { event }]) => [level, event])).toEqual([['warn', 'proxy_not_trusted']])
  })

  it('of a proxy is named as all addresses are', async () => {
    const { heard, logger } = listeningLogger()
    const options = { logger, addressSecret: 'a secret of sixteen or more' }
    const middleware = middlewareOf(options, undefined, {
      peerOf: () => '10.0.0.1',
      headerOf: () => '203.0.113.7',
    })
    await middleware.processRequest({ ip: '10.0.0.1' }, {})
    expect(heard).toHaveLength(1)
    expect(JSON.stringify(heard)).not.toContain('10.0.0.1')
  })

  it('of a proxy is looked for at every request to begin with, later at every hundredth', async () => {
    const { heard, logger } = listeningLogger()
    let looks = 0
    const middleware = middlewareOf({ logger, ip: 'unlimited' }, undefined, {
      peerOf: () => '10.0.0.1',
      headerOf({ key }, name) {
        if (name === 'forwarded') looks += 1
        return key
      },
    })
    const send = (key?: string) => middleware.processRequest({ ip: '10.0.0.1' }, { ...(key && { key }) })
    for (let i = 0; i < 1000; i++) await send()
    expect([looks, heard]).toEqual([109, []])
    for (let i = 0; i < 100; i++) await send('203.0.113.7')
    expect(heard.map(([, { event }]) => event)).toEqual(['proxy_not_trusted'])
  })
})
