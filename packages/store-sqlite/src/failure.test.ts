import { closeSync, copyFileSync, openSync, renameSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'

import { failureOf } from './failure.ts'
import { SqliteStore } from './sqlite-store.ts'
import { charge, filledFile, storeAt, storeError, temporaryFiles } from './store-tests.fixture.ts'

const newPath = temporaryFiles()
const clock = () => 0

function overwrite(path: string, from: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(statSync(path).size - from, '?'), 0, undefined, from)
  closeSync(file)
}

const drivers = [
  ['better-sqlite3', (path: string) => new Database(path, { timeout: 0 })],
  ['node:sqlite', (path: string) => new DatabaseSync(path)],
] as const

describe('a database without room', () => {
  it.each(drivers)('is RL_STORE_FULL, and nothing is half written (%s)', async (_driver, open) => {
    const path = newPath()
    const database = open(path)
    const store = new SqliteStore({ database, clock })
    await store.consume(charge('first'))
    database.exec('PRAGMA max_page_count = 10')
    const calls = (round: number) =>
      Promise.allSettled(Array.from({ length: 64 }, (_, i) => store.consume(charge(`${round}:${i}`))))
    let round = 0
    let answers = await calls(round)
    while (answers[0]!.status === 'fulfilled') answers = await calls((round += 1))
    expect(round).toBeGreaterThan(1)
    for (const answer of answers) {
      expect(answer).toEqual({ status: 'rejected', reason: storeError('RL_STORE_FULL', 'no room') })
    }
    // Whoever only looks still writes nothing, so that no lock keeps it waiting.
    const other = new Database(path)
    other.exec('BEGIN IMMEDIATE')
    expect((await store.peek(charge('first')))[0]).toMatchObject({ remaining: 3 })
    other.close()
    expect((await store.consume(charge('first')))[0]).toMatchObject({ remaining: 3 })

    database.exec('PRAGMA max_page_count = 1000000')
    for (const answer of await calls(round)) {
      expect(answer).toMatchObject({ status: 'fulfilled', value: [{ remaining: 4 }] })
    }
    expect(database.prepare('SELECT count(*) AS rows FROM rl_states').get()).toEqual({ rows: 64 * (round + 1) + 1 })
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    database.close()
  })
})

function extendedCodeOf(error: unknown): unknown {
  const { code, errcode } = error as { readonly code: string; readonly errcode?: number }
  return errcode ?? code
}

describe('a failure', () => {
  it.each(drivers)('is told by its primary code where it has an extended one (%s)', (_driver, open) => {
    const path = newPath()
    const [one, other] = [open(path), open(path)]
    one.exec('PRAGMA journal_mode = WAL; CREATE TABLE theirs (x); BEGIN; SELECT * FROM theirs')
    other.exec('INSERT INTO theirs VALUES (1)')
    const write = (): never => {
      try {
        one.exec('INSERT INTO theirs VALUES (2)')
      } catch (error) {
        expect(['SQLITE_BUSY_SNAPSHOT', 517]).toContain(extendedCodeOf(error))
        throw failureOf(error, path)
      }
      throw new Error('It was written')
    }
    expect(write).toThrow(storeError('RL_STORE_BUSY', 'locked'))
    one.close()
    other.close()
  })

  it.each(drivers)('of a kind that nobody foresaw is RL_STORE_FAILED (%s)', async (_driver, open) => {
    const database = open(newPath())
    const store = new SqliteStore({ database })
    database.exec('DROP TABLE rl_states')
    await expect(store.consume(charge('a'))).rejects.toEqual(storeError('RL_STORE_FAILED', 'no such table'))
    database.close()
  })
})

describe('a damaged file', () => {
  it('is RL_STORE_CORRUPT until it is put right', async () => {
    const path = await filledFile(newPath())
    copyFileSync(path, `${path}.backup`)
    overwrite(path, 2048)
    const { store } = storeAt(path)
    const answers = await Promise.allSettled([store.consume(charge('user:1')), store.consume(charge('new'))])
    for (const answer of answers) {
      expect(answer).toEqual({ status: 'rejected', reason: storeError('RL_STORE_CORRUPT', 'damaged') })
    }
    renameSync(`${path}.backup`, path)
    expect((await store.consume(charge('user:1')))[0]).toMatchObject({ remaining: 3 })
    await store.close()
  })

  it.each([
    ['a text', 'These are not the rows you are looking for.\n'.repeat(200)],
    ['a word', 'hello'],
  ])('is RL_STORE_CORRUPT where it is %s, and stays as it is', (_what, content) => {
    const path = newPath()
    writeFileSync(path, content)
    expect(() => new SqliteStore({ path })).toThrow(storeError('RL_STORE_CORRUPT', 'not a database'))
    expect(statSync(path).size).toBe(content.length)
  })
})

describe('a database that may only be read', () => {
  it('is RL_STORE_READONLY', async () => {
    const path = await filledFile(newPath())
    const better = new Database(path, { readonly: true })
    expect(() => new SqliteStore({ database: better })).toThrow(storeError('RL_STORE_READONLY', 'not written'))
    better.close()
    const node = new DatabaseSync(path, { readOnly: true })
    expect(() => new SqliteStore({ database: node })).toThrow(storeError('RL_STORE_READONLY', 'not written'))
    node.close()
  })
})

describe('a database that its owner', () => {
  it('has closed is RL_STORE_FAILED', async () => {
    const database = new Database(newPath())
    const store = new SqliteStore({ database })
    database.close()
    await expect(store.consume(charge('a'))).rejects.toEqual(storeError('RL_STORE_FAILED', 'not open'))
    await expect(store.ping()).rejects.toMatchObject({ cause: expect.any(TypeError) })
    await store.close()
  })

  it('has a transaction open on is RL_STORE_FAILED, and that transaction is left alone', async () => {
    const database = new Database(newPath())
    const store = new SqliteStore({ database, clock })
    database.exec('CREATE TABLE theirs (x); BEGIN; INSERT INTO theirs VALUES (1)')
    await expect(store.consume(charge('a'))).rejects.toEqual(storeError('RL_STORE_FAILED', 'within a transaction'))
    database.exec('COMMIT')
    expect(database.prepare('SELECT x FROM theirs').pluck().get()).toBe(1)
    expect((await store.consume(charge('a')))[0]).toMatchObject({ remaining: 4 })
    database.close()
  })
})
