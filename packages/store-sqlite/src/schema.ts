import { StoreError } from '@rl/core'

import type { SqliteDatabase } from './sqlite-database.ts'
import type { Transactions } from './transactions.ts'

/**
 * What leads from each version to the next. What has been released is never changed; and a step that changes what a row
 * means renames the table too, so that a process which still runs the older version stops, and does not misread it.
 */
const STEPS = [
  `CREATE TABLE rl_states (
    key TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (key, algorithm)
  ) STRICT, WITHOUT ROWID`,
]

/**
 * Creates the tables, or brings them to this version. The version is kept in a table of ours, since the database may be
 * the caller's, and so may its `user_version` be.
 */
export function migrate(database: SqliteDatabase, transactions: Transactions): void {
  transactions.run('write', () => {
    database.exec('CREATE TABLE IF NOT EXISTS rl_schema (version INTEGER NOT NULL) STRICT')
    const row = database.prepare('SELECT version FROM rl_schema').get() as
      | { readonly version: number | bigint }
      | undefined
    const version = Number(row?.version ?? 0)
    if (version > STEPS.length) {
      throw new StoreError(
        'RL_STORE_FAILED',
        'sqlite',
        `Expected a database of version ${STEPS.length} or older, got version ${version}: a newer @rl/store-sqlite has written it`,
      )
    }
    for (const step of STEPS.slice(version)) database.exec(step)
    // Also where nothing has changed: that a database cannot be written is to show here, and not at the first call.
    database.exec(`DELETE FROM rl_schema; INSERT INTO rl_schema VALUES (${STEPS.length})`)
  })
}
