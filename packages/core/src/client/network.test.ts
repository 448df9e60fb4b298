import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'

import { networkText } from './network.ts'

const anyWord = fc
  .oneof(fc.constantFrom(0, 0, 0xffff, 0xffff_0000, 0x0001_0000, 1), fc.nat(0xffff_ffff))
  .map((word) => word | 0)

describe('the text of a network', () => {
  it('is as ipaddr.js has it', () => {
    const anyWords = fc.tuple(anyWord, anyWord, anyWord, anyWord)
    const property = fc.property(anyWords, fc.integer({ min: 1, max: 128 }), (words, bits) => {
      const groups = words.flatMap((word) => [word >>> 16, word & 0xffff])
      const network = ipaddr.IPv6.networkAddressFromCIDR(`${new ipaddr.IPv6(groups).toString()}/${bits}`)
      expect(networkText(false, words, bits)).toBe(bits === 128 ? network.toString() : `${network.toString()}/${bits}`)
    })
    fc.assert(property, { numRuns: 50_000 })
    const inIPv4 = fc.property(anyWord, fc.integer({ min: 1, max: 32 }), (word, bits) => {
      const bytes = [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]
      const network = ipaddr.IPv4.networkAddressFromCIDR(`${bytes.join('.')}/${bits}`)
      expect(networkText(true, [word], bits)).toBe(bits === 32 ? network.toString() : `${network.toString()}/${bits}`)
    })
    fc.assert(inIPv4)
  })

  it.each([
    [[0, 0, 0, 0], '::'],
    [[0, 0, 0, 1], '::1'],
    [[0x1_0000, 0, 0, 0], '1::'],
    [[0x2001_0db8, 0, 1, 0], '2001:db8::1:0:0'],
    [[0x2001_0db8, 0, 0x0001_0000, 1], '2001:db8::1:0:0:1'],
    [[0x2001_0db8, 0x0001_0001, 0x0001_0000, 0x0001_0001], '2001:db8:1:1:1:0:1:1'],
    [[0, 0x0000_0001, 0, 0], '0:0:0:1::'],
  ])('of %j is %s (RFC 5952, 4.2)', (words, text) => {
    expect(networkText(false, words, 128)).toBe(text)
  })
})
