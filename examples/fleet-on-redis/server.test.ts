import { startExample, startRedis } from '@rl/test-servers'
import type { Example, RedisServer } from '@rl/test-servers'
import { afterEach, beforeEach, expect, it } from 'vitest'

let redis: RedisServer
let started: Example[]

beforeEach(async () => {
  redis = await startRedis()
  started = []
})

afterEach(async () => {
  await Promise.all(started.map((process) => process.stop()))
  await redis.stop()
})

async function start(): Promise<Example> {
  const process = await startExample(new URL('server.ts', import.meta.url), { REDIS_URL: redis.url })
  started.push(process)
  return process
}

/** Where a request was counted, if it was admitted. */
async function ask({ origin }: Example): Promise<unknown> {
  const answer = await fetch(origin)
  const body = (await answer.json()) as { readonly countedIn?: string }
  if (answer.status === 200) return body.countedIn
  expect(answer.status).toBe(429)
  return undefined
}

/** Sends so many requests to each of these processes, to all of them at once, and tells how many were counted where. */
async function admitted(processes: readonly Example[], count: number): Promise<Record<string, number>> {
  const admissions: Record<string, number> = {}
  const sendAll = async (process: Example): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const where = await ask(process)
      if (typeof where === 'string') admissions[where] = (admissions[where] ?? 0) + 1
    }
  }
  await Promise.all(processes.map(sendAll))
  return admissions
}

/** Asks until it is admitted, which is counted there. */
async function admittedOnce(process: Example): Promise<unknown> {
  for (;;) {
    const where = await ask(process)
    if (where !== undefined) return where
  }
}

it('admits the quota of all processes together; without Redis that of each; and with Redis back, the one again', async () => {
  const fleet = await Promise.all([start(), start(), start()])
  expect(await admitted(fleet, 50)).toEqual({ Redis: 100 })

  await redis.kill('SIGKILL')
  for (const process of fleet) {
    // For a second at most it still knows what Redis has denied.
    expect(await admittedOnce(process)).toBe('memory')
    expect(await admitted([process], 110)).toEqual({ memory: 99 })
  }

  await redis.restart()
  for (const process of fleet) expect(await admittedOnce(process)).toBe('Redis')
  expect(await admitted(fleet, 50)).toEqual({ Redis: 100 - fleet.length })
})

it('starts without Redis, and finds it when it is there', async () => {
  await redis.kill('SIGKILL')
  const process = await start()
  expect(await admitted([process], 110)).toEqual({ memory: 100 })
  await redis.restart()
  expect(await admittedOnce(process)).toBe('Redis')
})
