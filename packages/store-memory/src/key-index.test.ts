import { expect, it } from 'vitest'

import { EncodedKey } from './encoded-key.ts'
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
  override hashOf(): number {
    return 7
  }
}

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
