import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { algorithms } from '@rl/core'
import type { AlgorithmName, Limit } from '@rl/core'
import { startRedis } from '@rl/test-servers'
import type { RedisServer } from '@rl/test-servers'
import { afterAll, beforeAll, expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('consume-many.fixture.ts', import.meta.url))

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterAll(async () => {
  await server.stop()
})

async function admittedBy(key: string, limit: Limit, skewMs = 0): Promise<number> {
  const args = [SCRIPT, server.url, key, JSON.stringify(limit), String(skewMs)]
  return Number((await promisify(execFile)(process.execPath, args)).stdout)
}

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)

it('admits exactly 1,000 of the 4,000 calls of four processes, five times in a row', async () => {
  for (let run = 0; run < 5; run++) {
    const limit: Limit = { algorithm: 'fixed-window', quota: 1000, windowMs: 3_600_000 }
    const counts = await Promise.all(Array.from({ length: 4 }, async () => admittedBy(`run ${run}`, limit)))
    expect(sum(counts)).toBe(1000)
  }
})

it.each(Object.keys(algorithms) as AlgorithmName[])(
  'decides alike for processes whose clocks are 30 s apart (%s)',
  async (algorithm) => {
    const limit: Limit = { algorithm, quota: 300, windowMs: 31_536_000_000 }
    const [ahead, behind] = await Promise.all([
      admittedBy(algorithm, limit, 30_000),
      admittedBy(algorithm, limit, -30_000),
    ])
    expect(ahead + behind).toBe(300)
  },
)
