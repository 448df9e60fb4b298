import { execFile } from 'node:child_process'
import { chmodSync, existsSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'

import { SqliteStore } from './sqlite-store.ts'
import { ask, charge, filledFile, storeAt, storeError, temporaryFiles } from './store-tests.fixture.ts'

const newPath = temporaryFiles()

function replace(path: string): void {
  new Database(`${path}.new`).exec('CREATE TABLE theirs (x)').close()
  renameSync(`${path}.new`, path)
}

describe('a file', () => {
  it('keeps the counts over a restart', async () => {
    const { path, store, clock } = storeAt(newPath())
    await store.consume(charge('a', undefined, 3))
    await store.close()
    const restarted = new SqliteStore({ path, clock: () => clock.now + 1000 })
    expect(await restarted.consume(charge('a', undefined, 3))).toEqual([
      { allowed: false, limit: 5, remaining: 2, retryAfterMs: 59_000, resetAfterMs: 59_000, at: clock.now + 1000 },
    ])
    await restarted.close()
  })

  it('is shared by several stores', async () => {
    const { path, store } = storeAt(newPath())
    const other = storeAt(path).store
    const calls = Array.from({ length: 20 }, (_, i) => (i % 2 ? store : other).consume(charge('a')))
    const verdicts = (await Promise.all(calls)).map(([verdict]) => verdict!)
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(5)
    await Promise.all([store.close(), other.close()])
  })

  it('goes by its name without the spaces around it, which SQLite’s driver does not see', async () => {
    const path = newPath()
    const { store } = storeAt(`${path} `)
    await store.consume(charge('a'))
    expect((await store.consume(charge('a')))[0]).toMatchObject({ remaining: 3 })
    await store.close()
    expect(existsSync(path)).toBe(true)
  })

  it('may be in memory', async () => {
    const store = new SqliteStore({ path: ':memory:' })
    await store.consume(charge('a'))
    expect((await store.peek(charge('a', undefined, 0)))[0]).toMatchObject({ remaining: 4 })
    await store.close()
    expect(existsSync(':memory:')).toBe(false)
  })
})

describe('a file that is taken away', () => {
  it.each<[string, string, (path: string) => void]>([
    ['deleted', 'not there any more', (path) => ['', '-wal', '-shm'].forEach((end) => rmSync(path + end))],
    ['deleted without its log', 'not there any more', (path) => rmSync(path)],
    ['moved', 'not there any more', (path) => renameSync(path, `${path}.old`)],
    ['replaced', 'replaced', replace],
  ])('is RL_STORE_MOVED when it was %s, and then begun afresh', async (_what, message, takeAway) => {
    const { path, store } = storeAt(newPath())
    await store.consume(charge('a', undefined, 5))
    takeAway(path)
    await expect(store.consume(charge('a'))).rejects.toEqual(storeError('RL_STORE_MOVED', message))
    expect((await store.consume(charge('a')))[0]).toMatchObject({ remaining: 4 })
    expect((await store.peek(charge('a', undefined, 0)))[0]).toMatchObject({ remaining: 4 })
    await store.close()
    expect(ask(path, 'SELECT count(*) FROM rl_states')).toBe(1)
  })

  it('takes its log with it where it was replaced unnoticed', async () => {
    const { path, store } = storeAt(newPath())
    await store.consume(charge('a', undefined, 5))
    replace(path)
    await store.close()
    expect([existsSync(`${path}-wal`), existsSync(`${path}-shm`)]).toEqual([false, false])
    expect(ask(path, 'SELECT count(*) FROM theirs')).toBe(0)
  })

  it('is RL_STORE_MOVED behind a link too', async () => {
    const link = newPath()
    const target = newPath()
    symlinkSync(target, link)
    const { store } = storeAt(link)
    await store.consume(charge('a', undefined, 5))
    replace(target)
    await expect(store.consume(charge('a'))).rejects.toEqual(storeError('RL_STORE_MOVED', 'replaced'))
    expect((await store.consume(charge('a')))[0]).toMatchObject({ remaining: 4 })
    await store.close()
    expect(ask(target, 'SELECT count(*) FROM rl_states')).toBe(1)
  })

  it('harms nobody who has a new one of that name open already', async () => {
    const { path, store } = storeAt(newPath())
    await store.consume(charge('a', undefined, 5))
    for (const end of ['', '-wal', '-shm']) rmSync(path + end)
    const other = storeAt(path).store
    await other.consume(charge('a', undefined, 2))
    await expect(store.peek(charge('a'))).rejects.toEqual(storeError('RL_STORE_MOVED', 'replaced'))
    expect((await store.consume(charge('a', undefined, 2)))[0]).toMatchObject({ remaining: 1 })
    expect((await other.consume(charge('a')))[0]).toMatchObject({ remaining: 0 })
    await Promise.all([store.close(), other.close()])
    expect(ask(path, 'PRAGMA integrity_check')).toBe('ok')
  })

  it('is RL_STORE_FAILED where there is no such folder, and named in full', () => {
    const build = () => new SqliteStore({ path: 'no such folder/rate-limits.db' })
    expect(build).toThrow(storeError('RL_STORE_FAILED', 'directory does not exist'))
    expect(build).toThrow(resolve('no such folder/rate-limits.db'))
  })
})

describe('a file that may not be written', () => {
  it('is RL_STORE_READONLY until it may', async () => {
    const path = await filledFile(newPath())
    chmodSync(dirname(path), 0o777)
    const script = fileURLToPath(new URL('unprivileged.fixture.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, [script, path], { timeout: 20_000 })
    expect(stdout.trim().split('\n')).toEqual(['RL_STORE_READONLY', '3', 'RL_STORE_MOVED', 'RL_STORE_READONLY', '3'])
  })
})
