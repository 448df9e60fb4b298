import { describe, expect, it } from 'vitest'

import { DosGuard } from '../dos/dos-guard.ts'
import { RateLimiter } from '../limiter/rate-limiter.ts'
import { listeningLogger } from '../logger.fixture.ts'
import { MapStore } from '../stores/map-store.fixture.ts'
import type { DosOption } from './attack-gate.ts'
import { RateLimitingMiddleware } from './rate-limiting-middleware.ts'
import type { MiddlewareOptions } from './rate-limiting-middleware.ts'

const IP = '203.0.113.7'

function gated(dos: DosOption, more: Partial<MiddlewareOptions<void>> = {}) {
  const store = new MapStore()
  const { heard, logger } = listeningLogger()
  const options = { store, ip: '1000 per minute', logger, dos, ...more } as MiddlewareOptions<void>
  const middleware = new RateLimitingMiddleware(options)
  const ask = async (ip: string | undefined = IP, method = 'GET') =>
    middleware.processRequest({ ip, method, endpoint: '/a' })
  return { store, heard, ask }
}

describe('an attack', () => {
  it('is answered as such from the request after the threshold on, and asks no store', async () => {
    const { store, ask } = gated({ threshold: 3, clock: () => 0, ban: { jitter: 0 } })
    const statuses = []
    for (let i = 0; i < 5; i++) statuses.push((await ask()).statusCode)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    expect(store.asked).toEqual(['consume', 'consume', 'consume'])
    const { statusCode, reason, headers, body, result } = await ask()
    expect([statusCode, reason, result]).toEqual([429, 'abnormal-usage-detected', undefined])
    expect(headers).toEqual({
      'retry-after': '60',
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    })
    expect(JSON.parse(body)).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#abnormal-usage-detected',
      title: 'Abnormal usage detected',
      status: 429,
      detail: 'Try again in 60 s.',
      'violated-policies': ['dos'],
      retryAfterMs: 60_000,
    })
    expect((await ask(IP, 'HEAD')).body).toBe('')
    expect((await ask('198.51.100.1')).statusCode).toBe(200)
  })

  it('is over 100 requests in a minute unless told otherwise', async () => {
    const { ask } = gated(true)
    for (let i = 0; i < 100; i++) expect((await ask()).statusCode).toBe(200)
    expect((await ask()).statusCode).toBe(429)
  })

  it('is told to the log once, with where and how often', async () => {
    const { heard, ask } = gated({ threshold: 1, clock: () => 0, ban: { jitter: 0 } })
    for (let i = 0; i < 5; i++) await ask()
    expect(heard).toEqual([
      [
        'warn',
        {
          event: 'dos_block',
          message: 'An attack is kept out: more requests than anybody honest sends',
          ip: IP,
          method: 'GET',
          endpoint: '/a',
          scope: IP,
          strikes: 1,
          banEndsInMs: 60_000,
        },
      ],
    ])
  })

  it('names no address in the log, if the log is to name none', async () => {
    const { heard, ask } = gated({ threshold: 1 }, { addressSecret: 'a secret of sixteen or more' })
    for (let i = 0; i < 2; i++) await ask()
    expect(heard).toHaveLength(1)
    expect(JSON.stringify(heard)).not.toContain(IP)
  })

  it('names no address in the log that could not be read, either', async () => {
    const { heard, ask } = gated(true, { addressSecret: 'a secret of sixteen or more' })
    await ask('203.0.113.7:4711')
    expect(heard).toEqual([
      ['warn', { event: 'invalid_address', message: expect.not.stringContaining('203') as string }],
    ])
  })

  it('is let past in shadow mode, and told', async () => {
    const { heard, ask } = gated({ threshold: 1, mode: 'shadow' })
    for (let i = 0; i < 3; i++) expect((await ask()).statusCode).toBe(200)
    expect(heard).toEqual([['warn', expect.objectContaining({ event: 'dos_block', mode: 'shadow' })]])
  })

  it('can be answered in the application’s own way, which is told the reason', async () => {
    const onDenied = ({ reason }: { reason: string | undefined }) => ({ statusCode: 418, body: String(reason) })
    const { ask } = gated({ threshold: 1 }, { onDenied })
    await ask()
    expect(await ask()).toMatchObject({ statusCode: 418, body: 'abnormal-usage-detected' })
  })

  it('is told to the log where other processes could not be told', async () => {
    class DeadStore extends MapStore {
      override consume(): never {
        throw new Error('no connection')
      }
    }
    const { heard, ask } = gated({ threshold: 1, store: new DeadStore() })
    for (let i = 0; i < 2; i++) await ask()
    await new Promise(setImmediate)
    expect(heard.map(([level, { event, role }]) => [level, event, role])).toEqual([
      ['warn', 'dos_block', undefined],
      ['error', 'store_error', 'dos'],
    ])
  })

  it('is found by a guard that others use too', async () => {
    const guard = new DosGuard({ threshold: 1 })
    const { ask } = gated(guard)
    guard.detectAttack(IP)
    expect((await ask()).statusCode).toBe(429)
  })

  it('sends no field where none is wanted', async () => {
    const { ask } = gated({ threshold: 1 }, { headers: [] })
    await ask()
    expect((await ask()).headers).not.toHaveProperty('retry-after')
  })
})

describe('no attack', () => {
  it('is what the allow list of the limiter lets in, whoever has made guard and limiter', async () => {
    const allow = ['203.0.113.0/24', 'user:42']
    const limiter = new RateLimiter({ store: new MapStore(), allow })
    const dos = new DosGuard({ threshold: 1 })
    for (const middleware of [
      new RateLimitingMiddleware({ store: new MapStore(), allow, dos: { threshold: 1 } }),
      new RateLimitingMiddleware({ limiter, dos }),
    ]) {
      const ask = async (ip: string) => (await middleware.processRequest({ ip })).statusCode
      for (let i = 0; i < 5; i++) expect(await ask(IP)).toBe(200)
      await ask('198.51.100.1')
      expect(await ask('198.51.100.1')).toBe(429)
    }
  })

  it('is a request that is skipped', async () => {
    const { ask } = gated({ threshold: 1 }, { skip: () => true })
    for (let i = 0; i < 5; i++) expect((await ask()).statusCode).toBe(200)
  })

  it('is an address that is none, which is refused', async () => {
    const { ask } = gated({ threshold: 1 })
    for (let i = 0; i < 5; i++) expect((await ask('nonsense')).statusCode).toBe(400)
  })

  it('is found without a guard', async () => {
    const { ask } = gated(false)
    for (let i = 0; i < 200; i++) expect((await ask()).statusCode).toBe(200)
  })

  it('is told of by a log of the limiter’s own, where one is passed in', async () => {
    const { heard, logger } = listeningLogger()
    const limiter = new RateLimiter({ store: new MapStore(), logger })
    const middleware = new RateLimitingMiddleware({ limiter, dos: { threshold: 1 } })
    for (let i = 0; i < 2; i++) await middleware.processRequest({ ip: IP })
    expect(heard.map(([, { event }]) => event)).toEqual(['dos_block'])
  })
})

it.each<[string, unknown]>([
  ['a number', 100],
  ['a misspelt option', { treshold: 100 }],
  ['a threshold of NaN', { threshold: Number.NaN }],
  ['null', null],
])('refuses a guard of %s', (_what, dos) => {
  expect(() => gated(dos as DosOption)).toThrow(expect.objectContaining({ name: 'ConfigError' }))
})
