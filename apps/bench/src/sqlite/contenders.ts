import { SqliteStore } from '@rl/store-sqlite'
import Database from 'better-sqlite3'
import { RateLimiterSQLite } from 'rate-limiter-flexible'

import { askEach } from '../contender.ts'
import type { Ask, Contender, Quota } from '../contender.ts'

/** How long our store pauses at most before it tries again. */
const LONGEST_PAUSE_MS = 3

/** A file, with what better-sqlite3 recommends, and what our store does as well. */
function openDatabase(path: string): Database.Database {
  const database = new Database(path)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  return database
}

interface Counter {
  readonly database: Database.Database
  readonly count: (key: string) => number
}

/** A count for each key, and no end to it. */
function counterOf(path: string): Counter {
  const database = openDatabase(path)
  database.exec('CREATE TABLE IF NOT EXISTS counts (key TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID')
  const upsert = database
    .prepare<[string], number>(
      'INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count',
    )
    .pluck()
  return { database, count: (key) => upsert.get(key)! }
}

export const upsert: Contender<string> = {
  name: 'upsert, autocommit',
  make({ quota }, path) {
    const { count } = counterOf(path)
    return askEach((key) => count(key) <= quota)
  },
}

/** The upserts of one turn of the event loop are one transaction. */
const batchedUpsert: Contender<string> = {
  name: 'upsert, batched',
  make: ({ quota }, path) => batchOf(quota, counterOf(path)),
}

/** SQLite waits for a lock by stopping the event loop, and may sleep for long. This one tries again by itself, as our store does. */
const patientUpsert: Contender<string> = {
  name: 'upsert, batched, waits by a timer',
  make({ quota }, path) {
    const counter = counterOf(path)
    counter.database.pragma('busy_timeout = 0')
    return batchOf(quota, counter)
  },
}

function batchOf(quota: number, { database, count }: Counter): Ask {
  let waiting: { readonly key: string; readonly resolve: (count: number) => void }[] = []
  const countAll = database.transaction((keys: readonly string[]) => keys.map(count))
  const flush = (): void => {
    const batch = waiting
    let counts
    try {
      // Immediate: a transaction that begins by reading cannot wait for another process.
      counts = countAll.immediate(batch.map(({ key }) => key))
    } catch (error) {
      if (!isLocked(error)) throw error
      setTimeout(flush, LONGEST_PAUSE_MS * Math.random())
      return
    }
    waiting = []
    batch.forEach(({ resolve }, i) => resolve(counts[i]!))
  }
  return askEach(async (key) => {
    const counted = new Promise<number>((resolve) => {
      if (waiting.push({ key, resolve }) === 1) setImmediate(flush)
    })
    return (await counted) <= quota
  })
}

function isLocked(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY'
}

const sqliteStore: Contender<string> = {
  name: '**ours**, fixed-window',
  ours: true,
  make({ quota, windowMs }, path) {
    const store = new SqliteStore({ path })
    const limit = { algorithm: 'fixed-window', quota, windowMs }
    return askEach(async (key) => {
      const [verdict] = await store.consume([{ key, limit, cost: 1 }])
      return verdict!.allowed
    })
  },
}

const rateLimiterFlexible: Contender<string> = {
  name: 'rate-limiter-flexible, better-sqlite3',
  async make({ quota, windowMs }, path) {
    const limiter = await new Promise<RateLimiterSQLite>((resolve, reject) => {
      const made = new RateLimiterSQLite(
        {
          storeClient: openDatabase(path),
          storeType: 'better-sqlite3',
          tableName: 'rate_limits',
          points: quota,
          duration: windowMs / 1000,
        },
        (error) => (error ? reject(error) : resolve(made)),
      )
    })
    return askEach(async (key) => {
      try {
        await limiter.consume(key)
        return true
      } catch (error) {
        // It rejects with its result, which is no error, where it denies.
        if (error instanceof Error) throw error
        return false
      }
    })
  },
}

export const PLENTY: Quota = { quota: 1_000_000_000, windowMs: 3_600_000 }

export const CONTENDERS: readonly Contender<string>[] = [
  upsert,
  batchedUpsert,
  patientUpsert,
  sqliteStore,
  rateLimiterFlexible,
]
