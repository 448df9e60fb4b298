export const NONE = -1
/** Where the words of a record begin that are its owner's own. */
export const KEY_WORDS = 4

const HIGH = 0
const LOW = 1
const HASH = 2
const WIDTH = 3
/** In `WIDTH`, of a record that is free; `HIGH` then leads to the next free one. */
const FREE = -1
const BYTES_PER_WORD = 4

/**
 * So many records of a few words each, found by the exact key of a source (two words of its address, and its width), in
 * memory that is reserved once.
 *
 * The records lie side by side and never move. They are found through a table of cells with open addressing, at most half
 * full, one word each: the number of a record, and in the bits above it some of the hash, so that a source that is not
 * there costs one read of memory, and one that is there two.
 */
export class RecordTable {
  /** The records: each begins at a multiple of the words that it has. */
  readonly words: Int32Array
  readonly capacity: number
  /** How many records are in use. */
  size = 0
  readonly #cells: Int32Array
  readonly #cellMask: number
  readonly #recordWords: number
  /** Records from here on have not been used yet: their pages are not even there. */
  #unused = 0
  #free = NONE
  #hand = 0

  /** @param recordWords The key's words among them; even, so that a record can hold doubles. */
  constructor(capacity: number, recordWords: number) {
    const cells = cellsFor(capacity)
    this.capacity = capacity
    this.words = new Int32Array(capacity * recordWords)
    this.#recordWords = recordWords
    this.#cells = new Int32Array(cells)
    this.#cellMask = cells - 1
  }

  /** How many records so many bytes are enough for. */
  static capacityOf(bytes: number, recordWords: number): number {
    const bytesOf = (capacity: number) => BYTES_PER_WORD * (capacity * recordWords + cellsFor(capacity))
    let capacity = 1
    for (let step = 2 ** 30; step >= 1; step /= 2) if (bytesOf(capacity + step) <= bytes) capacity += step
    return capacity
  }

  get bytes(): number {
    return this.words.byteLength + this.#cells.byteLength
  }

  get isFull(): boolean {
    return this.size === this.capacity
  }

  /** Whether every record has been used before: from then on there is room only where others are removed. */
  get isUsedUp(): boolean {
    return this.#unused === this.capacity
  }

  /** @returns Where the record of a source begins, or `NONE`. */
  find(hash: number, high: number, low: number, width: number): number {
    const cells = this.#cells
    const mask = this.#cellMask
    const words = this.words
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const cell = cells[i]!
      if (cell === 0) return NONE
      if (((cell ^ hash) & ~mask) === 0) {
        const at = ((cell & mask) - 1) * this.#recordWords
        if (words[at] === high && words[at + LOW] === low && words[at + WIDTH] === width) return at
      }
    }
  }

  /** Adds a source that is not there, to a table that is not full. All but the key is 0. */
  add(hash: number, high: number, low: number, width: number): number {
    const { words } = this
    const at = this.#take()
    for (let i = KEY_WORDS; i < this.#recordWords; i++) words[at + i] = 0
    words[at + HIGH] = high
    words[at + LOW] = low
    words[at + HASH] = hash
    words[at + WIDTH] = width
    let i = hash & this.#cellMask
    while (this.#cells[i] !== 0) i = (i + 1) & this.#cellMask
    this.#cells[i] = (hash & ~this.#cellMask) | (at / this.#recordWords + 1)
    this.size += 1
    return at
  }

  remove(at: number): void {
    this.#emptyCell(this.#cellOf(at))
    this.words[at + WIDTH] = FREE
    this.words[at + HIGH] = this.#free
    this.#free = at
    this.size -= 1
  }

  isFree(at: number): boolean {
    return this.words[at + WIDTH] === FREE
  }

  highOf(at: number): number {
    return this.words[at + HIGH]!
  }

  lowOf(at: number): number {
    return this.words[at + LOW]!
  }

  widthOf(at: number): number {
    return this.words[at + WIDTH]!
  }

  /** All records that are not free. */
  *used(): Generator<number> {
    for (let at = 0; at < this.#unused * this.#recordWords; at += this.#recordWords) if (!this.isFree(at)) yield at
  }

  /** Passes the records that have been used at some time, round and round. */
  next(): number {
    if (this.#hand >= this.#unused) this.#hand = 0
    const at = this.#hand * this.#recordWords
    this.#hand += 1
    return at
  }

  #take(): number {
    const at = this.#free
    if (at === NONE) {
      this.#unused += 1
      return (this.#unused - 1) * this.#recordWords
    }
    this.#free = this.words[at + HIGH]!
    return at
  }

  #cellOf(at: number): number {
    const mask = this.#cellMask
    const number = at / this.#recordWords + 1
    let i = this.words[at + HASH]! & mask
    while ((this.#cells[i]! & mask) !== number) i = (i + 1) & mask
    return i
  }

  /** Moves back what had to give way to the cell's record, so that no search ends too early (Knuth, 6.4, algorithm R). */
  #emptyCell(cell: number): void {
    const cells = this.#cells
    const mask = this.#cellMask
    let hole = cell
    for (let i = (hole + 1) & mask; cells[i] !== 0; i = (i + 1) & mask) {
      const home = this.words[((cells[i]! & mask) - 1) * this.#recordWords + HASH]! & mask
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        cells[hole] = cells[i]!
        hole = i
      }
    }
    cells[hole] = 0
  }
}

function cellsFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(2 * (capacity + 1)))
}
