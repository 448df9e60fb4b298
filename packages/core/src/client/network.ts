/** Bits of an address. */
export const ADDRESS_BITS = { ipv4: 32, ipv6: 128 } as const

const GROUPS = 8
const NONE = -1

/** A word whose first so many bits are 1: none for less than one, all for more than 31. */
export function leadingBits(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? -1 : -1 << (32 - bits)
}

/**
 * The network that an address is in, by its leading bits: `192.0.2.0/24`, `2001:db8::/64` (as RFC 5952 has it); the address alone
 * where these are all.
 *
 * @param words Of 32 bits each: one for IPv4, four for IPv6.
 */
export function networkText(isIPv4: boolean, words: ArrayLike<number>, bits: number): string {
  const text = isIPv4 ? ipv4Text(words[0]! & leadingBits(bits)) : ipv6Text(words, bits)
  return bits === (isIPv4 ? ADDRESS_BITS.ipv4 : ADDRESS_BITS.ipv6) ? text : `${text}/${bits}`
}

function ipv4Text(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
}

/** Two colons stand for the longest run of zeros, the first of equals, but not for a single one. */
function ipv6Text(words: ArrayLike<number>, bits: number): string {
  let gapAt = NONE
  let gap = 1
  let zerosFrom = 0
  for (let i = 0; i < GROUPS; i++) {
    if (groupOf(words, i, bits) !== 0) zerosFrom = i + 1
    else if (i + 1 - zerosFrom > gap) {
      gapAt = zerosFrom
      gap = i + 1 - zerosFrom
    }
  }
  let text = ''
  for (let i = 0; i < GROUPS; i++) {
    if (i === gapAt) text += '::'
    if (i >= gapAt && i < gapAt + gap) continue
    const separator = i === 0 || i === gapAt + gap ? '' : ':'
    text += separator + groupOf(words, i, bits).toString(16)
  }
  return text
}

/** One of eight groups, with no more than so many leading bits of all of them. */
function groupOf(words: ArrayLike<number>, i: number, bits: number): number {
  const word = words[i >> 1]! & leadingBits(bits - 32 * (i >> 1))
  return i % 2 === 0 ? word >>> 16 : word & 0xffff
}
