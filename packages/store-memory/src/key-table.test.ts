import { algorithms, storageKey } from '@rl/core'
import type { State } from '@rl/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { KeyTable } from './key-table.ts'
import { NO_ROW } from './rows.ts'

/** Of all lengths and kinds, and many that differ in one character only. */
const anyKey = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 400 }).map((i) => `user:${i}`) },
  fc.nat({ max: 40 }).map((i) => `пользователь:${i}`),
  fc.nat({ max: 40 }).map((length) => '\0'.repeat(length)),
  fc.nat({ max: 40 }).map((length) => 'é'.repeat(length)),
  fc.nat({ max: 40 }).map((length) => 'ж'.repeat(length)),
  fc.integer({ min: 190, max: 210 }).map((length) => 'x'.repeat(length)),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'sha256:', '\uD800', '\uD801'),
)

const anyStep = fc.record({
  do: fc.constantFrom('write', 'write', 'write', 'delete', 'block', 'sweep'),
  key: anyKey,
  ms: fc.nat({ max: 1000 }),
  isBlocked: fc.boolean(),
})

interface Held {
  readonly state: State
  readonly isBlocked: boolean
}

describe.each([
  ['of a fixed length', algorithms['fixed-window'], (ms: number): State => [0, ms, 1]],
  [
    'of any length',
    algorithms['sliding-window'],
    (ms: number): State => [ms, ...Array.from({ length: ms % 3 }, () => [0, 1]).flat(), 0, 1],
  ],
])('states %s', (_what, algorithm, stateOf) => {
  it('are found again by their keys, as in a map', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 1500, size: 'max' }), (steps) => {
        const table = new KeyTable(algorithm)
        const model = new Map<string, Held>()
        for (const { do: verb, key, ms, isBlocked } of steps) {
          const held = model.get(key)
          if (verb === 'write') {
            table.write(key, stateOf(ms), isBlocked)
            model.set(key, { state: stateOf(ms), isBlocked })
          } else if (verb === 'delete') {
            table.delete(key)
            model.delete(key)
          } else if (verb === 'block') {
            table.block(key)
            if (held) model.set(key, { ...held, isBlocked: true })
          } else {
            expect(table.sweep(ms, 10_000)).toBe(model.size)
            for (const [name, { state }] of model) if (algorithm.expiresAt(state) <= ms) model.delete(name)
          }
          expect(table.read(key)).toEqual(model.get(key)?.state)
          expect(table.rows.size).toBe(model.size)
        }
        for (const [key, { state }] of model) expect(table.read(key)).toEqual(state)
        expect(table.rows.sizeOf('blocked')).toBe([...model.values()].filter(({ isBlocked }) => isBlocked).length)
      }),
      { numRuns: 50 },
    )
  })
})

it('takes no name of a hash for the long key behind it', () => {
  const table = new KeyTable(algorithms['fixed-window'])
  const long = 'x'.repeat(1000)
  table.write(long, [0, 1, 1], false)
  expect(table.read(storageKey(long))).toBeUndefined()
})

it('uses the room of keys that are gone', () => {
  const table = new KeyTable(algorithms['fixed-window'])
  for (let round = 0; round < 20; round++) {
    const keys = Array.from({ length: 5000 }, (_, i) => `user:${round * 5000 + i}`)
    const rows = keys.map((key) => table.add(key))
    expect(Math.max(...rows)).toBeLessThan(20_000)
    for (const key of keys) table.delete(key)
  }
})

it('loses no key while it grows and shrinks', () => {
  const table = new KeyTable(algorithms['fixed-window'])
  const keys = Array.from({ length: 20_000 }, (_, i) => `user:${(i * 7919) % 20_000}`)
  const lost = (from: number, to: number) => keys.slice(from, to).filter((key, i) => table.read(key)?.[0] !== from + i)
  for (const [i, key] of keys.entries()) {
    table.write(key, [i, 1, 1], false)
    if (i % 1000 === 0) expect(lost(0, i + 1)).toEqual([])
  }
  expect(lost(0, keys.length)).toEqual([])
  for (const [i, key] of keys.entries()) {
    table.delete(key)
    if (table.find(key) !== NO_ROW) expect.fail(`${key} is still there`)
    if (i % 1000 === 0) expect(lost(i + 1, keys.length)).toEqual([])
  }
  expect(table.rows.size).toBe(0)
})

it.each([3, 13, 30])('finds nothing of %d keys after it was cleared, and takes them in anew', (count) => {
  const table = new KeyTable(algorithms['fixed-window'])
  const keys = Array.from({ length: count }, (_, i) => `user:${i}`)
  for (let round = 0; round < 3; round++) {
    expect(keys.map((key) => table.find(key))).toEqual(keys.map(() => NO_ROW))
    for (const key of keys) table.add(key)
    expect(keys.every((key) => table.find(key) !== NO_ROW)).toBe(true)
    table.clear()
  }
})
