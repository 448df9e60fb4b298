import {
  checkCharge,
  checkFunction,
  checkOptions,
  ConfigError,
  isCoded,
  readClock,
  storageKey,
  StoreError,
} from '@rl/core'
import type { Charge, Clock, Store, StoreErrorCode, Verdict } from '@rl/core'

import { Batch } from './batch.ts'
import { CallQueue, Refusal } from './call-queue.ts'
import type { Call } from './call-queue.ts'
import { Connection } from './connection.ts'
import { DatabaseFile, givenDatabase } from './database-file.ts'
import type { DatabaseSource } from './database-file.ts'
import { failureOf, isLocked } from './failure.ts'
import type { SqliteDatabase } from './sqlite-database.ts'
import type { TransactionMode } from './transactions.ts'

/** Which file, and by which clock. */
export interface SqliteStoreOptions {
  /** The file to keep counts in; it is made if it is not there. @default 'rate-limits.db' */
  readonly path?: string
  /**
   * A database of your own instead, of better-sqlite3 or node:sqlite. The store adds two tables to it (`rl_states`,
   * `rl_schema`), changes none of its settings, and never closes it.
   */
  readonly database?: SqliteDatabase
  /** @default Date.now */
  readonly clock?: Clock
}

const OPTIONS = { path: true, database: true, clock: true } as const satisfies Record<keyof SqliteStoreOptions, true>
const DEFAULT_PATH = 'rate-limits.db'

/** Failures that say nothing against the open file; after any other it is opened afresh, since that may be the cure. */
const PASSING: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>(['RL_STORE_BUSY', 'RL_STORE_FULL'])

/**
 * Keeps counts in an SQLite file, which survives the process and which other processes on the machine may share.
 *
 * Calls made in the same turn of the event loop share one transaction, each answered on its own once that is written.
 *
 * @example
 * ```ts
 * import { RateLimiter } from '@rl/core'
 * import { SqliteStore } from '@rl/store-sqlite'
 *
 * const limiter = new RateLimiter({ store: new SqliteStore({ path: 'rate-limits.db' }) })
 * ```
 */
export class SqliteStore implements Store {
  /** Nothing: its file is a place of its own. */
  readonly prefix = ''
  readonly #source: DatabaseSource
  readonly #clock: Clock
  readonly #calls = new CallQueue<Batch>((calls) => this.#decideAll(calls))
  #connection: Connection | undefined
  #closing: Promise<void> | undefined

  /**
   * @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION`
   * @throws {StoreError} if the database cannot be opened, or cannot be written to.
   */
  constructor(options: SqliteStoreOptions = {}) {
    checkOptions('SqliteStore', options, OPTIONS)
    checkFunction('clock', options.clock)
    this.#clock = options.clock ?? Date.now
    this.#source = sourceOf(options)
    try {
      this.#connect()
    } catch (error) {
      const failure = failureOf(error, this.#source.name)
      // Somebody else may be making the file at this moment: the first call goes on trying.
      if (isLocked(failure)) return
      this.#disconnect()
      throw failure
    }
  }

  consume(charges: readonly Charge[]): Promise<readonly Verdict[]> {
    return this.#ask('write', charges, (batch, named) => batch.consume(named))
  }

  peek(charges: readonly Charge[]): Promise<readonly Verdict[]> {
    return this.#ask('read', charges, (batch, named) => batch.peek(named))
  }

  refund(charges: readonly Charge[]): Promise<void> {
    return this.#ask('write', charges, (batch, named) => batch.refund(named))
  }

  async reset(key: string): Promise<void> {
    this.#checkOpen()
    const name = storageKey(key)
    return this.#calls.add('write', (batch) => batch.reset(name))
  }

  /** Resolves once something has been written: a full disk, for one, shows only then. */
  async ping(): Promise<void> {
    this.#checkOpen()
    return this.#calls.add('write', () => this.#connect().touch())
  }

  /**
   * Deletes what does not matter any more, out of the next thousand rows, going on where the last call stopped. The
   * store does so by itself while it is written to; call it to be sooner.
   *
   * @returns whether all rows have been looked at.
   */
  async sweep(): Promise<boolean> {
    this.#checkOpen()
    return this.#calls.add('write', (batch) => batch.sweep())
  }

  /** Answers what was asked before, then closes the file. A database that was passed in stays open. */
  close(): Promise<void> {
    return (this.#closing ??= this.#calls.drain().then(() => this.#disconnect()))
  }

  /** Not `async`, which would make a second promise for each decision. */
  #ask<T>(
    mode: TransactionMode,
    charges: readonly Charge[],
    decide: (batch: Batch, named: readonly Charge[]) => T,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#checkOpen()
      charges.forEach(checkCharge)
      const named = charges.map((charge) => ({ ...charge, key: storageKey(charge.key) }))
      this.#calls.push({ mode, decide: (batch) => decide(batch, named), resolve, reject })
    })
  }

  #checkOpen(): void {
    if (this.#closing) {
      throw new StoreError('RL_STORE_CLOSED', 'sqlite', 'The SQLite store was used after it was closed')
    }
  }

  #decideAll(calls: readonly Call<Batch>[]): readonly unknown[] {
    try {
      const { transactions, states } = this.#connect()
      const mode = calls.some((call) => call.mode === 'write') ? 'write' : 'read'
      return transactions.run(mode, () => {
        this.#source.check()
        const batch = new Batch(states, readClock(this.#clock))
        const answers = calls.map((call) => answerOf(call, batch))
        batch.save()
        return answers
      })
    } catch (error) {
      const failure = failureOf(error, this.#source.name)
      if (failure instanceof StoreError && !PASSING.has(failure.code)) this.#disconnect()
      throw failure
    }
  }

  #connect(): Connection {
    return (this.#connection ??= new Connection(this.#source.open()))
  }

  #disconnect(): void {
    this.#connection = undefined
    this.#source.close()
  }
}

function sourceOf({ path, database }: SqliteStoreOptions): DatabaseSource {
  if (path !== undefined && database !== undefined) refuse('Expected `path` or `database`, got both')
  if (database === undefined) {
    if (path !== undefined && (typeof path !== 'string' || path.trim() === '')) {
      refuse('Expected `path` to be the name of a file')
    }
    return new DatabaseFile(path ?? DEFAULT_PATH)
  }
  if (typeof database?.prepare !== 'function' || typeof database.exec !== 'function') {
    refuse('Expected `database` to be an open database, with the methods exec and prepare')
  }
  return givenDatabase(database)
}

function refuse(message: string): never {
  throw new ConfigError('RL_INVALID_OPTION', message)
}

/** The answer to one call. Where only that call is at fault, the others are none the worse. */
function answerOf(call: Call<Batch>, batch: Batch): unknown {
  try {
    return call.decide(batch)
  } catch (error) {
    if (!isCoded(error)) throw error
    return new Refusal(error)
  }
}
