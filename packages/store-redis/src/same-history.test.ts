import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { algorithms } from '@rl/core'
import type { Charge, Store } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { SqliteStore } from '@rl/store-sqlite'
import { startCluster, startRedis } from '@rl/test-servers'
import { Cluster, Redis } from 'ioredis'
import { expect, it } from 'vitest'

import { RedisStore } from './redis-store.ts'

const STEPS = 10_000
const SEED = 20_261_123

/** The generator mulberry32: the same numbers for the same seed, everywhere. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

it(
  'memory, SQLite, Redis and a cluster of three answer the same history alike, step by step',
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'same-history-'))
    const [server, cluster] = await Promise.all([startRedis(), startCluster()])
    const client = new Redis(server.url)
    const clusterClient = new Cluster([...cluster.nodes])
    let now = 1_700_000_000_000
    const clock = () => now
    const stores: Store[] = [
      new MemoryStore({ clock }),
      new SqliteStore({ path: join(folder, 'history.db'), clock }),
      new RedisStore({ client, clock }),
      new RedisStore({ client: clusterClient, clock }),
    ]
    const random = randomOf(SEED)
    const names = Object.keys(algorithms)

    const chargeOf = (): Charge => ({
      key: `key ${random(8)}`,
      limit: {
        algorithm: names[random(names.length)]!,
        quota: 1 + random(9),
        windowMs: [1000, 1000, 7919, 60_000][random(4)]!,
      },
      cost: random(4),
    })

    async function step(): Promise<unknown[]> {
      // Mostly forward. A state that was over before the clock stepped back may be there still, or not, so not that far.
      now += random(50) === 0 ? -random(20) : random(200)
      const charges = Array.from({ length: 1 + random(3) }, chargeOf)
      const kind = random(20)
      return Promise.all(
        stores.map(async (store) => {
          if (kind === 0) return store.reset(charges[0]!.key)
          if (kind < 3) return store.refund(charges)
          return kind < 6 ? store.peek(charges) : store.consume(charges)
        }),
      )
    }

    try {
      for (let i = 0; i < STEPS; i++) {
        const [memory, ...others] = await step()
        for (const answer of others) expect(answer, `step ${i}`).toEqual(memory)
      }
    } finally {
      for (const store of stores) await store.close()
      client.disconnect()
      clusterClient.disconnect()
      await Promise.all([server.stop(), cluster.stop()])
      rmSync(folder, { recursive: true })
    }
  },
)
