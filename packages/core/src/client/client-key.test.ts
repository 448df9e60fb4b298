import { isIPv4, isIPv6 } from 'node:net'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { clientKey } from './client-key.ts'

describe('clientKey', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::fffe:203.0.113.7', '::/64'],
    ['::ffff:0:203.0.113.7', '::/64'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:0000:0000:0000:0001', '2001:db8:1:2::/64'],
    ['::1', '::/64'],
    ['::203.0.113.7', '::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
  ])('names %s %s', (address, key) => {
    expect(clientKey(address)).toBe(key)
  })

  it.each([
    [128, '2001:db8:1:2:3:4:5:6'],
    [56, '2001:db8:1::/56'],
    [48, '2001:db8:1::/48'],
    [1, '::/1'],
  ])('groups IPv6 by /%i if told to', (ipv6Subnet, key) => {
    expect(clientKey('2001:db8:1:2:3:4:5:6', { ipv6Subnet })).toBe(key)
    expect(clientKey('203.0.113.7', { ipv6Subnet })).toBe('203.0.113.7')
  })

  it.each([
    '',
    ' ',
    'unknown',
    '203.0.113.7:80',
    '[2001:db8::1]',
    '[2001:db8::1]:80',
    '203.0.113',
    '1',
    '0x7f.0.0.1',
    '::ffff:0x7f.0.0.1',
    '::ffff:010.0.0.1',
    '010.0.0.1',
    '256.0.0.1',
    '203.0.113.7 ',
    '203.0.113.7, 203.0.113.8',
    '2001:db8::1::2',
    '2001:db8::/32',
    '%eth0',
    '2001:db8::é',
    '2001:db8::\u0080',
    'fe80',
    undefined,
    null,
    7,
  ])('refuses %j', (address) => {
    const message = expect.stringMatching(/^Expected `ip` to be an IPv4 or IPv6 address without a port, got /)
    expect(() => clientKey(address as string)).toThrow(expect.objectContaining({ code: 'RL_INVALID_ADDRESS', message }))
  })

  it('refuses an option that it does not know', () => {
    expect(() => clientKey('2001:db8::1', { ipv6subnet: 48 } as object)).toThrow(
      expect.objectContaining({ code: 'RL_UNKNOWN_OPTION', message: expect.stringContaining('clientKey') }),
    )
  })

  it.each([0, 129, 1.5, Number.NaN, '64', null])('refuses a subnet of %j', (ipv6Subnet) => {
    expect(() => clientKey('::1', { ipv6Subnet: ipv6Subnet as number })).toThrow(
      expect.objectContaining({
        code: 'RL_INVALID_OPTION',
        message: expect.stringMatching(/^Expected `ipv6Subnet` to be/),
      }),
    )
  })

  it('takes for IPv4 as it is what Node takes for IPv4', () => {
    const number = fc.oneof(fc.nat(300).map(String), fc.constantFrom('', '00', '01', '1e1', '+1', '१'))
    const dotted = fc.array(number, { minLength: 3, maxLength: 5 }).map((numbers) => numbers.join('.'))
    fc.assert(
      fc.property(dotted, (text) => {
        if (isIPv4(text)) expect(clientKey(text)).toBe(text)
        else expect(() => clientKey(text)).toThrow(expect.objectContaining({ code: 'RL_INVALID_ADDRESS' }))
      }),
      { numRuns: 2000 },
    )
  })

  it('takes what Node takes for an address, and throws nothing but its own error at the rest', () => {
    const any = fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6(),
      fc.string(),
      fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef:.%[]/')) }),
    )
    const property = fc.property(any, (text) => {
      const isAddress = isIPv4(text) || isIPv6(text)
      if (isAddress) clientKey(text)
      else if (!text.includes('%')) {
        expect(() => clientKey(text)).toThrow(expect.objectContaining({ code: 'RL_INVALID_ADDRESS' }))
      }
    })
    fc.assert(property, { numRuns: 100_000 })
  })

  it('gives different IPv4 addresses, and different networks, different keys', () => {
    const anyGroups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 })
    const textOf = (groups: number[]) => groups.map((group) => group.toString(16)).join(':')
    const networkOf = (groups: number[]) => groups.slice(0, 4).join()
    fc.assert(
      fc.property(anyGroups, anyGroups, (a, b) => {
        // ::ffff:0:0/96 is IPv4.
        fc.pre(networkOf(a) !== '0,0,0,0' && networkOf(b) !== '0,0,0,0')
        expect(clientKey(textOf(a)) === clientKey(textOf(b))).toBe(networkOf(a) === networkOf(b))
        expect(clientKey(textOf([...a.slice(0, 4), ...b.slice(4)]).toUpperCase())).toBe(clientKey(textOf(a)))
      }),
      { numRuns: 10_000 },
    )
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), (a, b) => {
        expect(clientKey(a) === clientKey(b)).toBe(a === b)
        expect(clientKey(`::ffff:${a}`)).toBe(clientKey(a))
      }),
      { numRuns: 10_000 },
    )
  })
})
