const NONE = -1
const PERCENT = 37
const DOT = 46
const COLON = 58
const ZERO = 48
const NINE = 57
/** What each hexadecimal digit is worth: a look-up, since which digits are letters no branch predictor can guess. */
const WORTH = new Int8Array(128).fill(NONE)
for (const [worth, digit] of Array.from('0123456789abcdef').entries()) {
  WORTH[digit.charCodeAt(0)] = worth
  WORTH[digit.toUpperCase().charCodeAt(0)] = worth
}

const GROUPS = 8

/**
 * Reads the text of an address into whole numbers (RFC 4291, 2.2, and RFC 4007, 11 for the zone, which is left out), and
 * allocates nothing. IPv4 in four decimal parts only, since `010.1` is one address here and another there.
 */
export class AddressReader {
  /** What was read last: an IPv4 address, also one that is mapped into IPv6, is the first of the four, and the rest are 0. */
  readonly words: Int32Array = new Int32Array(4)
  isIPv4 = false
  readonly #groups = new Uint16Array(GROUPS)
  /** The four decimal parts that were read last. */
  #dotted = 0

  /** @returns Whether the text is an address. If it is not, there is nothing to be read here. */
  read(text: string): boolean {
    return this.readIPv4(text) || this.readIPv6(text)
  }

  /** `read`, for IPv4 by itself only. */
  readIPv4(text: string): boolean {
    if (typeof text !== 'string' || !this.#readDotted(text, 0, text.length)) return false
    this.#set(true, this.#dotted, 0, 0, 0)
    return true
  }

  /** `read`, for IPv6 only, and IPv4 that is mapped into it. */
  readIPv6(text: string): boolean {
    return typeof text === 'string' && this.#readGroups(text)
  }

  #readDotted(text: string, start: number, end: number): boolean {
    let address = 0
    let part = NONE
    let dots = 0
    for (let i = start; i < end; i++) {
      const code = text.charCodeAt(i)
      if (code >= ZERO && code <= NINE) {
        // 010 is 8 to some and 10 to others.
        if (part === 0) return false
        part = part === NONE ? code - ZERO : 10 * part + code - ZERO
        if (part > 255) return false
      } else {
        if (code !== DOT || part === NONE || dots === 3) return false
        address = (address << 8) | part
        part = NONE
        dots += 1
      }
    }
    if (part === NONE || dots !== 3) return false
    this.#dotted = (address << 8) | part
    return true
  }

  #readGroups(text: string): boolean {
    let count = 0
    let group = 0
    let digits = 0
    let gapAt = NONE
    // The first of two colons at the start ends no group.
    for (let i = text.startsWith('::') ? 1 : 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === PERCENT) break
      if (code === DOT) return this.#readDottedEnd(text, i - digits, count, gapAt)
      if (code !== COLON) {
        const worth = code < WORTH.length ? WORTH[code]! : NONE
        if (worth === NONE || digits === 4) return false
        group = (group << 4) | worth
        digits += 1
      } else if (digits > 0) {
        if (count === GROUPS - 1) return false
        this.#groups[count] = group
        count += 1
        group = digits = 0
      } else {
        // The second of two, which there can be once.
        if (gapAt !== NONE || i === 0) return false
        gapAt = count
      }
    }
    if (digits > 0) {
      this.#groups[count] = group
      count += 1
    } else if (gapAt !== count) return false
    return this.#setGroups(count, gapAt)
  }

  /** The last two groups may be written as IPv4 is. */
  #readDottedEnd(text: string, start: number, count: number, gapAt: number): boolean {
    const zoneAt = text.indexOf('%', start)
    if (count > GROUPS - 2 || !this.#readDotted(text, start, zoneAt === NONE ? text.length : zoneAt)) return false
    this.#groups[count] = this.#dotted >>> 16
    this.#groups[count + 1] = this.#dotted
    return this.#setGroups(count + 2, gapAt)
  }

  #setGroups(count: number, gapAt: number): boolean {
    const groups = this.#groups
    if (gapAt === NONE ? count < GROUPS : count === GROUPS) return false
    if (gapAt !== NONE) {
      // What came after the gap goes to the end. (`copyWithin` and `fill` take longer than all else here together.)
      for (let i = GROUPS - 1; i >= gapAt; i--) {
        const from = i - GROUPS + count
        groups[i] = from >= gapAt ? groups[from]! : 0
      }
    }
    const first = (groups[0]! << 16) | groups[1]!
    const second = (groups[2]! << 16) | groups[3]!
    const third = (groups[4]! << 16) | groups[5]!
    const fourth = (groups[6]! << 16) | groups[7]!
    if (first === 0 && second === 0 && third === 0xffff) this.#set(true, fourth, 0, 0, 0)
    else this.#set(false, first, second, third, fourth)
    return true
  }

  #set(isIPv4: boolean, first: number, second: number, third: number, fourth: number): void {
    const { words } = this
    this.isIPv4 = isIPv4
    words[0] = first
    words[1] = second
    words[2] = third
    words[3] = fourth
  }
}
