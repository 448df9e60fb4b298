import { ConfigError, shown } from '../errors.ts'
import { checkTexts } from '../options.ts'
import { AddressReader } from './address-reader.ts'
import { ADDRESS_BITS, leadingBits } from './network.ts'

/** A set of addresses and networks. To look one up takes as many steps as there are lengths of network, however many there are. */
export class AddressList {
  /** The leading bits of the networks of each length: numbers for IPv4, texts for IPv6. */
  readonly #networks = new Map<number, Set<number | string>>()
  readonly #reader = new AddressReader()

  /**
   * @param entries Addresses, and networks such as `192.0.2.0/24`.
   * @throws {ConfigError} `RL_INVALID_OPTION`
   */
  constructor(option: string, entries: readonly string[]) {
    checkTexts(option, entries)
    const reader = this.#reader
    for (const entry of entries) {
      const [text = '', length, ...rest] = entry.split('/')
      const isAddress = reader.read(text)
      const { isIPv4, words } = reader
      const most = isIPv4 ? ADDRESS_BITS.ipv4 : ADDRESS_BITS.ipv6
      const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : Infinity
      if (!isAddress || bits > most || rest.length > 0) {
        refuse(option, 'an address or a network such as `192.0.2.0/24`', entry)
      }
      if (words.some((word, i) => (word & ~leadingBits(bits - 32 * i)) !== 0)) {
        refuse(option, 'a network whose address has no bits set beyond its length', entry)
      }
      const members = this.#networks.get(bits) ?? new Set()
      this.#networks.set(bits, members.add(prefixOf(isIPv4, words, bits)))
    }
  }

  /** Whether a text is an address that is in one of them. */
  has(text: string): boolean {
    return this.#networks.size > 0 && this.#reader.read(text) && this.hasRead(this.#reader)
  }

  /** Whether an address that has been read is in one of them. */
  hasRead({ isIPv4, words }: AddressReader): boolean {
    for (const [bits, members] of this.#networks) if (members.has(prefixOf(isIPv4, words, bits))) return true
    return false
  }
}

/** The leading bits of an address. */
function prefixOf(isIPv4: boolean, words: Int32Array, bits: number): number | string {
  const first = words[0]! & leadingBits(bits)
  if (isIPv4) return first
  const second = words[1]! & leadingBits(bits - 32)
  const third = words[2]! & leadingBits(bits - 64)
  const fourth = words[3]! & leadingBits(bits - 96)
  return `${first},${second},${third},${fourth}`
}

function refuse(option: string, expected: string, entry: string): never {
  throw new ConfigError(
    'RL_INVALID_OPTION',
    `Expected an entry of \`${option}\` to be ${expected}, got ${shown(entry)}`,
  )
}
