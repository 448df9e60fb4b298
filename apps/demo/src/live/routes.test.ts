import { startRedis } from '@rl/test-servers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { BurstProgress, Comparison } from '../page/messages.ts'
import { serveDemo } from './serve-demo.fixture.ts'
import type { ServedDemo } from './serve-demo.fixture.ts'

let demo: ServedDemo

beforeEach(async () => {
  demo = await serveDemo()
})

afterEach(() => demo.close())

const JSON_TYPE = { 'content-type': 'application/json' }

async function post(path: string, body: unknown, init: RequestInit = {}): Promise<readonly [number, unknown]> {
  const request = { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(body), ...init }
  const answer = await fetch(demo.origin + path, request)
  return [answer.status, await answer.json()]
}

const burst = async (body: unknown, init?: RequestInit) => post('/demo/burst', body, init)

function sentOf({ admitted, denied, banned }: BurstProgress): number {
  return admitted + denied + banned
}

describe('a burst', () => {
  it('is answered with what became of it', async () => {
    expect(await burst({ as: 'free', count: 150 })).toEqual([
      200,
      { as: 'free', count: 150, admitted: 60, denied: 90, banned: 0, isUnderWay: false },
    ])
    expect(demo.limiter.stats()).toMatchObject({ allowed: 60, denied: { 'quota-exceeded': 90 } })
  })

  it('leaves the visitor the quota of an own address', async () => {
    await burst({ as: 'anonymous', count: 150 })
    await burst({ as: 'attacker', count: 400 })
    const answer = await fetch(`${demo.origin}/api/data`)
    expect(answer.headers.get('x-ratelimit-remaining')).toBe('99')
  })

  it('counts as one client, whatever addresses of its network it comes from', async () => {
    expect(await burst({ as: 'rotating', count: 150 })).toMatchObject([200, { admitted: 100, denied: 50 }])
    expect((await demo.state()).clients).toMatchObject([
      { client: '2001:db8:bad:bad::/64', lastMinute: { admitted: 100, denied: 50 } },
    ])
  })

  it('is one at a time for each sender', async () => {
    const first = burst({ as: 'admin', count: 500 })
    await untilBurst((progress) => sentOf(progress) > 0)
    expect(await burst({ as: 'admin', count: 1 })).toEqual([409, { error: 'A burst as admin is under way' }])
    expect(await burst({ as: 'free', count: 1 })).toMatchObject([200, { admitted: 1 }])
    expect(await first).toMatchObject([200, { admitted: 500 }])
    expect(await burst({ as: 'admin', count: 1 })).toMatchObject([200, { admitted: 1 }])
  })

  it('ends when the page that asked for it goes away', async () => {
    const page = new AbortController()
    const asked = burst({ as: 'admin', count: 5000 }, { signal: page.signal })
    await untilBurst((progress) => sentOf(progress) > 0)
    page.abort()
    await expect(asked).rejects.toThrow('aborted')
    expect(sentOf(await untilBurst(({ isUnderWay }) => !isUnderWay))).toBeLessThan(5000)
  })

  it.each([
    ['too many', { as: 'free', count: 5001 }, 'Expected `count` to be a whole number from 1 to 5000'],
    ['none', { as: 'free', count: 0 }, 'Expected `count` to be a whole number from 1 to 5000'],
    ['a part of one', { as: 'free', count: 1.5 }, 'Expected `count` to be a whole number from 1 to 5000'],
    ['a sender that does not exist', { as: 'toString', count: 1 }, /^Expected `as` to be one of anonymous, free/],
    ['nothing', null, /^Expected `as` to be one of/],
    ['too much text', { as: 'free', count: 1, more: 'x'.repeat(200) }, 'Expected a body of at most 200 bytes'],
  ])('of %s is refused', async (_what, body, error) => {
    expect(await burst(body)).toEqual([400, { error: expect.stringMatching(error) }])
    expect(demo.limiter.stats().allowed).toBe(0)
  })

  it('cannot be asked for by a page from elsewhere, which may not send JSON', async () => {
    const answer = await burst({ as: 'free', count: 1 }, { headers: { 'content-type': 'text/plain' } })
    expect(answer).toEqual([400, { error: 'Expected application/json' }])
  })

  async function untilBurst(isSo: (progress: BurstProgress) => boolean): Promise<BurstProgress> {
    for (;;) {
      const [progress] = (await demo.state()).bursts
      if (progress && isSo(progress)) return progress
    }
  }
})

