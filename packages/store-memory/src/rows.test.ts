import { expect, it } from 'vitest'

import type { Chunk } from './chunk.ts'
import { EncodedKey } from './encoded-key.ts'
import { Rows } from './rows.ts'

function rowsOf() {
  const rows = new Rows(3)
  const key = new EncodedKey()
  const add = (text: string): number => {
    key.read(text)
    return rows.add(key)
  }
  /** Adds so many keys of one length. */
  const addMany = (count: number) => Array.from({ length: count }, (_, i) => add(String(10_000 + i)))
  const chunksOf = (some: readonly number[]) => [...new Set(some.map((row): Chunk | undefined => rows.chunkOf(row)))]
  return { rows, add, addMany, chunksOf }
}

it('begins with a small chunk for each length, and fills each before it takes another', () => {
  const { add, addMany, chunksOf } = rowsOf()
  const [first, ...others] = chunksOf(addMany(128 + 2 * 4096))
  const [small] = chunksOf([add('longer than the others')])
  expect(others.map((chunk) => chunk!.numbers.length)).toEqual([32, 32].map((times) => times * first!.numbers.length))
  expect(small!.numbers.length).toBe((first!.numbers.length / first!.stride) * small!.stride)
})

it('lets chunks go that have become empty, but the last one, which a key that comes and goes would take with it', () => {
  const { rows, add, addMany, chunksOf } = rowsOf()
  const added = addMany(128 + 2 * 4096)
  for (const row of added) rows.delete(row)
  const left = chunksOf(added).filter((chunk) => chunk !== undefined)
  expect(left).toHaveLength(1)
  for (let i = 0; i < 3; i++) {
    const row = add('99999')
    expect(rows.chunkOf(row) === left[0]).toBe(true)
    rows.delete(row)
  }
  // Those that are gone are numbered anew.
  expect(Math.max(...addMany(4096 + 128))).toBeLessThanOrEqual(Math.max(...added))
})

it('goes on looking behind chunks that are gone', () => {
  const { rows, addMany } = rowsOf()
  const added = addMany(128 + 4096 + 1)
  const last = added.pop()
  for (const row of added) rows.delete(row)
  expect(rows.next({ chunk: 0, place: 0 })).toBe(last)
})
