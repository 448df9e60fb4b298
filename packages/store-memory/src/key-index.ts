import type { EncodedKey } from './encoded-key.ts'
import { NO_ROW } from './rows.ts'
import type { Rows } from './rows.ts'

/** A hash table with open addressing: at each place a few bits of a hash, or one of the marks below, and a row. */
interface Table {
  readonly tags: Uint8Array
  readonly rows: Int32Array
}

const SMALLEST = 16
const FREE = 0
/** Was taken: a search goes on behind it. */
const GONE = 1
const MOVED_AT_A_TIME = 8

/**
 * Finds rows by their keys.
 *
 * To grow or to shrink, it moves to another table little by little, with every key that comes or goes. A `Map` of a million keys
 * does so at once, which takes 30 ms.
 */
export class KeyIndex {
  readonly #rows: Rows
  readonly #key: EncodedKey
  #table = tableOf(SMALLEST)
  /** How many keys the table has, and how many places of it are taken or were. */
  #size = 0
  #used = 0
  /** What is being moved from, and how much of it has been. */
  #old: Table | undefined
  #moved = 0

  /** @param key Reads the keys that are to be found. */
  constructor(rows: Rows, key: EncodedKey) {
    this.#rows = rows
    this.#key = key
  }

  /** The row of the key that was read last, or `NO_ROW`. */
  find(): number {
    const row = this.#findIn(this.#table)
    return row === NO_ROW && this.#old ? this.#findIn(this.#old) : row
  }

  /** From now on, the key that was read last is found in this row. */
  add(row: number): void {
    this.#put(this.#key.hash, row)
    this.#size += 1
    this.#settle()
  }

  /** Before its row is freed, the key there is found no more. */
  remove(row: number): void {
    const hash = this.#rows.hashOf(row, this.#key)
    if (!takeOut(this.#table, hash, row)) takeOut(this.#old!, hash, row)
    this.#size -= 1
    this.#settle()
  }

  clear(): void {
    this.#table = tableOf(SMALLEST)
    this.#size = 0
    this.#used = 0
    this.#old = undefined
  }

  #findIn({ tags, rows }: Table): number {
    const { hash } = this.#key
    const last = tags.length - 1
    const tag = tagOf(hash)
    for (let at = hash & last; ; at = (at + 1) & last) {
      const found = tags[at]
      if (found === tag && this.#rows.holds(rows[at]!, this.#key)) return rows[at]!
      if (found === FREE) return NO_ROW
    }
  }

  #put(hash: number, row: number): void {
    const { tags, rows } = this.#table
    const last = tags.length - 1
    let at = hash & last
    while (tags[at]! > GONE) at = (at + 1) & last
    if (tags[at] === FREE) this.#used += 1
    tags[at] = tagOf(hash)
    rows[at] = row
  }

  /** Goes on moving, or begins to where the table is three quarters used, or nearly empty. By the next time, all have moved. */
  #settle(): void {
    const { length } = this.#table.tags
    if (this.#old) this.#moveSome(this.#old)
    else if (this.#used > length * 0.75) this.#moveTo(this.#size > length * 0.375 ? 2 * length : length)
    else if (this.#size < length / 8 && length > SMALLEST) this.#moveTo(length / 2)
  }

  #moveTo(length: number): void {
    this.#old = this.#table
    this.#moved = 0
    this.#table = tableOf(length)
    this.#used = 0
  }

  #moveSome({ tags, rows }: Table): void {
    const end = Math.min(tags.length, this.#moved + MOVED_AT_A_TIME)
    for (let at = this.#moved; at < end; at++) {
      if (tags[at]! <= GONE) continue
      this.#put(this.#rows.hashOf(rows[at]!, this.#key), rows[at]!)
      tags[at] = GONE
    }
    this.#moved = end
    if (end === tags.length) this.#old = undefined
  }
}

function tableOf(length: number): Table {
  return { tags: new Uint8Array(length), rows: new Int32Array(length) }
}

/** Other bits of the hash than those that say where it is. Never a mark. */
function tagOf(hash: number): number {
  return (hash >>> 24) | 2
}

/** Answers whether the row was there. */
function takeOut({ tags, rows }: Table, hash: number, row: number): boolean {
  const last = tags.length - 1
  const tag = tagOf(hash)
  for (let at = hash & last; tags[at] !== FREE; at = (at + 1) & last) {
    if (tags[at] !== tag || rows[at] !== row) continue
    tags[at] = GONE
    return true
  }
  return false
}
