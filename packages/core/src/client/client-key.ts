import { ConfigError, RequestError, shown } from '../errors.ts'
import { checkOptions } from '../options.ts'
import { AddressReader } from './address-reader.ts'
import { ADDRESS_BITS, networkText } from './network.ts'

/** What an address is grouped by. */
export interface ClientKeyOptions {
  /** How many leading bits of an IPv6 address tell clients apart: most get a whole /64 to themselves. @default 64 */
  readonly ipv6Subnet?: number
}

const OPTIONS = { ipv6Subnet: true } as const satisfies Record<keyof ClientKeyOptions, true>
const DEFAULT_IPV6_SUBNET = 64
const MAPPED = '::ffff:'
const reader = new AddressReader()

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
  // Plain IPv4 is named as it is.
  if (reader.readIPv4(address)) return address
  // So is IPv4 as a server that listens on `::` gets to see it: in 110 ns in a loop, where to write it anew takes 180 (Node 24 on an EPYC).
  if (typeof address === 'string' && address.startsWith(MAPPED)) {
    const mapped = address.slice(MAPPED.length)
    if (reader.readIPv4(mapped)) return mapped
  }
  if (!reader.readIPv6(address)) {
    throw new RequestError(
      'RL_INVALID_ADDRESS',
      `Expected \`ip\` to be an IPv4 or IPv6 address without a port, got ${shown(address)}`,
    )
  }
  const { isIPv4, words } = reader
  return networkText(isIPv4, words, isIPv4 ? ADDRESS_BITS.ipv4 : ipv6Subnet)
}

/** @throws {ConfigError} `RL_INVALID_OPTION` */
export function checkedSubnet(ipv6Subnet: number = DEFAULT_IPV6_SUBNET): number {
  if (!Number.isSafeInteger(ipv6Subnet) || ipv6Subnet < 1 || ipv6Subnet > ADDRESS_BITS.ipv6) {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected \`ipv6Subnet\` to be a whole number from 1 to ${ADDRESS_BITS.ipv6}, got ${shown(ipv6Subnet)}`,
    )
  }
  return ipv6Subnet
}
