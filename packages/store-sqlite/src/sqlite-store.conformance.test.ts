import { DatabaseSync } from 'node:sqlite'

import { storeConformance } from '@rl/conformance'
import Database from 'better-sqlite3'

import { SqliteStore } from './sqlite-store.ts'
import { temporaryFiles } from './store-tests.fixture.ts'

const newPath = temporaryFiles()

storeConformance('the SQLite store', ({ clock }) => new SqliteStore({ path: newPath(), clock }))

storeConformance(
  'the SQLite store on a database of better-sqlite3',
  ({ clock }) => new SqliteStore({ database: new Database(newPath()), clock }),
)

storeConformance(
  'the SQLite store on a database of node:sqlite',
  ({ clock }) => new SqliteStore({ database: new DatabaseSync(newPath()), clock }),
)
