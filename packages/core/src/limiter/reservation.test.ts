import { describe, expect, it, vi } from 'vitest'

import { MapStore } from '../stores/map-store.fixture.ts'
import { RateLimiter } from './rate-limiter.ts'

const IP = '203.0.113.7'

function limiterAt(start: number) {
  const time = { now: start }
  const store = new MapStore(() => time.now)
  const endpoints = {
    '/a': [
      { rate: '50 per hour', algorithm: 'sliding-window' },
      { rate: '99 per minute', mode: 'shadow' },
    ],
  } as const
  const limiter = new RateLimiter({ store, ip: '100 per minute', endpoints })
  const left = async () => {
    const { policies, shadows } = await limiter.peek({ ip: IP, endpoint: '/a', cost: 0 })
    return [...policies, ...shadows].map(({ remaining }) => remaining)
  }
  return { limiter, store, time, left, request: { ip: IP, endpoint: '/a' } }
}

describe('a reservation', () => {
  it('charges an upper bound, and settles to the real cost in every limit, shadows included', async () => {
    const { limiter, left, request } = limiterAt(0)
    const reservation = await limiter.reserve({ ...request, cost: 40 })
    expect([reservation.allowed, await left()]).toEqual([true, [60, 10, 59]])
    await reservation.settle(25)
    expect(await left()).toEqual([75, 25, 74])
  })

  it('settles in each of many limits that are only watched', async () => {
    const ip = [
      '100 per minute',
      { rate: '99 per hour', mode: 'shadow' },
      { rate: '98 per day', mode: 'shadow' },
      { rate: '97 per 2 days', mode: 'shadow' },
    ] as const
    const limiter = new RateLimiter({ store: new MapStore(() => 0), ip })
    await (await limiter.reserve({ ip: IP, cost: 40 })).settle(10)
    const { policies, shadows } = await limiter.peek({ ip: IP, cost: 0 })
    expect([...policies, ...shadows].map(({ remaining }) => remaining)).toEqual([90, 89, 88, 87])
  })

  it('gives back more if it is settled again to less, and never less', async () => {
    const { limiter, left, request } = limiterAt(0)
    const reservation = await limiter.reserve({ ...request, cost: 40 })
    await reservation.settle(25)
    await expect(reservation.settle(26)).rejects.toMatchObject({ code: 'RL_INVALID_COST' })
    await reservation.settle(25)
    await reservation.settle(0)
    expect(await left()).toEqual([100, 50, 99])
  })

  it('gives a bucket back no more, in several steps, than what it still lacks of the charge', async () => {
    const { time, store } = limiterAt(0)
    const limiter = new RateLimiter({ store, ip: { rate: '10 per 10 s', algorithm: 'token-bucket' } })
    const steps = [[0], [5, 0], [7, 0]]
    for (const [i, costs] of steps.entries()) {
      const ip = `192.0.2.${i}`
      const reservation = await limiter.reserve({ ip, cost: 10 })
      time.now += 5000
      await limiter.isAllowed({ ip, cost: 5 })
      for (const cost of costs) await reservation.settle(cost)
      expect([costs, (await limiter.peek({ ip })).remaining + 1]).toEqual([costs, 5])
    }
  })

  it('gives back what was charged, whatever a listener makes of the request', async () => {
    const { limiter, left } = limiterAt(0)
    await limiter.isAllowed({ ip: IP, cost: 40 })
    limiter.on('decision', ({ request }) => void Object.assign(request, { cost: 50 }))
    await (await limiter.reserve({ ip: IP, cost: 1 })).settle(0)
    expect((await left())[0]).toBe(60)
  })

  it('that could not be given back stays so: what the store has done is not known', async () => {
    const { limiter, store, left, request } = limiterAt(0)
    const reservation = await limiter.reserve({ ...request, cost: 40 })
    const broken = vi.spyOn(store, 'refund').mockImplementation(() => {
      throw new Error('no disk')
    })
    await expect(reservation.settle(25)).rejects.toThrow('no disk')
    broken.mockRestore()
    await expect(reservation.settle(0)).rejects.toThrow('no disk')
    expect(await left()).toEqual([60, 10, 59])
  })

  it.each([Number.NaN, -1, 0.5, Infinity, undefined])('refuses to be settled to %s', async (cost) => {
    const { limiter, left, request } = limiterAt(0)
    const reservation = await limiter.reserve({ ...request, cost: 40 })
    await expect(reservation.settle(cost as number)).rejects.toMatchObject({ code: 'RL_INVALID_COST' })
    expect(await left()).toEqual([60, 10, 59])
  })

  it('gives back in its own window only: what has been charged in the next one stays', async () => {
    const { limiter, time, left, request } = limiterAt(0)
    const reservation = await limiter.reserve({ ...request, cost: 40 })
    time.now = 60_000
    await limiter.isAllowed({ ...request, cost: 10 })
    await reservation.settle(0)
    expect(await left()).toEqual([90, 40, 89])
  })

  it('gives nothing back if it was denied', async () => {
    const { limiter, left, request } = limiterAt(0)
    await limiter.isAllowed({ ...request, cost: 45 })
    const denied = await limiter.reserve({ ...request, cost: 40 })
    expect(denied.allowed).toBe(false)
    const before = await left()
    await denied.settle(0)
    // The shadow, which would have let it in, forgets it.
    expect([before, await left()]).toEqual([
      [55, 5, 14],
      [55, 5, 54],
    ])
  })

  it('is given back to the fallback store that charged it', async () => {
    class Failing extends MapStore {
      override async consume(): Promise<never> {
        throw new Error('down')
      }
    }
    const limiter = new RateLimiter({ store: new Failing(), fallback: new MapStore(), ip: '10 per minute' })
    const reservation = await limiter.reserve({ ip: IP, cost: 7 })
    await reservation.settle(2)
    expect(await limiter.isAllowed({ ip: IP })).toMatchObject({ degraded: 'fallback', remaining: 7 })
  })

  it('is plain data to whoever writes it down', async () => {
    const { limiter, request } = limiterAt(0)
    const result = await limiter.reserve(request)
    expect(JSON.parse(JSON.stringify(result))).toMatchObject({ allowed: true, limit: 50, remaining: 49 })
  })
})
