import { parseLimit } from '@rl/core'
import { describe, expect, it } from 'vitest'

import { SqliteStore } from './sqlite-store.ts'
import { ask, charge, storeAt, temporaryFiles } from './store-tests.fixture.ts'

const newPath = temporaryFiles()

describe('idle rows', () => {
  const rows = (path: string) => ask(path, 'SELECT count(*) FROM rl_states')
  const keys = ['', '\0', 'x', 'x\0', 'x\0y', '😀', ...Array.from({ length: 994 }, (_, i) => `user:${i}`)]

  it('go as others are written, a few at a time', async () => {
    const { path, store, clock } = storeAt(newPath())
    await Promise.all(keys.map((key) => store.consume(charge(key))))
    await Promise.all(
      Array.from({ length: 300 }, (_, i) => store.consume(charge(`live:${i}`, parseLimit('5 per hour')))),
    )
    expect(rows(path)).toBe(1300)
    clock.now += 60_000
    let most = 0
    for (let call = 0; call < 800; call++) {
      const before = Number(rows(path))
      await store.consume(charge('busy', parseLimit('1000 per hour')))
      most = Math.max(most, before - Number(rows(path)))
    }
    expect(rows(path)).toBe(301)
    expect(most).toBeLessThanOrEqual(32)
    await store.close()
  })

  it('go one after the other from where a process first writes, so that one that ends soon does its part', async () => {
    const { path, store, clock } = storeAt(newPath())
    await Promise.all(keys.map((key) => store.consume(charge(key))))
    await store.close()
    const restarted = new SqliteStore({ path, clock: () => clock.now + 60_000 })
    for (let call = 0; call < 16; call++) await restarted.consume(charge('user:9', parseLimit('1000 per hour')))
    expect(ask(path, "SELECT count(*) FROM rl_states WHERE key = 'user:90'")).toBe(0)
    expect(ask(path, "SELECT count(*) FROM rl_states WHERE key = 'user:0'")).toBe(1)
    await restarted.close()
  })

  it('stay as long as they matter', async () => {
    const { path, store, clock } = storeAt(newPath())
    await Promise.all(keys.map((key) => store.consume(charge(key))))
    clock.now += 59_999
    while (!(await store.sweep()));
    expect(rows(path)).toBe(1000)
    expect((await store.peek(charge('user:500', undefined, 0)))[0]).toMatchObject({ remaining: 4 })
    await store.close()
  })

  it('go at once where one sweeps, step by step', async () => {
    const { path, store, clock } = storeAt(newPath())
    await Promise.all(Array.from({ length: 2500 }, (_, i) => store.consume(charge(`user:${i}`))))
    clock.now += 60_000
    const before = Number(rows(path))
    expect(await store.sweep()).toBe(false)
    expect(rows(path)).toBe(before - 1000)
    expect([await store.sweep(), await store.sweep()]).toEqual([false, true])
    expect(rows(path)).toBe(0)
    await store.close()
  })
})
