import type { RateLimitResult } from '@rl/core'
import { expect, it } from 'vitest'

import { Clients } from './clients.ts'

function decided(remaining: number, limit: number): { request: object; result: RateLimitResult } {
  return { request: {}, result: { remaining, limit } as RateLimitResult }
}

it('lists who asked most in the last minute first, with what they have left', () => {
  let now = 0
  const clients = new Clients(() => now)
  const ask = (client: string, times: number, decision: ReturnType<typeof decided> | undefined) => {
    for (let i = 0; i < times; i++) clients.count({ client, plan: 'anonymous', outcome: 'admitted', decision })
  }
  ask('early', 9, decided(91, 100))
  now = 30_000
  ask('twice', 2, decided(98, 100))
  ask('admin', 1, decided(Infinity, Infinity))
  now = 60_000
  ask('twice', 1, decided(97, 100))
  clients.count({ client: 'twice', plan: 'anonymous', outcome: 'banned', decision: undefined })

  const twice = {
    client: 'twice',
    plan: 'anonymous',
    lastMinute: { admitted: 3, denied: 0, banned: 1 },
    left: { remaining: 97, limit: 100 },
  }
  const admin = {
    client: 'admin',
    plan: 'anonymous',
    lastMinute: { admitted: 1, denied: 0, banned: 0 },
    left: 'no limit',
  }
  expect(clients.hottest(8)).toEqual([twice, admin])
  expect(clients.hottest(1)).toEqual([twice])
})

it('does not grow with a flood of new clients', () => {
  const clients = new Clients(() => 0)
  const count = (client: string) =>
    clients.count({ client, plan: 'anonymous', outcome: 'denied', decision: decided(0, 100) })
  for (let i = 0; i < 1000; i++) count(`first ${i}`)
  for (let i = 0; i < 1000; i++) count(`late ${i}`)
  count('first 7')
  const listed = clients.hottest(2000)
  expect(listed).toHaveLength(1000)
  expect(listed[0]).toMatchObject({ client: 'first 7', lastMinute: { denied: 2 } })
})
