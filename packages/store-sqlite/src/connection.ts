import { migrate } from './schema.ts'
import type { SqliteDatabase, SqliteStatement } from './sqlite-database.ts'
import { StateTable } from './state-table.ts'
import { Transactions } from './transactions.ts'

/** A database that has our tables, ready to be asked. */
export class Connection {
  readonly transactions: Transactions
  readonly states: StateTable
  readonly #touch: SqliteStatement

  constructor(database: SqliteDatabase) {
    this.transactions = new Transactions(database)
    migrate(database, this.transactions)
    this.states = new StateTable(database)
    this.#touch = database.prepare('UPDATE rl_schema SET version = version')
  }

  /** Writes something that changes nothing. */
  touch(): void {
    this.#touch.run()
  }
}
