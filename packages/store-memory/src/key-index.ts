import type { EncodedKey } from './encoded-key.ts'
import { NO_ROW } from './rows.ts'
import type { Rows } from './rows.ts'

/** In numbers, two for each entry: a hash, and a row plus one. */
const SHORTEST = 32
const NOTHING = new Int32Array(0)
const FREE = 0
/** In the old table: was there, and may have others behind it. */
const GONE = -1
const MOVED_AT_A_TIME = 16

/**
 * Finds rows by their keys: a hash table with open addressing.
 *
 * To grow or to shrink, it moves to another table little by little, with every key that comes or goes. A `Map` of a million keys
 * does so at once, which takes 30 ms.
 */
export class KeyIndex {
  readonly #rows: Rows
  #table = new Int32Array(SHORTEST)
  /** What is being moved from. */
  #old = NOTHING
  /** How much of it has been moved. */
  #moved = 0
  #size = 0

  constructor(rows: Rows) {
    this.#rows = rows
  }

  /** The row of a key, or `NO_ROW`. */
  find(key: EncodedKey): number {
    const row = this.#findIn(this.#table, key)
    return row === NO_ROW && this.#old.length > 0 ? this.#findIn(this.#old, key) : row
  }

  add(hash: number, row: number): void {
    put(this.#table, hash, row + 1)
    this.#size += 1
    this.#settle()
  }

  remove(hash: number, row: number): void {
    if (!takeOut(this.#table, hash, row + 1)) this.#old[positionOf(this.#old, hash, row + 1) + 1] = GONE
    this.#size -= 1
    this.#settle()
  }

  clear(): void {
    this.#table = new Int32Array(SHORTEST)
    this.#old = NOTHING
    this.#size = 0
  }

  #findIn(table: Int32Array, key: EncodedKey): number {
    const { hash } = key
    const last = table.length - 2
    for (let at = homeOf(hash) & last; ; at = (at + 2) & last) {
      const entry = table[at + 1]!
      if (entry === FREE) return NO_ROW
      if (table[at] === hash && entry !== GONE && this.#rows.holds(entry - 1, key)) return entry - 1
    }
  }

  /** Goes on moving, or begins to where the table is three quarters full, or an eighth. Long before the next time, all have moved. */
  #settle(): void {
    const { length } = this.#table
    if (this.#old.length > 0) this.#moveSome()
    else if (this.#size > length * (3 / 8)) this.#moveTo(2 * length)
    else if (this.#size < length / 16 && length > SHORTEST) this.#moveTo(length / 2)
  }

  #moveTo(length: number): void {
    this.#old = this.#table
    this.#table = new Int32Array(length)
    this.#moved = 0
  }

  #moveSome(): void {
    const old = this.#old
    const end = Math.min(old.length, this.#moved + 2 * MOVED_AT_A_TIME)
    for (let at = this.#moved; at < end; at += 2) {
      if (old[at + 1]! <= FREE) continue
      put(this.#table, old[at]!, old[at + 1]!)
      old[at + 1] = GONE
    }
    this.#moved = end
    if (end === old.length) this.#old = NOTHING
  }
}

/** Where the search for a hash begins, if the table had no end. */
function homeOf(hash: number): number {
  return hash << 1
}

function put(table: Int32Array, hash: number, entry: number): void {
  const last = table.length - 2
  let at = homeOf(hash) & last
  while (table[at + 1] !== FREE) at = (at + 2) & last
  table[at] = hash
  table[at + 1] = entry
}

/** Where an entry is; -1 if it is not there. */
function positionOf(table: Int32Array, hash: number, entry: number): number {
  const last = table.length - 2
  for (let at = homeOf(hash) & last; ; at = (at + 2) & last) {
    if (table[at + 1] === entry) return at
    if (table[at + 1] === FREE) return -1
  }
}

/** Takes an entry out, if it is there, and moves up those that were put behind it for want of room. */
function takeOut(table: Int32Array, hash: number, entry: number): boolean {
  let hole = positionOf(table, hash, entry)
  if (hole < 0) return false
  const last = table.length - 2
  for (let at = (hole + 2) & last; table[at + 1] !== FREE; at = (at + 2) & last) {
    const fromHome = (at - homeOf(table[at]!)) & last
    if (fromHome < ((at - hole) & last)) continue
    table[hole] = table[at]!
    table[hole + 1] = table[at + 1]!
    hole = at
  }
  table[hole + 1] = FREE
  return true
}
