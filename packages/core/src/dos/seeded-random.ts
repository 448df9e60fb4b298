/**
 * Random numbers for what no answer shows to anybody; the same from the same seed. SplitMix (Steele, Lea and Flood, 2014) in
 * 32 bits, mixed as MurmurHash3 does at its end.
 */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** Begins anew from another seed. */
  reseed(seed: number): void {
    this.#state = seed | 0
  }

  /** At least 0, and below 1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let mixed = this.#state ^ (this.#state >>> 16)
    mixed = Math.imul(mixed, 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}

/** Two words of key, and one to start random numbers from: the same from the same seed, and nobody's guess without one. */
export function secretWords(seed: number | undefined): readonly [number, number, number] {
  if (seed === undefined) {
    const [k0, k1, start] = crypto.getRandomValues(new Int32Array(3))
    return [k0!, k1!, start!]
  }
  const random = new SeededRandom(seed)
  const word = () => (random.next() * 2 ** 32) | 0
  return [word(), word(), word()]
}
