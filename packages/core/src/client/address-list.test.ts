import { BlockList, isIPv6 } from 'node:net'

import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'

import { AddressList } from './address-list.ts'
import { forwardingWarning } from './forwarding-warning.ts'

const kindOf = (ip: string) => (isIPv6(ip) ? 'ipv6' : 'ipv4')

function networkAddress(ip: string, bits: number): string {
  const { IPv4, IPv6 } = ipaddr
  const network = isIPv6(ip)
    ? IPv6.networkAddressFromCIDR(`${ip}/${bits}`)
    : IPv4.networkAddressFromCIDR(`${ip}/${bits}`)
  return network.toString()
}

function withBitFlipped(ip: string, bit: number): string {
  const bytes = ipaddr.parse(ip).toByteArray()
  bytes[bit >> 3]! ^= 128 >> (bit & 7)
  return ipaddr.fromByteArray(bytes).toString()
}

describe('an address list', () => {
  it.each<[string, string[], string[]]>([
    ['192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7'], ['192.0.2.8', '::c000:207']],
    ['192.0.2.0/24', ['192.0.2.0', '192.0.2.255'], ['192.0.3.0', '192.0.1.255']],
    ['192.0.2.128/25', ['192.0.2.128', '192.0.2.255'], ['192.0.2.127']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::1']],
    ['2001:db8::/33', ['2001:db8::1', '2001:db8:7fff::1%eth0'], ['2001:db8:8000::1', '32.1.13.184']],
    ['::/0', ['::1', 'ffff::'], ['192.0.2.1']],
    ['2001:db8:1:2:8000::/65', ['2001:db8:1:2:ffff::1'], ['2001:db8:1:2:7fff::1', '2001:db8:1:3:8000::']],
    ['2001:db8::a:0/111', ['2001:db8::b:ffff'], ['2001:db8::c:0', '2001:db8::1:0:a:0']],
    ['2001:db8::6/127', ['2001:db8::7'], ['2001:db8::5']],
    ['2001:db8::1', ['2001:db8:0::1'], ['2001:db8::2', 'nonsense', '']],
  ])('of %s has %j, and not %j', (entry, inside, outside) => {
    const list = new AddressList('allow', [entry])
    expect([inside.map((ip) => list.has(ip)), outside.map((ip) => list.has(ip))]).toEqual([
      inside.map(() => true),
      outside.map(() => false),
    ])
  })

  it('agrees with Node’s own on networks of all lengths, and what is just outside of them', () => {
    const anyNetwork = fc.oneof(
      fc.record({ ip: fc.ipV4(), bits: fc.integer({ min: 0, max: 32 }), flipped: fc.nat(31) }),
      fc.record({
        ip: fc.ipV6().filter((ip) => !ip.includes('.')),
        bits: fc.integer({ min: 0, max: 128 }),
        flipped: fc.nat(127),
      }),
    )
    const property = fc.property(fc.array(anyNetwork, { minLength: 1, maxLength: 5 }), (networks) => {
      // One for each kind: for Node, all of IPv4 is in ::/0.
      const theirs = { ipv4: new BlockList(), ipv6: new BlockList() }
      const entries = networks.map(({ ip, bits }) => {
        const first = networkAddress(ip, bits)
        theirs[kindOf(ip)].addSubnet(first, bits, kindOf(ip))
        return `${first}/${bits}`
      })
      const ours = new AddressList('allow', entries)
      for (const { ip, flipped } of networks) {
        for (const asked of [ip, withBitFlipped(ip, flipped)]) {
          expect(ours.has(asked)).toBe(theirs[kindOf(asked)].check(asked, kindOf(asked)))
        }
      }
    })
    fc.assert(property, { numRuns: 5000 })
  })

  it.each([
    '',
    'nonsense',
    '192.0.2.1/33',
    '192.0.2.1/24',
    '192.0.2.0/x',
    '192.0.2.0/x24',
    '192.0.2.0/24x',
    '192.0.2.0/24/1',
    '2001:db8::1/32',
    '::/129',
  ])('refuses %j', (entry) => {
    const message = expect.stringMatching(/^Expected an entry of `allow` to be an? (address|network) .*, got /)
    expect(() => new AddressList('allow', [entry])).toThrow(
      expect.objectContaining({ code: 'RL_INVALID_OPTION', message }),
    )
  })

  it.each<unknown>(['192.0.2.1', [7], Array(1), undefined])('is none of %j', (entries) => {
    expect(() => new AddressList('allow', entries as string[])).toThrow(
      expect.objectContaining({ code: 'RL_INVALID_OPTION' }),
    )
  })
})

describe('a forwarding header', () => {
  const forwards = (ip: string | undefined, peer: string | undefined, field = 'x-forwarded-for') =>
    forwardingWarning(ip, peer, (name) => (name === field ? '203.0.113.7' : undefined))

  it.each(['10.0.0.1', '127.0.0.1', '::1', '::ffff:192.168.0.1', 'fd00::1', 'fe80::1%eth0', '100.64.0.1'])(
    'of a proxy at %s that is not trusted is warned of',
    (peer) => {
      expect(forwards(peer, peer)).toContain(peer)
      expect(forwards(peer, peer)).toContain('`trust proxy` in Express')
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
