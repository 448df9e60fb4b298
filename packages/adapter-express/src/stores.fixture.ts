import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Store } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { RedisStore } from '@rl/store-redis'
import { SqliteStore } from '@rl/store-sqlite'
import { startRedis } from '@rl/test-servers'
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'

/** A store that has counted nothing yet. */
export interface TestStore {
  readonly store: Store
  readonly close: () => Promise<void>
}

let redis: ReturnType<typeof startRedis> | undefined
let clients = 0

afterAll(async () => (await redis)?.stop())

/** The stores that adapters are tested on. */
export const testStores: readonly (readonly [name: string, open: () => Promise<TestStore>])[] = [
  ['memory', openMemory],
  ['SQLite', openSqlite],
  ['Redis', openRedis],
]

async function openMemory(): Promise<TestStore> {
  const store = new MemoryStore()
  return { store, close: async () => store.close() }
}

async function openSqlite(): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-'))
  const store = new SqliteStore({ path: join(folder, 'counts.db') })
  const close = async (): Promise<void> => {
    await store.close()
    rmSync(folder, { recursive: true })
  }
  return { store, close }
}

async function openRedis(): Promise<TestStore> {
  redis ??= startRedis()
  const client = new Redis((await redis).url)
  clients += 1
  const store = new RedisStore({ client, prefix: `test${clients}` })
  const close = async (): Promise<void> => {
    store.close()
    client.disconnect()
  }
  return { store, close }
}
