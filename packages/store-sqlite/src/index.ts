export type { SqliteDatabase, SqliteParameter, SqliteStatement } from './sqlite-database.ts'
export { SqliteStore } from './sqlite-store.ts'
export type { SqliteStoreOptions } from './sqlite-store.ts'
