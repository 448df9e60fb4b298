import { startExample, startRedis } from '@rl/test-servers'
import type { Example, RedisServer } from '@rl/test-servers'
import { afterEach, beforeEach, expect, it } from 'vitest'

let redis: RedisServer
let fleet: readonly Example[]

beforeEach(async () => {
  redis = await startRedis()
  const env = { REDIS_URL: redis.url }
  fleet = await Promise.all([1, 2, 3].map(() => startExample(new URL('server.ts', import.meta.url), env)))
})

afterEach(async () => {
  await Promise.all(fleet.map((process) => process.stop()))
  await redis.stop()
})

/** How many of so many requests to each of these processes, all sent at once, were admitted; any other answer was a 429. */
async function admitted(processes: readonly Example[], count: number): Promise<number> {
  const requests = processes.flatMap(({ origin }) => Array.from({ length: count }, async () => fetch(origin)))
  const statuses = (await Promise.all(requests)).map(({ status }) => status)
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
  return statuses.filter((status) => status === 200).length
}

/** Asks until it is admitted. */
async function untilAdmitted({ origin }: Example): Promise<void> {
  while ((await fetch(origin)).status !== 200);
}

it('admits the quota of all processes together; without Redis that of each; and with Redis back, the one again', async () => {
  expect(await admitted(fleet, 50)).toBe(100)

  await redis.kill('SIGKILL')
  for (const process of fleet) {
    // For a second at most it may still know what Redis has denied.
    await untilAdmitted(process)
    expect(await admitted([process], 120)).toBe(99)
  }

  await redis.restart()
  // Their own quotas are spent: it is Redis, now empty, that admits.
  for (const process of fleet) await untilAdmitted(process)
  expect(await admitted(fleet, 50)).toBe(100 - fleet.length)
})

it('starts without Redis, and finds it when it is there', async () => {
  await redis.kill('SIGKILL')
  const late = await startExample(new URL('server.ts', import.meta.url), { REDIS_URL: redis.url })
  try {
    expect(await admitted([late], 120)).toBe(100)
    await redis.restart()
    await untilAdmitted(late)
    expect(await redis.cli('KEYS', '*')).toMatch(/ip\|/)
  } finally {
    await late.stop()
  }
})
