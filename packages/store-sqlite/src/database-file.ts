import { rmSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { resolve } from 'node:path'

import { StoreError } from '@rl/core'
import Database from 'better-sqlite3'

import type { SqliteDatabase } from './sqlite-database.ts'

/** Where the store has its database from. */
export interface DatabaseSource {
  /** As messages call it. */
  readonly name: string
  /** Answers the database, opened if need be. */
  open(): SqliteDatabase
  /** Throws if the open database is not the one any more that others would open. */
  check(): void
  /** Lets go of what `open` has opened; it may be called again. */
  close(): void
}

const IN_MEMORY = ':memory:'
const LOGS = ['-wal', '-shm']

/**
 * Rows are small and far apart, so that a smaller page means less to write for each; the write-ahead log is copied into
 * the file after as many bytes as by default. The last statement only makes SQLite open the log.
 */
const SETTINGS = `
  PRAGMA page_size = 1024;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 4000;
  SELECT 1 FROM sqlite_schema;
`

/** A database file that the store opens, and opens again where another has taken its place. */
export class DatabaseFile implements DatabaseSource {
  readonly name: string
  #database: Database.Database | undefined
  #file: Stats | undefined
  #logs: readonly (Stats | undefined)[] = []

  constructor(path: string) {
    this.name = path === IN_MEMORY ? path : resolve(path).trim()
  }

  open(): SqliteDatabase {
    // SQLite would stop the event loop to wait for a lock, so it is not to wait.
    this.#database ??= new Database(this.name, { timeout: 0 })
    this.#database.exec(SETTINGS)
    this.#file = this.#stat()
    this.#logs = LOGS.map((log) => this.#stat(log))
    return this.#database
  }

  /** SQLite would go on writing to a file that nobody can open any more, and say nothing. */
  check(): void {
    const file = this.#stat()
    if (isSame(file, this.#file)) return
    this.#discardLogs()
    const what = file ? 'has been replaced by another file' : 'is not there any more'
    throw new StoreError('RL_STORE_MOVED', 'sqlite', `The SQLite database ${this.name} ${what}`)
  }

  close(): void {
    const database = this.#database
    this.#database = undefined
    database?.close()
  }

  /** Logs go by their name: left there, those of the old file would be taken for the new one's, and copied into it. */
  #discardLogs(): void {
    for (const [i, log] of LOGS.entries()) {
      const found = this.#stat(log)
      if (found && isSame(found, this.#logs[i])) rmSync(this.name + log, { force: true })
    }
  }

  #stat(end = ''): Stats | undefined {
    return this.name === IN_MEMORY ? undefined : statSync(this.name + end, { throwIfNoEntry: false })
  }
}

/** A database that is its owner's to open, to set up, to look after and to close. */
export function givenDatabase(database: SqliteDatabase): DatabaseSource {
  return { name: 'that was passed in', open: () => database, check: () => {}, close: () => {} }
}

function isSame(a: Stats | undefined, b: Stats | undefined): boolean {
  return a?.ino === b?.ino && a?.dev === b?.dev
}
