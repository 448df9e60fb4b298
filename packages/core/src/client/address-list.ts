import type ipaddr from 'ipaddr.js'

import { ConfigError, shown } from '../errors.ts'
import { parseAddress } from './client-key.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6
const BITS = { ipv4: 32, ipv6: 128 } as const

/** A set of addresses and networks. To look one up takes as many steps as there are lengths of network, however many there are. */
export class AddressList {
  /** The networks of each kind and length, `ipv4/24`, by their leading bytes. */
  readonly #networks = new Map<string, { readonly bits: number; readonly members: Set<string> }>()

  /**
   * @param entries Addresses, and networks such as `192.0.2.0/24`.
   * @throws {ConfigError} `RL_INVALID_OPTION`
   */
  constructor(option: string, entries: readonly string[]) {
    for (const entry of entries) {
      const [text = '', length] = entry.split('/')
      const address = parseAddress(text)
      const most = address ? BITS[address.kind()] : 0
      const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Infinity
      if (!address || bits > most || entry.split('/').length > 2)
        refuse(option, 'an address or a network such as `192.0.2.0/24`', entry)
      if (prefixOf(address, bits) !== prefixOf(address, most)) {
        refuse(option, 'a network whose address has no bits set beyond its length', entry)
      }
      const name = `${address.kind()}/${bits}`
      const network = this.#networks.get(name) ?? { bits, members: new Set<string>() }
      network.members.add(prefixOf(address, bits))
      this.#networks.set(name, network)
    }
  }

  has(text: string): boolean {
    const address = this.#networks.size > 0 ? parseAddress(text) : undefined
    if (!address) return false
    for (const [name, { bits, members }] of this.#networks) {
      if (name.startsWith(address.kind()) && members.has(prefixOf(address, bits))) return true
    }
    return false
  }
}

/** The address with all but its leading bits cleared. */
function prefixOf(address: Address, bits: number): string {
  const masked = address.toByteArray().map((byte, i) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * i))
    return byte & (0xff << (8 - kept)) & 0xff
  })
  return masked.join('.')
}

function refuse(option: string, expected: string, entry: string): never {
  throw new ConfigError(
    'RL_INVALID_OPTION',
    `Expected an entry of \`${option}\` to be ${expected}, got ${shown(entry)}`,
  )
}
