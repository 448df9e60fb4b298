import Database from 'better-sqlite3'

import { askEach } from '../contender.ts'
import type { Ask, Contender } from '../contender.ts'
import { openDatabase } from './database.ts'

/** How long our store pauses at most before it tries again. */
const LONGEST_PAUSE_MS = 3

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
export const batchedUpsert: Contender<string> = {
  name: 'upsert, batched',
  make({ quota }, path) {
    const { database, count } = counterOf(path)
    return askInBatches(database, (key) => count(key) <= quota)
  },
}

/** Likewise, with three for each decision. It denies without taking back what it has counted. */
export const threeUpserts: Contender<string> = {
  name: 'upsert, three, batched',
  make({ quota }, path) {
    const { database, count } = counterOf(path)
    return askInBatches(database, (key) => {
      const [hard, medium, soft] = [count(`a|${key}`), count(`b|${key}`), count(`c|${key}`)]
      return hard <= quota && medium <= 10 * quota && soft <= 100 * quota
    })
  },
}

/**
 * SQLite waits for a lock by stopping the event loop, and may sleep for long. This one tries again by itself, as
 * our store does where trying ten times in a row was in vain.
 */
export const patientUpsert: Contender<string> = {
  name: 'upsert, batched, waits by a timer',
  make({ quota }, path) {
    const { database, count } = counterOf(path)
    database.pragma('busy_timeout = 0')
    return askInBatches(database, (key) => count(key) <= quota)
  },
}

/** Asks for all keys of one turn of the event loop in one transaction. */
function askInBatches(database: Database.Database, admits: (key: string) => boolean): Ask {
  let waiting: { readonly key: string; readonly resolve: (isAdmitted: boolean) => void }[] = []
  const askAll = database.transaction((keys: readonly string[]) => keys.map(admits))
  const flush = (): void => {
    const batch = waiting
    let answers
    try {
      // Immediate: a transaction that begins by reading cannot wait for another process.
      answers = askAll.immediate(batch.map(({ key }) => key))
    } catch (error) {
      if (!isLocked(error)) throw error
      setTimeout(flush, LONGEST_PAUSE_MS * Math.random())
      return
    }
    waiting = []
    batch.forEach(({ resolve }, i) => resolve(answers[i]!))
  }
  return askEach(
    async (key) =>
      new Promise<boolean>((resolve) => {
        if (waiting.push({ key, resolve }) === 1) setImmediate(flush)
      }),
  )
}

function isLocked(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY'
}
