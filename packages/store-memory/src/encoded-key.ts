import { storageKey } from '@rl/core'

/** A longer key is kept as a hash of it. */
const LONGEST = 200

/** What a head says, beside how many characters there are. */
const CHARACTERS = (1 << 9) - 1
const KEY = 1 << 9
const WIDE = 1 << 10
const LONG = 1 << 11

/**
 * A key as it is kept: its characters, four in a word, or two where one of them takes more than a byte. A table has one of these,
 * which reads key after key.
 */
export class EncodedKey {
  /** The key begins where they begin, and may end before they do. */
  readonly words: Int32Array = new Int32Array(LONGEST / 2)
  /** What the words do not say: how many characters they are, and of what kind. Never 0, and less than 2^12. */
  head = 0
  hash = 0
  #seed = 0
  #factor = 0

  /** Reads another key. */
  read(key: string): void {
    if (this.#factor === 0) this.#chooseSecrets()
    const isLong = key.length > LONGEST
    const text = isLong ? storageKey(key) : key
    const isNarrow = packBytes(text, this.words)
    if (!isNarrow) packPairs(text, this.words)
    this.head = text.length | KEY | (isLong ? LONG : 0) | (isNarrow ? 0 : WIDE)
    this.hash = this.hashOf(this.head, this.words, 0)
  }

  /** The hash of a key. It goes by secret numbers, so that nobody outside can choose names that collide. */
  hashOf(head: number, words: Int32Array, start: number): number {
    const end = start + wordsOf(head)
    let hash = this.#seed ^ head
    for (let i = start; i < end; i++) {
      hash ^= words[i]!
      // A difference in the highest bit alone would go through the product as it is, whatever the factor.
      hash = Math.imul(hash ^ (hash >>> 15), this.#factor)
    }
    return hash ^ (hash >>> 16)
  }

  /** Not before they are needed: where a worker starts, Cloudflare knows no random numbers yet. */
  #chooseSecrets(): void {
    const [seed, factor] = crypto.getRandomValues(new Int32Array(2))
    this.#seed = seed!
    this.#factor = factor! | 1
  }
}

/** How many words a key has. */
export function wordsOf(head: number): number {
  const characters = head & CHARACTERS
  return head & WIDE ? (characters + 1) >> 1 : (characters + 3) >> 2
}

/** Answers whether a byte is enough for each character. Four at a time: this loop is half of what it takes to find a key. */
function packBytes(text: string, words: Int32Array): boolean {
  const whole = text.length & ~3
  let seen = 0
  for (let i = 0; i < whole; i += 4) {
    const a = text.charCodeAt(i)
    const b = text.charCodeAt(i + 1)
    const c = text.charCodeAt(i + 2)
    const d = text.charCodeAt(i + 3)
    seen |= a | b | c | d
    words[i >> 2] = a | (b << 8) | (c << 16) | (d << 24)
  }
  if (whole < text.length) {
    let rest = 0
    for (let i = whole; i < text.length; i++) {
      const a = text.charCodeAt(i)
      seen |= a
      rest |= a << (8 * (i - whole))
    }
    words[whole >> 2] = rest
  }
  return seen < 0x100
}

function packPairs(text: string, words: Int32Array): void {
  for (let i = 0; i < text.length; i += 2) {
    const second = i + 1 < text.length ? text.charCodeAt(i + 1) : 0
    words[i >> 1] = text.charCodeAt(i) | (second << 16)
  }
}
