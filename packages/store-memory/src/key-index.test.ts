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
  'abcdefgh',
  'abcdefgx',
]

it('tells keys apart that have the same hash', () => {
  const rows = new Rows(3)
  const index = new KeyIndex(rows)
  const key = new EncodedKey()
  const read = (text: string): void => {
    key.read(text)
    key.hash = 7
  }
  const added = KEYS.map((text) => {
    read(text)
    expect(index.find(key)).toBe(NO_ROW)
    const row = rows.add(key)
    index.add(7, row)
    return row
  })
  for (const [i, text] of KEYS.entries()) {
    read(text)
    expect(index.find(key)).toBe(added[i])
    index.remove(7, added[i]!)
    expect(index.find(key)).toBe(NO_ROW)
  }
})
