import { existsSync } from 'node:fs'

import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'

import { SqliteStore } from './sqlite-store.ts'
import { ask, charge, storeAt, storeError, temporaryFiles, tracedStore } from './store-tests.fixture.ts'

const newPath = temporaryFiles()

describe('closing', () => {
  it('answers what was asked before, then lets go of the file', async () => {
    const { path, store } = storeAt(newPath())
    const calls = Array.from({ length: 1000 }, (_, i) => store.consume(charge(`user:${i}`)))
    const closed = store.close()
    await expect(store.consume(charge('late'))).rejects.toMatchObject({ code: 'RL_STORE_CLOSED', store: 'sqlite' })
    await closed
    expect(await Promise.all(calls)).toHaveLength(1000)
    expect(existsSync(path)).toBe(true)
    expect(existsSync(`${path}-wal`)).toBe(false)
    await store.close()
  })

  it.each<[string, (store: SqliteStore) => Promise<unknown>]>([
    ['consume', async (store) => store.consume(charge('a'))],
    ['peek', async (store) => store.peek(charge('a'))],
    ['refund', async (store) => store.refund(charge('a'))],
    ['reset', async (store) => store.reset('a')],
    ['ping', async (store) => store.ping()],
    ['sweep', async (store) => store.sweep()],
  ])('leaves nothing to ask for: %s', async (_what, act) => {
    const { store } = storeAt(newPath())
    await store.close()
    await expect(act(store)).rejects.toEqual(storeError('RL_STORE_CLOSED', 'after it was closed'))
  })

  it('leaves a database open that was passed in', async () => {
    const { database, store } = tracedStore(newPath())
    await store.consume(charge('a'))
    await store.close()
    expect(database.prepare('SELECT count(*) FROM rl_states').pluck().get()).toBe(1)
  })

  it('answers at once, so that the owner may close the database right after', async () => {
    const { database, path, store } = tracedStore(newPath())
    const answer = store.consume(charge('a'))
    const closed = store.close()
    database.close()
    expect((await answer)[0]).toMatchObject({ remaining: 4 })
    await closed
    expect(ask(path, 'SELECT count(*) FROM rl_states')).toBe(1)
  })
})

describe('a charge that is none', () => {
  it.each([null, undefined, 7])('is refused as such: %j', async (none) => {
    const { store } = storeAt(newPath())
    await expect(store.consume([none as never])).rejects.toMatchObject({ code: 'RL_INVALID_KEY' })
    await store.close()
  })
})

describe('without a clock of its own', () => {
  it('goes by that of the machine', async () => {
    const store = new SqliteStore({ path: newPath() })
    const before = Date.now()
    const [verdict] = await store.consume(charge('a'))
    expect(verdict!.at).toBeGreaterThanOrEqual(before)
    expect(verdict!.at).toBeLessThanOrEqual(Date.now())
    await store.close()
  })
})

describe('what may write', () => {
  it.each<[string, (store: SqliteStore) => Promise<unknown>]>([
    ['a refund', async (store) => store.refund(charge('a'))],
    ['a reset', async (store) => store.reset('a')],
    ['a ping', async (store) => store.ping()],
    ['a sweep', async (store) => store.sweep()],
  ])('begins so, lest another connection writes in between: %s', async (_what, act) => {
    const { store, count } = tracedStore(newPath())
    await act(store)
    expect([count('BEGIN IMMEDIATE'), count('BEGIN')]).toEqual([1, 1])
  })

  it('does write, where it is a ping', async () => {
    const { store, count } = tracedStore(newPath())
    await store.ping()
    expect(count('UPDATE')).toBe(1)
  })
})

describe('an SQLite store is not built', () => {
  it.each<[string, object]>([
    ['with a path that is no string', { path: 42 }],
    ['with an empty path', { path: ' ' }],
    ['with a database that is none', { database: {} }],
    ['with a database that runs no script', { database: { prepare: () => {} } }],
    ['with null for a database', { database: null }],
    ['with a path and a database', { path: 'x.db', database: new Database(':memory:') }],
    ['with a clock that is no function', { clock: 1000 }],
  ])('%s', (_what, options) => {
    expect(() => new SqliteStore(options)).toThrow(expect.objectContaining({ code: 'RL_INVALID_OPTION' }))
  })

  it('with an unknown option', () => {
    const misspelt: object = { file: 'x.db' }
    expect(() => new SqliteStore(misspelt)).toThrow(expect.objectContaining({ code: 'RL_UNKNOWN_OPTION' }))
  })
})
