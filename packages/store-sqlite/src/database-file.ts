import { existsSync, realpathSync, rmSync, statSync } from 'node:fs'
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

/**
 * Rows are small and far apart, so that a smaller page means less to write for each. The log is copied into the file
 * every 8 MB, twice the default: hot pages are copied less often, and no copy takes much longer. The last statement only
 * makes SQLite open the log.
 */
const SETTINGS = `
  PRAGMA page_size = 1024;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 8000;
  SELECT 1 FROM sqlite_schema;
`

/** A file as it was when the database was opened. */
interface KnownFile {
  readonly path: string
  readonly stats: Stats | undefined
}

/** A database file that the store opens, and opens again where another has taken its place. */
export class DatabaseFile implements DatabaseSource {
  readonly name: string
  #database: Database.Database | undefined
  #file: KnownFile | undefined
  #logs: readonly KnownFile[] = []

  constructor(path: string) {
    this.name = path === IN_MEMORY ? path : resolve(path).trim()
  }

  open(): SqliteDatabase {
    // SQLite would stop the event loop to wait for a lock, so it is not to wait.
    this.#database ??= new Database(this.name, { timeout: 0 })
    this.#database.exec(SETTINGS)
    if (this.name !== IN_MEMORY) {
      this.#file = known(this.name)
      // Behind a link, they are named after the file that it leads to.
      const path = realpathSync(this.name)
      this.#logs = [known(`${path}-wal`), known(`${path}-shm`)]
    }
    return this.#database
  }

  /** SQLite would go on writing to a file that nobody can open any more, and say nothing. */
  check(): void {
    if (!this.#isTakenAway()) return
    this.#removeLogs()
    const what = existsSync(this.name) ? 'has been replaced by another file' : 'is not there any more'
    throw new StoreError('RL_STORE_MOVED', 'sqlite', `The SQLite database ${this.name} ${what}`)
  }

  close(): void {
    const database = this.#database
    this.#database = undefined
    if (database && this.#isTakenAway()) this.#removeLogs()
    database?.close()
  }

  #isTakenAway(): boolean {
    return this.#file !== undefined && !isUnchanged(this.#file)
  }

  /** They go by their names: left there, they would be taken for the next file's, and be copied into it. */
  #removeLogs(): void {
    for (const log of this.#logs) if (isUnchanged(log)) rmSync(log.path, { force: true })
  }
}

/** A database that is its owner's to open, to set up, to look after and to close. */
export function givenDatabase(database: SqliteDatabase): DatabaseSource {
  return { name: 'that was passed in', open: () => database, check: () => {}, close: () => {} }
}

function known(path: string): KnownFile {
  return { path, stats: statSync(path, { throwIfNoEntry: false }) }
}

function isUnchanged({ path, stats }: KnownFile): boolean {
  const now = known(path).stats
  return now?.ino === stats?.ino && now?.dev === stats?.dev
}
