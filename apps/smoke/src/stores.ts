import { randomUUID } from 'node:crypto'

import type { Store } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { RedisStore } from '@rl/store-redis'
import { Redis } from 'ioredis'

/** A fresh store, and how to let go of it. */
interface OpenStore {
  readonly name: string
  readonly store: Store
  readonly close: () => Promise<unknown>
}

/** Every store that this process can have. */
export async function openStores(): Promise<readonly OpenStore[]> {
  const stores = [openMemory()]
  const url = process.env['REDIS_URL']
  if (url !== undefined) stores.push(openRedis(url))
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  // The driver is written against Node-API 10, without which it crashes.
  if (major > 22 || (major === 22 && minor >= 14)) stores.push(await openSqlite())
  return stores
}

function openMemory(): OpenStore {
  const store = new MemoryStore()
  return { name: 'memory', store, close: async () => store.close() }
}

function openRedis(url: string): OpenStore {
  const client = new Redis(url)
  const store = new RedisStore({ client, prefix: randomUUID() })
  return { name: 'redis', store, close: () => client.quit() }
}

async function openSqlite(): Promise<OpenStore> {
  const { SqliteStore } = await import('@rl/store-sqlite')
  const store = new SqliteStore({ path: ':memory:' })
  return { name: 'sqlite', store, close: () => store.close() }
}
