import type { SqliteDatabase, SqliteStatement } from './sqlite-database.ts'

/** Whether a transaction only reads, which nobody has to wait for, or may write. */
export type TransactionMode = 'read' | 'write'

/** Runs work that stands as a whole or not at all. */
export class Transactions {
  readonly #begin: Readonly<Record<TransactionMode, SqliteStatement>>
  readonly #commit: SqliteStatement
  readonly #rollback: SqliteStatement

  constructor(database: SqliteDatabase) {
    this.#begin = { read: database.prepare('BEGIN'), write: database.prepare('BEGIN IMMEDIATE') }
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
  }

  run<T>(mode: TransactionMode, work: () => T): T {
    this.#begin[mode].run()
    try {
      const result = work()
      this.#commit.run()
      return result
    } catch (error) {
      this.#rollBack()
      throw error
    }
  }

  #rollBack(): void {
    try {
      this.#rollback.run()
    } catch {
      // After some failures, such as a full disk, SQLite has already rolled back by itself.
    }
  }
}
