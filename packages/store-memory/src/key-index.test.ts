import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { EncodedKey, wordsOf } from './encoded-key.ts'
import { KeyIndex } from './key-index.ts'
import { NO_ROW, Rows } from './rows.ts'

/** Keys that all have one hash, as somebody might want them to. */
const KEYS = [
  '',
  '\0',
  '\0\0',
  'a',
  'b',
  'ab',
  'a\0',
  'ж',
  '\u6261',
  'abcd',
  'abc\u0164',
  'abcda',
  'aa',
  '\u0161`',
  '\u0161a',
  '\u0100\0',
  '\0\u0001',
  'abcdefgh',
  'abcdefgx',
]

class CollidingKey extends EncodedKey {
  /** How often somebody has asked for a hash. */
  asked = 0
  override read(key: string, rest?: string): void {
    super.read(key, rest)
    this.hash = this.hashOf()
  }
  override hashOf(): number {
    this.asked += 1
    return 7
  }
}

const narrow = fc.nat(255).map((code) => String.fromCodePoint(code))
const mixed = fc.oneof(narrow, narrow, fc.constantFrom('ж', '\uD800', '\u{1F600}'))
const text = fc.oneof(
  fc.string({ unit: narrow, maxLength: 210, size: 'max' }),
  fc.string({ unit: mixed, maxLength: 210 }),
)

const kept = ({ head, words }: EncodedKey) => ({ head, words: words.slice(0, wordsOf(head)) })

it('reads a key in two parts as it reads it joined', () => {
  const [key, joined] = [new EncodedKey(), new EncodedKey()]
  fc.assert(
    fc.property(text, fc.nat(210), (asked, cut) => {
      key.read(asked.slice(0, cut), asked.slice(cut))
      joined.read(asked)
      expect(kept(key)).toEqual(kept(joined))
      expect(key.hash).toBe(key.hashOf(key.head, key.words, 0))
    }),
  )
})

it('reads each key as if it were the first, whatever the one before began with', () => {
  const begin = fc.constantFrom('', 'ip|', 'ip|2', 'user:free|', 'жук|', 'x'.repeat(150))
  const rest = fc.oneof(
    fc.constant(''),
    fc.string({ unit: narrow, maxLength: 60 }),
    fc.string({ unit: mixed, maxLength: 9 }),
  )
  const asked = fc.record({ begin, rest })
  fc.assert(
    fc.property(fc.array(asked, { minLength: 2, maxLength: 8 }), (all) => {
      const key = new EncodedKey()
      for (const { begin, rest } of all) {
        key.read(begin, rest)
        const first = new EncodedKey()
        first.read(begin + rest)
        expect(kept(key)).toEqual(kept(first))
        expect(key.hash).toBe(key.hashOf(key.head, key.words, 0))
      }
    }),
  )
})

it('finds the same hash in a key as in what is kept of it', () => {
  const key = new EncodedKey()
  fc.assert(
    fc.property(text, (asked) => {
      key.read(asked)
      expect(key.hashOf(key.head, key.words, 0)).toBe(key.hash)
    }),
  )
})

it('tells keys apart that have the same hash', () => {
  const rows = new Rows(3)
  const key = new CollidingKey()
  const index = new KeyIndex(rows, key)
  const added = KEYS.map((text) => {
    key.read(text)
    expect(index.find()).toBe(NO_ROW)
    const row = rows.add(key)
    index.add(row)
    return row
  })
  for (const [i, text] of KEYS.entries()) {
    key.read(text)
    expect(index.find()).toBe(added[i])
    index.remove(added[i]!)
    expect(index.find()).toBe(NO_ROW)
  }
})

describe('the room it takes', () => {
  const lengths: number[] = []

  beforeEach(() => {
    lengths.length = 0
    const Noted = class extends Uint8Array {
      constructor(length: number) {
        super(length)
        lengths.push(length)
      }
    }
    vi.stubGlobal('Uint8Array', Noted)
  })
  afterEach(() => vi.unstubAllGlobals())

  function indexOf(key: EncodedKey) {
    const rows = new Rows(3)
    const index = new KeyIndex(rows, key)
    const add = (i: number): number => {
      key.read(`user:${i}`)
      const row = rows.add(key)
      index.add(row)
      return row
    }
    const remove = (row: number): void => {
      index.remove(row)
      rows.delete(row)
    }
    return { add, remove }
  }

  it('grows with its keys, and shrinks with them', () => {
    const { add, remove } = indexOf(new CollidingKey())
    const added = Array.from({ length: 96 }, (_, i) => add(i))
    expect(lengths).toEqual([16, 32, 64, 128])
    for (const row of added) remove(row)
    expect(lengths.slice(4)).toEqual([64])
    for (let i = 0; i < 100; i++) remove(add(i))
    expect(lengths.slice(4)).toEqual([64, 32, 16])
  })

  it('is moved to a few keys at a time', () => {
    const key = new CollidingKey()
    const { add } = indexOf(key)
    const asked = Array.from({ length: 96 }, (_, i) => {
      key.asked = 0
      add(i)
      return key.asked
    })
    // For the new key, and for eight others.
    expect(Math.max(...asked)).toBe(9)
  })

  it('does not grow with keys that come and go', () => {
    const { add, remove } = indexOf(new EncodedKey())
    const held: number[] = []
    for (let i = 0; i < 1000; i++) if (held.push(add(i)) === 6) remove(held.shift()!)
    expect(lengths.length).toBeGreaterThan(1)
    expect(new Set(lengths)).toEqual(new Set([16]))
  })
})
