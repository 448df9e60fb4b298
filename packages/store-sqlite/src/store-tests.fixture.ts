import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { parseLimit } from '@rl/core'
import type { Charge, Limit } from '@rl/core'
import Database from 'better-sqlite3'
import { afterAll, expect } from 'vitest'

import { SqliteStore } from './sqlite-store.ts'

/** Answers paths of files that are not there yet, and deletes them when the tests of the file are done. */
export function temporaryFiles(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'rl-'))
  let count = 0
  afterAll(() => rmSync(folder, { recursive: true }))
  return () => join(folder, `${(count += 1)}.db`)
}

/** What a query answers on a connection of its own: the first column of the first row. */
export function ask(path: string, sql: string): unknown {
  const database = new Database(path)
  try {
    const statement = database.prepare(sql)
    return statement.reader ? statement.pluck().get() : statement.run()
  } finally {
    database.close()
  }
}

export function charge(key: string, limit: Limit = parseLimit('5 per minute'), cost = 1): Charge[] {
  return [{ key, limit, cost }]
}

/** Matches a `StoreError` of this store. */
export function storeError(code: string, message: string): unknown {
  return expect.objectContaining({
    name: 'StoreError',
    code,
    store: 'sqlite',
    message: expect.stringContaining(message) as unknown,
  })
}

/** A store on a new file, with a clock that stands still until it is turned. */
export function storeAt(path: string) {
  const clock = { now: 1_700_000_000_000 }
  return { clock, path, store: new SqliteStore({ path, clock: () => clock.now }) }
}

interface TracedStore {
  readonly path: string
  readonly database: Database.Database
  readonly store: SqliteStore
  /** How often it has run a statement that begins like this. */
  readonly count: (start: string) => number
}

export function tracedStore(path: string): TracedStore {
  const statements: string[] = []
  const database = new Database(path, { timeout: 0, verbose: (sql) => statements.push(String(sql)) })
  const store = new SqliteStore({ database, clock: () => 0 })
  statements.length = 0
  return { path, database, store, count: (start) => statements.filter((sql) => sql.startsWith(start)).length }
}

/** A closed file that holds `user:0` to `user:1999`, from each of which one unit is spent. */
export async function filledFile(path: string): Promise<string> {
  const { store } = storeAt(path)
  await Promise.all(Array.from({ length: 2000 }, (_, i) => store.consume(charge(`user:${i}`))))
  await store.close()
  return path
}
