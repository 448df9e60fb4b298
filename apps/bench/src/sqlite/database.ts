import Database from 'better-sqlite3'

/** A file, with what better-sqlite3 recommends, and what our store does as well. */
export function openDatabase(path: string): Database.Database {
  const database = new Database(path)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  return database
}
