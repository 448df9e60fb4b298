import { isStateOf, StoreError } from '@rl/core'
import type { State } from '@rl/core'

import type { SqliteDatabase, SqliteStatement } from './sqlite-database.ts'
import { Sweep } from './sweep.ts'

/** More rows are looked at than can be added meanwhile, so that there are never many more than matter. */
const SWEPT_PER_WRITE = 2
const WRITES_PER_SWEEP = 16
const SWEPT_PER_CALL = 1000

/** The rows of `rl_states`. */
export class StateTable {
  readonly #database: SqliteDatabase
  readonly #select: SqliteStatement
  readonly #replace: SqliteStatement
  readonly #delete: SqliteStatement
  readonly #deleteKey: SqliteStatement
  readonly #sweep: Sweep
  #sweepInPassing: Sweep | undefined
  #unsweptWrites = 0

  constructor(database: SqliteDatabase) {
    this.#database = database
    this.#select = database.prepare('SELECT state FROM rl_states WHERE key = ? AND algorithm = ?')
    // All columns are given, so that to replace is to update; as measured, in a fifth less time than ON CONFLICT DO UPDATE.
    this.#replace = database.prepare(
      'INSERT OR REPLACE INTO rl_states (key, algorithm, state, expires_at) VALUES (?, ?, ?, ?)',
    )
    this.#delete = database.prepare('DELETE FROM rl_states WHERE key = ? AND algorithm = ?')
    this.#deleteKey = database.prepare('DELETE FROM rl_states WHERE key = ?')
    this.#sweep = new Sweep(database)
  }

  read(key: string, algorithm: string): State | undefined {
    const row = this.#select.get(key, algorithm) as { readonly state: string } | undefined
    return row && parseState(row.state, algorithm)
  }

  write(key: string, algorithm: string, state: State, expiresAt: number): void {
    this.#replace.run(key, algorithm, JSON.stringify(state), expiresAt)
    this.#unsweptWrites += 1
    // From the first row, a process that does not live to see the last would leave it to nobody.
    this.#sweepInPassing ??= new Sweep(this.#database, key)
  }

  delete(key: string, algorithm: string): void {
    this.#delete.run(key, algorithm)
  }

  /** Deletes a key under all algorithms, also such as this version does not know. */
  deleteKey(key: string): void {
    this.#deleteKey.run(key)
  }

  /** Deletes the expired ones of the next rows. Answers whether all have been looked at. */
  sweep(now: number): boolean {
    return this.#sweep.step(now, SWEPT_PER_CALL)
  }

  /** Deletes expired rows in proportion to what was written since. */
  sweepInPassing(now: number): void {
    if (this.#unsweptWrites < WRITES_PER_SWEEP) return
    this.#sweepInPassing?.step(now, SWEPT_PER_WRITE * this.#unsweptWrites)
    this.#unsweptWrites = 0
  }
}

function parseState(text: string, algorithm: string): State {
  try {
    const state: unknown = JSON.parse(text)
    if (isStateOf(algorithm, state)) return state
  } catch {
    // As bad as what can be parsed and is no state.
  }
  throw new StoreError('RL_STORE_CORRUPT', 'sqlite', `The SQLite store holds a row of ${algorithm} that is no state`)
}
