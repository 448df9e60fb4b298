import { isCoded, StoreError } from '@rl/core'
import type { StoreErrorCode } from '@rl/core'

interface Kind {
  readonly code: StoreErrorCode
  readonly what: string
}

const LOCKED: Kind = { code: 'RL_STORE_BUSY', what: 'is locked by another connection' }

/** By SQLite's primary result code (https://www.sqlite.org/rescode.html), as better-sqlite3 says it and as node:sqlite does. */
const KINDS = [
  { name: 'SQLITE_BUSY', number: 5, kind: LOCKED },
  { name: 'SQLITE_LOCKED', number: 6, kind: LOCKED },
  { name: 'SQLITE_PROTOCOL', number: 15, kind: LOCKED },
  { name: 'SQLITE_READONLY', number: 8, kind: { code: 'RL_STORE_READONLY', what: 'can be read, but not written' } },
  { name: 'SQLITE_FULL', number: 13, kind: { code: 'RL_STORE_FULL', what: 'has no room left to grow' } },
  { name: 'SQLITE_CORRUPT', number: 11, kind: { code: 'RL_STORE_CORRUPT', what: 'is damaged' } },
  { name: 'SQLITE_NOTADB', number: 26, kind: { code: 'RL_STORE_CORRUPT', what: 'is not a database' } },
] as const satisfies { readonly name: string; readonly number: number; readonly kind: Kind }[]

/** One of the library's own errors as it is; anything else as a `StoreError` that says what is wrong with the database. */
export function failureOf(error: unknown, database: string): Error {
  if (isCoded(error)) return error
  const { code, what } = kindOf(error) ?? { code: 'RL_STORE_FAILED', what: `failed: ${messageOf(error)}` }
  return new StoreError(code, 'sqlite', `The SQLite database ${database} ${what}`, { cause: error })
}

/** Whether the database only could not be had just then. */
export function isLocked(error: unknown): boolean {
  return error instanceof StoreError && error.code === LOCKED.code
}

function kindOf(error: unknown): Kind | undefined {
  const { code, errcode } = (error ?? {}) as { readonly code?: unknown; readonly errcode?: unknown }
  // An extended code has the primary one in its last byte, and in the first part of its name: SQLITE_BUSY_SNAPSHOT.
  if (typeof errcode === 'number') return KINDS.find(({ number }) => number === (errcode & 0xff))?.kind
  if (typeof code !== 'string') return undefined
  return KINDS.find(({ name }) => code === name || code.startsWith(`${name}_`))?.kind
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
