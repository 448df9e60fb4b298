import { describe, expect, it } from 'vitest'

import { KeyedHash } from './keyed-hash.ts'

describe('a keyed hash', () => {
  it('is HalfSipHash-1-3, as the Linux kernel tests its own', () => {
    // The bytes 0 to 8 under the key 0 to 7.
    expect(new KeyedHash(0x03020100, 0x07060504).of(0x03020100, 0x07060504, 8) >>> 0).toBe(0xc839caed)
  })

  it('places the same sources elsewhere under another key', () => {
    const sources = Array.from({ length: 1000 }, (_, i) => i)
    const [one, other] = [new KeyedHash(1, 2), new KeyedHash(1, 3)]
    expect(sources.filter((i) => one.of(i, 0, 0) === other.of(i, 0, 0))).toEqual([])
  })

  it('tells widths and both words apart', () => {
    const hash = new KeyedHash(1, 2)
    const hashes = [hash.of(5, 0, 0), hash.of(5, 0, 1), hash.of(0, 5, 0), hash.of(5, 5, 0)]
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})
