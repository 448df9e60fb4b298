import { AddressList } from '../client/address-list.ts'
import { ConfigError, shown } from '../errors.ts'
import { AddressReader } from './address-reader.ts'
import { leadingBits } from './width.ts'

interface Network {
  readonly isIPv4: boolean
  readonly words: Int32Array
  readonly masks: Int32Array
}

/** Networks that no guard acts on: an `AddressList`, for addresses that have been read. One comparison for each. */
export class AllowList {
  readonly #networks: readonly Network[]

  /** @throws {ConfigError} `RL_INVALID_OPTION` */
  constructor(entries: readonly string[] = []) {
    if (!Array.isArray(entries) || !entries.every((entry) => typeof entry === 'string')) {
      throw new ConfigError('RL_INVALID_OPTION', `Expected \`allow\` to be an array of texts, got ${shown(entries)}`)
    }
    // Refuses what is none.
    void new AddressList('allow', entries)
    this.#networks = entries.map(networkOf)
  }

  has({ isIPv4, words }: AddressReader): boolean {
    for (const network of this.#networks) {
      if (network.isIPv4 === isIPv4 && isInside(words, network)) return true
    }
    return false
  }
}

function networkOf(entry: string): Network {
  const [address = '', length] = entry.split('/')
  const { words, isIPv4 } = read(address)
  const bits = length === undefined ? 32 * words.length : Number(length)
  return { isIPv4, words, masks: words.map((_, i) => leadingBits(bits - 32 * i)) }
}

function read(address: string): AddressReader {
  const reader = new AddressReader()
  reader.read(address)
  return reader
}

function isInside(words: Int32Array, network: Network): boolean {
  for (let i = 0; i < words.length; i++) {
    if (((words[i]! ^ network.words[i]!) & network.masks[i]!) !== 0) return false
  }
  return true
}
