/** What the store needs of a database: `Database` of better-sqlite3 has it, and `DatabaseSync` of node:sqlite. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
}

/** A prepared statement: `get` answers the first row as an object, or `undefined`. */
export interface SqliteStatement {
  get(...parameters: SqliteParameter[]): unknown
  run(...parameters: SqliteParameter[]): unknown
}

/** What a statement is given. */
export type SqliteParameter = string | number | Uint8Array
