import { expect, it } from 'vitest'

import { SqliteStore } from './sqlite-store.ts'
import { ask, charge, filledFile, storeAt, storeError, temporaryFiles } from './store-tests.fixture.ts'

const newPath = temporaryFiles()

it('refuses a database of a version to come, and leaves it as it is', async () => {
  const path = await filledFile(newPath())
  ask(path, 'UPDATE rl_schema SET version = 2 RETURNING version')
  expect(() => new SqliteStore({ path })).toThrow(storeError('RL_STORE_FAILED', 'got version 2'))
  expect(ask(path, 'SELECT version FROM rl_schema')).toBe(2)
  expect(ask(path, 'SELECT count(*) FROM rl_states')).toBe(2000)
})

it('makes its tables beside those of others, and leaves `user_version` to them', async () => {
  const path = newPath()
  ask(path, 'PRAGMA user_version = 7')
  ask(path, 'CREATE TABLE theirs (x)')
  await new SqliteStore({ path }).close()
  expect(ask(path, 'PRAGMA user_version')).toBe(7)
  expect(ask(path, "SELECT group_concat(name ORDER BY name) FROM sqlite_schema WHERE type = 'table'")).toBe(
    'rl_schema,rl_states,theirs',
  )
})

it('makes all of its tables or none', async () => {
  const path = newPath()
  ask(path, 'CREATE TABLE rl_states (x)')
  expect(() => new SqliteStore({ path })).toThrow(storeError('RL_STORE_FAILED', 'rl_states already exists'))
  expect(ask(path, 'SELECT group_concat(name) FROM sqlite_schema')).toBe('rl_states')
})

it('keeps a state as JSON, which another version has to read, beside its algorithm and its end', async () => {
  const { path, store, clock } = storeAt(newPath())
  await store.consume(charge('a', undefined, 2))
  await store.close()
  const row = ask(path, 'SELECT json_array(key, algorithm, json(state), expires_at) FROM rl_states')
  expect(JSON.parse(row as string)).toEqual(['a', 'fixed-window', [clock.now, 60_000, 2], clock.now + 60_000])
})
