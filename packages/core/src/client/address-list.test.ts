import { BlockList, isIPv6 } from 'node:net'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { AddressList } from './address-list.ts'
import { forwardingWarning } from './forwarding-warning.ts'

describe('an address list', () => {
  it.each<[string, string[], string[]]>([
    ['192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7'], ['192.0.2.8', '::c000:207']],
    ['192.0.2.0/24', ['192.0.2.0', '192.0.2.255'], ['192.0.3.0', '192.0.1.255']],
    ['192.0.2.128/25', ['192.0.2.128', '192.0.2.255'], ['192.0.2.127']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::1']],
    ['2001:db8::/33', ['2001:db8::1', '2001:db8:7fff::1%eth0'], ['2001:db8:8000::1', '32.1.13.184']],
    ['::/0', ['::1', 'ffff::'], ['192.0.2.1']],
    ['2001:db8::1', ['2001:db8:0::1'], ['2001:db8::2', 'nonsense', '']],
  ])('of %s has %j, and not %j', (entry, inside, outside) => {
    const list = new AddressList('allow', [entry])
    expect([inside.map((ip) => list.has(ip)), outside.map((ip) => list.has(ip))]).toEqual([
      inside.map(() => true),
      outside.map(() => false),
    ])
  })

  it('agrees with Node’s own', () => {
    const anyEntry = fc.record({ ip: fc.oneof(fc.ipV4(), fc.ipV6()), skew: fc.nat(128) })
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 5 }), fc.oneof(fc.ipV4(), fc.ipV6()), (entries, ip) => {
        const theirs = new BlockList()
        const plain = entries.filter((entry) => !entry.ip.includes('.') || !entry.ip.includes(':'))
        for (const entry of plain) theirs.addAddress(entry.ip, isIPv6(entry.ip) ? 'ipv6' : 'ipv4')
        const ours = new AddressList(
          'allow',
          plain.map((entry) => entry.ip),
        )
        for (const asked of [ip, ...plain.map((entry) => entry.ip)]) {
          expect(ours.has(asked)).toBe(theirs.check(asked, isIPv6(asked) ? 'ipv6' : 'ipv4'))
        }
      }),
    )
  })

  it.each([
    '',
    'nonsense',
    '192.0.2.1/33',
    '192.0.2.1/24',
    '192.0.2.0/x',
    '192.0.2.0/24/1',
    '2001:db8::1/32',
    '::/129',
  ])('refuses %j', (entry) => {
    expect(() => new AddressList('allow', [entry])).toThrow(expect.objectContaining({ code: 'RL_INVALID_OPTION' }))
  })
})

describe('a forwarding header', () => {
  const forwards = (ip: string | undefined, peer: string | undefined, field = 'x-forwarded-for') =>
    forwardingWarning({ ip, peer, header: (name) => (name === field ? '203.0.113.7' : undefined) })

  it.each(['10.0.0.1', '127.0.0.1', '::1', '::ffff:192.168.0.1', 'fd00::1', 'fe80::1%eth0', '100.64.0.1'])(
    'of a proxy at %s that is not trusted is warned of',
    (peer) => {
      expect(forwards(peer, peer)).toContain(peer)
      expect(forwards(peer, peer, 'forwarded')).toContain('forwarded')
    },
  )

  it.each([
    ['that is trusted', '203.0.113.7', '10.0.0.1'],
    ['from outside, where anybody can send it', '203.0.113.8', '203.0.113.8'],
    ['of nobody knows whom', undefined, undefined],
    ['of something that is no address', 'unix:', 'unix:'],
  ])('%s is not', (_which, ip, peer) => {
    expect(forwards(ip, peer)).toBeUndefined()
  })

  it('that is not there is not', () => {
    expect(forwards('10.0.0.1', '10.0.0.1', 'via')).toBeUndefined()
  })
})
