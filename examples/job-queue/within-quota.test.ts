import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { RateLimiter } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { expect, it } from 'vitest'

import { withinQuota } from './within-quota.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

it('makes each call as soon as the quota has room, and no sooner', async () => {
  let now = 1_000_000
  const limiter = new RateLimiter({
    store: new MemoryStore({ clock: () => now }),
    endpoints: { '/mail': { rate: '3 per 10 seconds', algorithm: 'sliding-window', per: 'endpoint' } },
  })
  const waits: number[] = []
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms)
    now += ms
  }

  const calls: number[] = []
  for (let job = 0; job < 7; job++) {
    // Each job takes two seconds.
    await withinQuota(limiter, '/mail', async () => calls.push(now - 1_000_000), sleep)
    now += 2000
  }
  expect(calls).toEqual([0, 2000, 4000, 10_000, 12_000, 14_000, 20_000])
  expect(waits).toEqual([4000, 4000])
})

it('passes on what the call answers, and what it throws', async () => {
  const limiter = new RateLimiter({ store: new MemoryStore(), endpoints: { '/mail': '2 per hour' } })
  expect(await withinQuota(limiter, '/mail', async () => 'sent')).toBe('sent')
  await expect(withinQuota(limiter, '/mail', async () => Promise.reject(new Error('no such address')))).rejects.toThrow(
    'no such address',
  )
})

it('keeps four workers to ten calls a second, by the command that the README gives', async () => {
  const [command] = /^node .*$/m.exec(readFileSync(new URL('README.md', import.meta.url), 'utf8'))!
  const { stdout } = await promisify(execFile)('sh', ['-c', `exec ${command}`], { cwd: root })
  const lines = stdout.trim().split('\n')
  expect(new Set(lines.map((line) => line.split(': ')[1]))).toEqual(
    new Set(Array.from({ length: 25 }, (_, i) => `mail ${i + 1}`)),
  )
  // In the order in which they were made: ten at once, ten after a second, the rest after another.
  for (const [i, line] of lines.entries()) {
    expect(Number.parseInt(line, 10)).toBeGreaterThanOrEqual(Math.floor(i / 10) * 1000)
  }
})