describe('an attack', () => {
  it.each([
    ['attacker', '203.0.113.66'],
    ['rotating', '2001:db8:bad:bad::/64'],
  ])('as %s is banned, until somebody forgives it', async (as, scope) => {
    expect(await burst({ as, count: 400 })).toMatchObject([200, { admitted: 100, denied: 200, banned: 100 }])
    const { bans, clients, denials, plans } = await demo.state()
    expect(bans).toEqual([{ scope, strikes: 1, endsInMs: expect.any(Number) }])
    expect(clients).toMatchObject([{ client: scope, lastMinute: { admitted: 100, denied: 200, banned: 100 } }])
    expect(denials).toMatchObject([
      { times: 100, client: scope, reason: 'abnormal-usage-detected' },
      { times: 200, client: scope, reason: 'quota-exceeded' },
    ])
    expect(plans[0]!.seconds.banned.reduce((sum, n) => sum + n)).toBe(100)

    const forgive = async () => post('/demo/forgive', { scope })
    expect(await forgive()).toEqual([200, { forgiven: true }])
    expect((await demo.state()).bans).toEqual([])
    expect(await burst({ as, count: 1 })).toMatchObject([200, { denied: 1, banned: 0 }])
    expect(await forgive()).toEqual([400, { error: 'Expected `scope`, which is banned, as JSON' }])
  })

  it('is not what a load generator on this machine does, nor a user whose requests come from all over', async () => {
    for (let i = 0; i < 400; i++) await (await fetch(`${demo.origin}/api/data`)).text()
    expect(await burst({ as: 'enterprise', count: 1010 })).toMatchObject([200, { admitted: 1000, banned: 0 }])
    expect((await demo.state()).bans).toEqual([])
  })
})

describe('the comparison', () => {
  it('is answered for arrivals that there are', async () => {
    const answer = await fetch(`${demo.origin}/demo/comparison?arrivals=bursts`)
    expect(((await answer.json()) as Comparison).arrivals).toBe('bursts')
  })

  it.each(['', '?arrivals=', '?arrivals=toString'])('is refused for others: %j', async (query) => {
    const answer = await fetch(`${demo.origin}/demo/comparison${query}`)
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: 'Expected `arrivals` to be one of seam, double, bursts, steady' },
    ])
  })
})

describe('the page', () => {
  it('is under no limit, and answers HEAD', async () => {
    for (const path of ['/', '/page/main.js', '/health', '/metrics']) {
      expect((await fetch(demo.origin + path)).status).toBe(200)
      const head = await fetch(demo.origin + path, { method: 'HEAD' })
      expect([head.status, await head.text()]).toEqual([200, ''])
    }
    expect(demo.limiter.stats().allowed).toBe(0)
  })

  it('leaves everything else to the API', async () => {
    expect((await fetch(`${demo.origin}/page/nothing.js`)).headers.get('x-ratelimit-remaining')).toBe('99')
    expect((await fetch(`${demo.origin}/health`, { method: 'POST' })).headers.get('x-ratelimit-remaining')).toBe('98')
  })

  it('lets nothing load from elsewhere, and nothing run that is not a file of its own', async () => {
    const { headers } = await fetch(demo.origin)
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
    )
  })

  it('may be open fifty times', async () => {
    expect((await fetch(`${demo.origin}/demo/events`, { method: 'HEAD' })).status).toBe(200)
    const open = await Promise.all(Array.from({ length: 50 }, () => fetch(`${demo.origin}/demo/events`)))
    expect(open.every(({ status }) => status === 200)).toBe(true)
    expect((await fetch(`${demo.origin}/demo/events`)).status).toBe(503)
    await open[0]!.body!.cancel()
    while ((await fetch(`${demo.origin}/demo/events`)).status === 503);
  })
})

describe('what machines ask', () => {
  it('is answered in the format of Prometheus', async () => {
    await burst({ as: 'free', count: 61 })
    const text = await (await fetch(`${demo.origin}/metrics`)).text()
    expect(text).toMatch(/^ratelimit_requests_total\{ratelimit_outcome="allowed".*\} 60$/m)
    expect(text).toMatch(/^ratelimit_requests_total\{.*ratelimit_reason="quota-exceeded".*\} 1$/m)
  })

  it('tells health: 200 while requests are decided, 503 if some are denied for want of a store', async () => {
    const redis = await startRedis()
    const onRedis = await serveDemo({ STORE: 'redis', REDIS_URL: redis.url })
    const health = async () => {
      const answer = await fetch(`${onRedis.origin}/health`)
      return [answer.status, ((await answer.json()) as { status: string }).status]
    }
    while ((await health())[1] !== 'healthy');
    expect(await health()).toEqual([200, 'healthy'])
    await redis.stop()
    expect(await health()).toEqual([200, 'degraded'])
    onRedis.limiter.update({ onStoreError: 'deny' })
    expect(await health()).toEqual([503, 'unhealthy'])
    await onRedis.close()
  })
})
