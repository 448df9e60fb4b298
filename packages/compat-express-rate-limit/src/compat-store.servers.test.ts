import { once } from 'node:events'

import { RedisStore } from '@rl/store-redis'
import { startRedis } from '@rl/test-servers'
import type { RedisServer } from '@rl/test-servers'
import { rateLimit } from 'express-rate-limit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

import { compatStore } from './compat-store.ts'
import { appBehind, serve } from './limited-app.fixture.ts'
import { statusesOf } from './requests.fixture.ts'
import { testTwoProcesses } from './two-processes.fixture.ts'

const clients: Redis[] = []
let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await redis.cli('FLUSHALL')
  vi.restoreAllMocks()
})

afterAll(async () => {
  await redis.stop()
})

async function redisStore(prefix?: string): Promise<RedisStore> {
  const client = new Redis(redis.url, { enableOfflineQueue: false, maxRetriesPerRequest: 0 })
  clients.push(client)
  client.on('error', () => {})
  await once(client, 'ready')
  return new RedisStore({ client, ...(prefix !== undefined && { prefix }) })
}

testTwoProcesses(new URL('serve.fixture.ts', import.meta.url))

describe('a Redis that does not answer', () => {
  it.each([
    [true, 200],
    [false, 500],
  ])('is waited for no longer than timeoutMs, with passOnStoreError %s', async (passOnStoreError, status) => {
    const logged: unknown[] = []
    const log = (error: unknown): void => void logged.push((error as { code?: string }).code)
    const store = compatStore(await redisStore(), { timeoutMs: 50 })
    const logger = { error: log, warn: log }
    const limiter = rateLimit({ limit: 1, windowMs: 3_600_000, store, passOnStoreError, logger })
    const origin = await serve(appBehind(limiter))
    await redis.kill('SIGSTOP')
    const statuses = await statusesOf(2, origin)
    await redis.kill('SIGCONT')
    expect(statuses).toEqual([status, status])
    expect(logged).toEqual(passOnStoreError ? ['RL_STORE_TIMEOUT', 'RL_STORE_TIMEOUT'] : [])
  })
})

describe('two limiters on one Redis', () => {
  it.each([
    ['count apart under prefixes of their own', ['a', 'b'], []],
    ['are told by express-rate-limit if they count in one place', ['a', 'a'], ['ERR_ERL_DOUBLE_COUNT']],
  ])('%s', async (_what, prefixes, codes) => {
    const told = vi.spyOn(console, 'error').mockReturnValue()
    const stores = await Promise.all(prefixes.map(async (prefix) => redisStore(prefix)))
    const limiters = stores.map((store) => rateLimit({ limit: 2, windowMs: 3_600_000, store: compatStore(store) }))
    const origin = await serve(appBehind(...limiters))
    // One after the other: each counts twice in one place.
    const statuses = [await statusesOf(1, origin), await statusesOf(1, origin), await statusesOf(1, origin)].flat()
    expect(statuses).toEqual(codes.length === 0 ? [200, 200, 429] : [200, 429, 429])
    expect(told.mock.calls.map(([error]) => (error as { code: string }).code)).toEqual(codes)
  })
})
