import ipaddr from 'ipaddr.js'

import { ConfigError, RequestError, shown } from '../errors.ts'
import { checkOptions } from '../options.ts'

/** What an address is grouped by. */
export interface ClientKeyOptions {
  /** How many leading bits of an IPv6 address tell clients apart: most get a whole /64 to themselves. @default 64 */
  readonly ipv6Subnet?: number
}

const OPTIONS = { ipv6Subnet: true } as const satisfies Record<keyof ClientKeyOptions, true>
const DEFAULT_IPV6_SUBNET = 64
const IPV6_BITS = 128
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39

/**
 * Names the client behind an address, so that all spellings of it count as one: IPv4 as it is, also where it is mapped
 * into IPv6; IPv6 by its network (RFC 6177), written as RFC 5952 has it, without zone.
 *
 * @throws {RequestError} `RL_INVALID_ADDRESS` if the text is no address, or has a port.
 * @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION`
 *
 * @example
 * ```ts
 * import { clientKey } from '@rl/core'
 *
 * clientKey('::ffff:203.0.113.7') // '203.0.113.7'
 * clientKey('2001:db8:1:2:3:4:5:6') // '2001:db8:1:2::/64'
 * ```
 */
export function clientKey(address: string, options: ClientKeyOptions = {}): string {
  checkOptions('clientKey', options, OPTIONS)
  return clientKeyIn(address, checkedSubnet(options.ipv6Subnet))
}

/** `clientKey`, for a subnet that has been checked. */
export function clientKeyIn(address: string, ipv6Subnet: number): string {
  // Nearly all addresses are plain IPv4: no need to take them apart.
  if (typeof address === 'string' && isIPv4(address)) return address
  const parsed = parseAddress(address)
  if (!parsed) {
    throw new RequestError(
      'RL_INVALID_ADDRESS',
      `Expected \`ip\` to be an IPv4 or IPv6 address without a port, got ${shown(address)}`,
    )
  }
  if (parsed.kind() === 'ipv4') return parsed.toString()
  if (ipv6Subnet === IPV6_BITS) return parsed.toString()
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${ipv6Subnet}`)
  return `${network.toString()}/${ipv6Subnet}`
}

/** @throws {ConfigError} `RL_INVALID_OPTION` */
export function checkedSubnet(ipv6Subnet: number = DEFAULT_IPV6_SUBNET): number {
  if (!Number.isSafeInteger(ipv6Subnet) || ipv6Subnet < 1 || ipv6Subnet > IPV6_BITS) {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected \`ipv6Subnet\` to be a whole number from 1 to ${IPV6_BITS}, got ${shown(ipv6Subnet)}`,
    )
  }
  return ipv6Subnet
}

/** Reads an address; IPv4 in four decimal parts only, since `010.1` is one address here and another there. */
export function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (typeof address !== 'string') return undefined
  if (isIPv4(address)) return ipaddr.IPv4.parse(address)
  if (!address.includes(':')) return undefined
  const [bare = ''] = address.split('%', 1)
  if (!ipaddr.IPv6.isValid(bare)) return undefined
  const parsed = ipaddr.IPv6.parse(bare)
  return parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed
}

/**
 * Whether a text is four decimal numbers of at most 255, without leading zeros. By hand: as many instructions
 * as a regular expression, in half as many cache lines of code, which are cold in a server (single-stepped; Node 24, x64).
 */
function isIPv4(text: string): boolean {
  let dots = 0
  let octet = -1
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === DOT && octet >= 0) {
      dots += 1
      octet = -1
    } else {
      if (unit < ZERO || unit > NINE || octet === 0) return false
      octet = 10 * Math.max(0, octet) + unit - ZERO
      if (octet > 255) return false
    }
  }
  return dots === 3 && octet >= 0
}
