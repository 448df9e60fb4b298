import type { SqliteDatabase, SqliteParameter, SqliteStatement } from './sqlite-database.ts'

const FIRST_KEY = ''

/**
 * Goes round and round the rows, some at a time, and deletes those that have expired. So no index is needed, which
 * would double the cost of every write.
 *
 * Keys are handed back as bytes: node:sqlite on Node 22 cuts a text at its first NUL.
 */
export class Sweep {
  readonly #selectAhead: SqliteStatement
  readonly #deleteRange: SqliteStatement
  readonly #deleteRest: SqliteStatement
  #from: SqliteParameter

  constructor(database: SqliteDatabase, from: string = FIRST_KEY) {
    const rows = 'FROM rl_states WHERE key >= CAST(? AS TEXT)'
    this.#selectAhead = database.prepare(`SELECT CAST(key AS BLOB) AS bytes ${rows} ORDER BY key LIMIT 1 OFFSET ?`)
    this.#deleteRange = database.prepare(`DELETE ${rows} AND key < CAST(? AS TEXT) AND expires_at <= ?`)
    this.#deleteRest = database.prepare(`DELETE ${rows} AND expires_at <= ?`)
    this.#from = from
  }

  /** Looks at the next few rows. Answers whether they were the last; then the first are next. */
  step(now: number, rows: number): boolean {
    const ahead = this.#selectAhead.get(this.#from, rows) as { readonly bytes: Uint8Array } | undefined
    if (ahead) this.#deleteRange.run(this.#from, ahead.bytes, now)
    else this.#deleteRest.run(this.#from, now)
    this.#from = ahead?.bytes ?? FIRST_KEY
    return ahead === undefined
  }
}
