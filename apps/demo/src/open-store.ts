import type { Store } from '@rl/core'
import { MemoryStore } from '@rl/store-memory'
import { RedisStore } from '@rl/store-redis'
import { SqliteStore } from '@rl/store-sqlite'
import { Redis } from 'ioredis'

/** A store, in words, and how to let go of it. */
export interface OpenStore {
  readonly store: Store
  readonly description: string
  readonly close: () => Promise<void>
}

const KINDS = {
  memory: openMemory,
  sqlite: openSqlite,
  redis: openRedis,
} as const satisfies Record<string, (env: NodeJS.ProcessEnv) => OpenStore>

/** Opens the store that `STORE` names: memory, sqlite (which needs nothing and survives a restart) or redis. */
export function openStore(env: NodeJS.ProcessEnv): OpenStore {
  const kind = env['STORE'] ?? 'sqlite'
  if (!Object.hasOwn(KINDS, kind)) {
    throw new RangeError(`Expected STORE to be one of ${Object.keys(KINDS).join(', ')}, got \`${kind}\``)
  }
  return KINDS[kind as keyof typeof KINDS](env)
}

function openMemory(): OpenStore {
  const store = new MemoryStore()
  return { store, description: 'in memory', close: async () => store.close() }
}

function openSqlite(): OpenStore {
  const path = 'rate-limits.db'
  const store = new SqliteStore({ path })
  return {
    store,
    description: `in SQLite (${path}), so that a restart forgets nothing`,
    close: () => store.close(),
  }
}

function openRedis(env: NodeJS.ProcessEnv): OpenStore {
  const url = env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
  const client = new Redis(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 100 })
  // Each decision says for itself what became of it; the client would otherwise print every failed attempt.
  client.on('error', () => {})
  const store = new RedisStore({ client })
  const close = async (): Promise<void> => {
    store.close()
    client.disconnect()
  }
  return { store, description: `in Redis (${new URL(url).host})`, close }
}
