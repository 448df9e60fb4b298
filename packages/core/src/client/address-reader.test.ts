import { isIPv4, isIPv6 } from 'node:net'

import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'

import { AddressReader } from './address-reader.ts'

const reader = new AddressReader()

/** What the reader makes of a text, as `parsed` would tell it. */
function read(text: string): { kind: string; bytes: number[] } | undefined {
  if (!reader.read(text)) return undefined
  const bytes = Array.from(reader.words).flatMap((word) => [
    word >>> 24,
    (word >>> 16) & 255,
    (word >>> 8) & 255,
    word & 255,
  ])
  return reader.isIPv4 ? { kind: 'ipv4', bytes: bytes.slice(0, 4) } : { kind: 'ipv6', bytes }
}

/** Whether a text is an address, Node tells, which knows of no zone without a name; and what it is, ipaddr.js. */
function parsed(text: string): { kind: string; bytes: number[] } | undefined {
  const address = parseAddress(text)
  return address && { kind: address.kind(), bytes: address.toByteArray() }
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text)
  const [withoutZone = ''] = text.split('%', 1)
  if (!isIPv6(withoutZone)) return undefined
  // Without decimal parts: ipaddr.js takes ::1.2.3.4 for 1.2.3.4.
  const address = ipaddr.IPv6.parse(new URL(`http://[${withoutZone}]`).hostname.slice(1, -1))
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}

describe('an address reader', () => {
  it('agrees with Node and ipaddr.js on whatever it is given', () => {
    const part = fc.oneof(
      fc.nat(0xffff).map((group) => group.toString(16)),
      fc.constantFrom(
        '',
        '',
        '0',
        '00ff',
        '00001',
        'FFFF',
        'g',
        '203.0.113.7',
        '203.0.113.07',
        '203.0.113',
        '203.0.113.7%eth0',
      ),
    )
    const nearlyIPv6 = fc.array(part, { maxLength: 10 }).map((parts) => parts.join(':'))
    const nearlyIPv4 = fc.array(fc.constantFrom('0', '7', '07', '255', '256', '', '-1', '1e1'), { maxLength: 5 })
    const any = fc.oneof(
      { weight: 4, arbitrary: nearlyIPv6 },
      nearlyIPv4.map((parts) => parts.join('.')),
      fc.ipV4(),
      fc.ipV4().map((address) => `::ffff:${address}`),
      fc.ipV6(),
      fc.ipV6().map((address) => `${address}%eth0`),
      fc.string(),
      fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdefF:::..%[]/ ')) }),
    )
    const property = fc.property(any, (text) => {
      expect(read(text)).toEqual(parsed(text))
    })
    fc.assert(property, { numRuns: 50_000 })
  })

  it.each([
    ['203.0.113.7', 'ipv4'],
    ['::ffff:203.0.113.7', 'ipv4'],
    ['::FFFF:cb00:7107', 'ipv4'],
    ['1::203.0.113.7', 'ipv6'],
    ['::203.0.113.7', 'ipv6'],
    ['1::ffff:203.0.113.7', 'ipv6'],
    ['0:0:1::ffff:203.0.113.7', 'ipv6'],
    ['::', 'ipv6'],
    ['1:2:3:4:5:6:7::', 'ipv6'],
    ['fe80::1%eth0', 'ipv6'],
  ])('takes %s for %s', (text, kind) => {
    expect(read(text)).toEqual({ ...parsed(text), kind })
  })

  it.each([undefined, null, 7, {}])('takes %j for no address', (value: unknown) => {
    expect(reader.read(value as string)).toBe(false)
  })

  it('keeps nothing of the address before', () => {
    expect(read('1:2:3:4:5:6:7:8')).toEqual(parsed('1:2:3:4:5:6:7:8'))
    expect(read('1::8')).toEqual(parsed('1::8'))
    expect(read('203.0.113.7')).toEqual(parsed('203.0.113.7'))
    expect(Array.from(reader.words).slice(1)).toEqual([0, 0, 0])
  })
})
