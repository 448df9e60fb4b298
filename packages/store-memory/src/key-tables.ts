import { algorithms } from '@rl/core'
import type { AlgorithmName, Charge } from '@rl/core'

import { KeyTable } from './key-table.ts'

const KEYS_AT_A_TIME = 32
const BLOCKED_SHARE = 0.75

/** All keys: a table for each algorithm, and room for so many keys in all of them together. */
export class KeyTables {
  readonly #maxKeys: number
  readonly #tables: Readonly<Record<AlgorithmName, KeyTable>> = {
    'fixed-window': new KeyTable(algorithms['fixed-window']),
    'sliding-window': new KeyTable(algorithms['sliding-window']),
    'sliding-window-counter': new KeyTable(algorithms['sliding-window-counter']),
    'token-bucket': new KeyTable(algorithms['token-bucket']),
  }
  readonly #all: readonly KeyTable[] = Object.values(this.#tables)
  /** The table that is being swept. */
  #swept = 0

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys
  }

  /** How many keys are held. */
  get size(): number {
    let size = 0
    for (const { rows } of this.#all) size += rows.size
    return size
  }

  /** The table that a charge is counted in. */
  of({ limit }: Charge): KeyTable {
    return this.#tables[limit.algorithm as AlgorithmName]
  }

  hasRoomFor(keys: number): boolean {
    return this.size + keys <= this.#maxKeys
  }

  /**
   * Makes room for a key: an expired one goes first, if one is soon found, then an open one. Blocked keys may hold only so much of the store,
   * or whoever gets enough of them blocked would leave no room to count anybody else in.
   */
  evict(now: number): void {
    if (this.#all.some((table) => table.evictExpired(now))) return
    const blocked = this.#all.reduce((sum, { rows }) => sum + rows.sizeOf('blocked'), 0)
    const shelf = blocked > BLOCKED_SHARE * this.#maxKeys ? 'blocked' : 'open'
    this.#all.reduce((a, b) => (b.rows.sizeOf(shelf) > a.rows.sizeOf(shelf) ? b : a)).evict(shelf)
  }

  /** Drops expired keys among the next few in turn, and answers whether there are more to look at. */
  sweepSome(now: number): boolean {
    let left = KEYS_AT_A_TIME
    for (; this.#swept < this.#all.length; this.#swept++) {
      left -= this.#all[this.#swept]!.sweep(now, left)
      if (left === 0) return true
    }
    this.#swept = 0
    return false
  }

  delete(key: string): void {
    for (const table of this.#all) table.delete(key)
  }

  clear(): void {
    for (const table of this.#all) table.clear()
  }
}
