import { Chunk } from './chunk.ts'
import type { Shelf } from './chunk.ts'
import { wordsOf } from './encoded-key.ts'
import type { EncodedKey } from './encoded-key.ts'

export const NO_ROW = -1

/** A row's number is that of its chunk and, in its lowest bits, its place there. */
const PLACE_BITS = 12
const PLACES = 1 << PLACE_BITS
/** The first chunk of a length is small: most stores hold few keys. */
const FIRST_PLACES = 128

/** Where to go on looking. */
export interface Cursor {
  chunk: number
  place: number
}

/** Keys and their states, in chunks: nothing is ever copied to grow, and chunks that have become empty are let go. */
export class Rows {
  readonly #width: number
  readonly #chunks: (Chunk | undefined)[] = []
  readonly #unused: number[] = []
  /** Those with room, by the length of a row. */
  readonly #roomy: number[][] = []
  #size = 0
  #blockedSize = 0

  /** @param width How many numbers a state has, or mostly has if they are of any length from there. */
  constructor(width: number) {
    this.#width = width
  }

  get size(): number {
    return this.#size
  }

  sizeOf(shelf: Shelf): number {
    return shelf === 'blocked' ? this.#blockedSize : this.#size - this.#blockedSize
  }

  chunkOf(row: number): Chunk {
    return this.#chunks[row >>> PLACE_BITS]!
  }

  placeOf(row: number): number {
    return row & (PLACES - 1)
  }

  holds(row: number, key: EncodedKey): boolean {
    return this.chunkOf(row).holds(this.placeOf(row), key)
  }

  hashOf(row: number, key: EncodedKey): number {
    return this.chunkOf(row).hashOf(this.placeOf(row), key)
  }

  /** Where the state of a row begins in the numbers of its chunk. */
  startOf(row: number): number {
    return this.placeOf(row) * this.chunkOf(row).stride
  }

  /** Takes in a key, as one that is open, and answers its row. */
  add(key: EncodedKey): number {
    // After the state there are the head and the key, or what a free place needs.
    const stride = this.#width + Math.max(1, (wordsOf(key.head) + 2) >> 1)
    const roomy = (this.#roomy[stride] ??= [this.#addChunk(stride, FIRST_PLACES)])
    if (roomy.length === 0) roomy.push(this.#addChunk(stride, PLACES))
    const index = roomy.at(-1)!
    const chunk = this.#chunks[index]!
    const place = chunk.add(key)
    if (chunk.isFull) roomy.pop()
    this.#size += 1
    return (index << PLACE_BITS) | place
  }

  delete(row: number): void {
    const index = row >>> PLACE_BITS
    const chunk = this.chunkOf(row)
    const roomy = this.#roomy[chunk.stride]!
    if (chunk.isFull) roomy.push(index)
    this.setBlocked(row, false)
    chunk.delete(this.placeOf(row))
    this.#size -= 1
    // One with room stays, lest a key that comes and goes takes a chunk with it each time.
    if (!chunk.isEmpty || roomy.length === 1) return
    roomy.splice(roomy.indexOf(index), 1)
    this.#chunks[index] = undefined
    this.#unused.push(index)
  }

  setBlocked(row: number, isBlocked: boolean): void {
    if (this.chunkOf(row).setBlocked(this.placeOf(row), isBlocked)) this.#blockedSize += isBlocked ? 1 : -1
  }

  /** The next row, on a shelf if one is named. Where they end it answers `NO_ROW` once, and begins anew. */
  next(cursor: Cursor, shelf?: Shelf): number {
    for (; cursor.chunk < this.#chunks.length; cursor.chunk++, cursor.place = 0) {
      const place = this.#chunks[cursor.chunk]?.next(cursor.place, shelf)
      if (place !== undefined) {
        cursor.place = place + 1
        return (cursor.chunk << PLACE_BITS) | place
      }
    }
    cursor.chunk = 0
    return NO_ROW
  }

  clear(): void {
    this.#chunks.length = 0
    this.#unused.length = 0
    this.#roomy.length = 0
    this.#size = 0
    this.#blockedSize = 0
  }

  #addChunk(stride: number, places: number): number {
    const index = this.#unused.pop() ?? this.#chunks.length
    this.#chunks[index] = new Chunk(this.#width, stride, places)
    return index
  }
}
