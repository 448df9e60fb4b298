import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { KEY_WORDS, NONE, RecordTable } from './record-table.ts'

const RECORD_WORDS = KEY_WORDS + 2
const CAPACITY = 12

/** Few sources, and fewer hashes, so that many meet. */
const anySource = fc.record({ high: fc.nat(3), low: fc.nat(2), width: fc.nat(1) })
type Source = typeof anySource extends fc.Arbitrary<infer T> ? T : never

function hashOf({ high, low }: Source): number {
  return (high << 30) ^ (high % 2 === 0 ? 0 : low)
}

describe('a record table', () => {
  it('finds what was added and not removed, and nothing else, as a map would', () => {
    const anyStep = fc.record({ source: anySource, isRemoval: fc.boolean() })
    const property = fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
      const table = new RecordTable(CAPACITY, RECORD_WORDS)
      const model = new Map<string, number>()
      let mark = 0
      for (const { source, isRemoval } of steps) {
        const { high, low, width } = source
        const key = JSON.stringify(source)
        const at = table.find(hashOf(source), high, low, width)
        expect(at === NONE ? undefined : table.words[at + KEY_WORDS]).toBe(model.get(key))
        if (at !== NONE && isRemoval) {
          table.remove(at)
          model.delete(key)
        } else if (at === NONE && !table.isFull) {
          mark += 1
          const added = table.add(hashOf(source), high, low, width)
          expect(table.words.subarray(added + KEY_WORDS, added + RECORD_WORDS)).toEqual(Int32Array.of(0, 0))
          table.words[added + KEY_WORDS] = mark
          model.set(key, mark)
        }
        expect(table.size).toBe(model.size)
        expect(table.isFull).toBe(model.size === CAPACITY)
      }
      const marks = Array.from(table.used(), (at) => table.words[at + KEY_WORDS]!)
      expect(marks.toSorted((a, b) => a - b)).toEqual([...model.values()].toSorted((a, b) => a - b))
    })
    fc.assert(property, { numRuns: 2000 })
  })

  it('passes each record that has been used, in turn', () => {
    const table = new RecordTable(CAPACITY, RECORD_WORDS)
    const added = [1, 2, 3].map((high) => table.add(high, high, 0, 0))
    table.remove(added[1]!)
    expect(Array.from({ length: 6 }, () => table.next())).toEqual([...added, ...added])
    expect(added.map((at) => table.isFree(at))).toEqual([false, true, false])
  })

  it('is as large as the bytes allow', () => {
    for (const bytes of [1000, 65_536, 1_000_000, 33_554_432]) {
      const capacity = RecordTable.capacityOf(bytes, RECORD_WORDS)
      expect(new RecordTable(capacity, RECORD_WORDS).bytes).toBeLessThanOrEqual(bytes)
      expect(new RecordTable(capacity + 1, RECORD_WORDS).bytes).toBeGreaterThan(bytes)
    }
  })
})
