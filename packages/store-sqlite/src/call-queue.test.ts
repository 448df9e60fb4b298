import { parseLimit } from '@rl/core'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'

import { charge, storeAt, storeError, temporaryFiles, tracedStore } from './store-tests.fixture.ts'

const newPath = temporaryFiles()

describe('calls made in one turn of the event loop', () => {
  it('share one transaction, each answered on its own', async () => {
    const { store, count } = tracedStore(newPath())
    const calls = Array.from({ length: 64 }, (_, i) => store.consume(charge(`user:${i % 8}`)))
    const verdicts = (await Promise.all(calls)).map(([verdict]) => verdict!)
    expect(verdicts.map(({ allowed }) => allowed)).toEqual(Array.from({ length: 64 }, (_, i) => i < 40))
    expect(verdicts.map(({ remaining }) => remaining)).toEqual(
      Array.from({ length: 64 }, (_, i) => Math.max(0, 4 - Math.floor(i / 8))),
    )
    expect([count('BEGIN IMMEDIATE'), count('COMMIT'), count('ROLLBACK')]).toEqual([1, 1, 0])
    expect([count('SELECT state'), count('INSERT')]).toEqual([8, 8])
  })

  it('share several where they are many, so that nobody has to wait long for one', async () => {
    const { store, count } = tracedStore(newPath())
    await Promise.all(Array.from({ length: 257 }, () => store.consume(charge('a'))))
    expect([count('BEGIN IMMEDIATE'), count('COMMIT')]).toEqual([2, 2])
  })

  it('are all there is to do: with none, closing runs no statement', async () => {
    const { store, count } = tracedStore(newPath())
    await store.close()
    expect(count('')).toBe(0)
  })

  it('see each other, in their order', async () => {
    const { store, count } = tracedStore(newPath())
    const answers = await Promise.all([
      store.consume(charge('a', undefined, 3)),
      store.consume(charge('b')),
      store.peek(charge('a', undefined, 0)),
      store.refund(charge('a', undefined, 2)),
      store.peek(charge('a', undefined, 0)),
      store.reset('a'),
      store.peek(charge('a', undefined, 0)),
      store.consume(charge('a', undefined, 5)),
      store.peek(charge('a', undefined, 0)),
      store.peek(charge('b', undefined, 0)),
    ])
    expect(answers.map((verdicts) => verdicts?.[0]?.remaining)).toEqual([2, 4, 2, undefined, 4, undefined, 5, 0, 0, 4])
    expect(count('BEGIN')).toBe(1)
    expect((await store.peek(charge('a', undefined, 0)))[0]).toMatchObject({ remaining: 0 })
  })

  it('are none the worse for one that is refused', async () => {
    const { path, store, count } = tracedStore(newPath())
    await store.consume(charge('damaged'))
    const other = new Database(path)
    other.exec(`UPDATE rl_states SET state = '[1, "many"]'`)
    other.close()
    const answers = await Promise.allSettled([
      store.consume(charge('a')),
      store.consume(charge('a', undefined, Number.NaN)),
      store.consume([...charge('a'), ...charge('damaged')]),
      store.consume(charge('a')),
    ])
    expect(answers).toEqual([
      { status: 'fulfilled', value: [expect.objectContaining({ remaining: 4 })] },
      { status: 'rejected', reason: expect.objectContaining({ code: 'RL_INVALID_COST' }) },
      { status: 'rejected', reason: expect.objectContaining({ code: 'RL_STORE_CORRUPT', store: 'sqlite' }) },
      { status: 'fulfilled', value: [expect.objectContaining({ remaining: 3 })] },
    ])
    expect(count('ROLLBACK')).toBe(0)
    await store.reset('damaged')
    expect((await store.consume(charge('damaged')))[0]).toMatchObject({ remaining: 4 })
  })

  it('are decided as of when they were made', async () => {
    const { store } = tracedStore(newPath())
    const reused = { key: 'a', limit: parseLimit('5 per minute'), cost: 5 }
    const answer = store.consume([reused])
    Object.assign(reused, { key: 'b', cost: 1 })
    expect((await answer)[0]).toMatchObject({ remaining: 0 })
    expect((await store.peek(charge('b', undefined, 0)))[0]).toMatchObject({ remaining: 5 })
  })

  it('only read where they only peek', async () => {
    const { store, count } = tracedStore(newPath())
    await Promise.all([store.peek(charge('a')), store.peek(charge('b'))])
    expect([count('BEGIN IMMEDIATE'), count('BEGIN')]).toEqual([0, 1])
    await Promise.all([store.peek(charge('a')), store.consume(charge('a'))])
    expect([count('BEGIN IMMEDIATE'), count('BEGIN')]).toEqual([1, 2])
  })
})

describe('a lock that another connection holds', () => {
  it('keeps calls waiting, but neither those who only peek nor the event loop', async () => {
    const { path, store } = storeAt(newPath())
    await store.consume(charge('a'))
    const other = new Database(path)
    other.exec('BEGIN IMMEDIATE')
    expect((await store.peek(charge('a', undefined, 0)))[0]).toMatchObject({ remaining: 4 })
    const answer = store.consume(charge('a'))
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    other.exec('COMMIT')
    expect((await answer)[0]).toMatchObject({ remaining: 3 })
    other.close()
    await store.close()
  })

  it('is RL_STORE_BUSY after a second, until it is released', async () => {
    const { path, store } = storeAt(newPath())
    const other = new Database(path)
    other.exec('BEGIN IMMEDIATE')
    let ticks = 0
    const start = performance.now()
    const ticking = setInterval(() => (ticks += 1), 10)
    const answers = await Promise.allSettled(Array.from({ length: 300 }, () => store.consume(charge('a'))))
    clearInterval(ticking)
    for (const answer of answers) {
      expect(answer).toEqual({
        status: 'rejected',
        reason: storeError('RL_STORE_BUSY', 'locked by another connection'),
      })
    }
    expect(performance.now() - start).toBeLessThan(1900)
    expect(ticks).toBeGreaterThan(20)
    other.exec('ROLLBACK')
    other.close()
    expect((await store.consume(charge('a')))[0]).toMatchObject({ remaining: 4 })
    await store.close()
  })

  it('is tried for every millisecond at most, but for a few times at first', async () => {
    const { path, store, count } = tracedStore(newPath())
    const other = new Database(path)
    other.exec('BEGIN IMMEDIATE')
    await expect(store.consume(charge('a'))).rejects.toEqual(storeError('RL_STORE_BUSY', 'locked'))
    other.close()
    expect(count('BEGIN IMMEDIATE')).toBeGreaterThan(10)
    expect(count('BEGIN IMMEDIATE')).toBeLessThan(1050)
  })

  it('does not keep a store from being built', async () => {
    const path = newPath()
    const other = new Database(path)
    other.exec('CREATE TABLE theirs (x); BEGIN EXCLUSIVE')
    const { store } = storeAt(path)
    const answer = store.consume(charge('a'))
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    other.exec('COMMIT')
    expect((await answer)[0]).toMatchObject({ remaining: 4 })
    other.close()
    await store.close()
  })
})
