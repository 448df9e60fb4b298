import { MemoryStore } from '@rl/store-memory'
import { slowDown } from 'express-slow-down'
import { Hono } from 'hono'
import { rateLimiter } from 'hono-rate-limiter'
import { expect, it } from 'vitest'

import { compatStore } from './compat-store.ts'
import { appBehind, serve } from './limited-app.fixture.ts'
import { admittedOf } from './requests.fixture.ts'

it('serves hono-rate-limiter, which admits exactly 100 of 200 requests at once', async () => {
  const app = new Hono()
    .use(
      rateLimiter({
        limit: 100,
        windowMs: 3_600_000,
        keyGenerator: (c) => c.req.header('x-user') ?? '',
        store: compatStore(new MemoryStore()),
      }),
    )
    .get('/', (c) => c.text('hello'))
  const answers = await Promise.all(
    Array.from({ length: 200 }, async () => app.request('/', { headers: { 'x-user': 'u' } })),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(100)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(100)
})

it('serves express-slow-down, which counts on above its limit', async () => {
  const used: number[] = []
  const delayMs = (count: number): number => {
    used.push(count)
    return 0
  }
  const limiter = slowDown({ delayAfter: 1, windowMs: 3_600_000, delayMs, store: compatStore(new MemoryStore()) })
  expect(await admittedOf(4, await serve(appBehind(limiter)))).toBe(4)
  expect(used.toSorted((a, b) => a - b)).toEqual([2, 3, 4])
})
