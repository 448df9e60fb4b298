import { ChargeLog, keyPartsOf } from '@rl/core'
import type { Algorithm, AlgorithmInPlace, Charge, Limit, State, Verdict } from '@rl/core'

import type { Shelf } from './chunk.ts'
import { EncodedKey } from './encoded-key.ts'
import { KeyIndex } from './key-index.ts'
import { NO_ROW, Rows } from './rows.ts'
import type { Cursor } from './rows.ts'

const EVICTION_SAMPLE = 16
/** A sliding window with one charge, which is all that most keys ever have. */
const SHORTEST_LOG = 3

/**
 * The keys of one algorithm, with their states.
 *
 * Keys that were last denied, or have nothing left, are told apart: they are what the store is there to remember, so they
 * are the last to go when room is needed.
 */
export class KeyTable {
  readonly rows: Rows
  /** The algorithm, if its states are of one length; else they are logs. */
  readonly #inPlace: AlgorithmInPlace | undefined
  /** Numbers to decide on where a key is not there. */
  readonly #unused: Float64Array
  readonly #index: KeyIndex
  /** The key that is being looked for. */
  readonly #key = new EncodedKey()
  readonly #turns: Readonly<Record<Shelf | 'expired' | 'sweep', Cursor>> = {
    blocked: { chunk: 0, place: 0 },
    open: { chunk: 0, place: 0 },
    expired: { chunk: 0, place: 0 },
    sweep: { chunk: 0, place: 0 },
  }

  constructor(algorithm: Algorithm) {
    this.#inPlace = 'decide' in algorithm ? (algorithm as AlgorithmInPlace) : undefined
    const width = algorithm.width ?? SHORTEST_LOG
    this.#unused = new Float64Array(width)
    this.rows = new Rows(width)
    this.#index = new KeyIndex(this.rows, this.#key)
  }

  /** The row of a key, which may be told in two parts, or `NO_ROW`. */
  find(key: string, rest?: string): number {
    this.#key.read(key, rest)
    return this.#index.find()
  }

  /** The row of the key of a charge, or `NO_ROW`. */
  findFor(charge: Charge): number {
    const { head, tail } = keyPartsOf(charge)
    return this.find(head, tail)
  }

  /** Takes in a key that is not there, and answers its row. */
  add(key: string, rest?: string): number {
    this.#key.read(key, rest)
    const row = this.rows.add(this.#key)
    this.#index.add(row)
    return row
  }

  /** Decides a charge on the row of its key, or on none, and writes what comes of it. */
  consume(row: number, charge: Charge, now: number): Verdict {
    if (row === NO_ROW) return this.#consumeUnused(charge, now)
    const { limit, cost } = charge
    const verdict = this.#decide(row, limit, cost, now, true)
    if (cost > 0) this.rows.setBlocked(row, !verdict.allowed || verdict.remaining === 0)
    return verdict
  }

  /** Answers what `consume` would. */
  peek(row: number, limit: Limit, cost: number, now: number): Verdict {
    if (row !== NO_ROW) return this.#decide(row, limit, cost, now, false)
    if (!this.#inPlace) return new ChargeLog().decide(limit, cost, now, false)
    return this.#inPlace.decide(limit, cost, now, this.#unused.fill(0), 0, false)
  }

  read(key: string): State | undefined {
    const row = this.find(key)
    return row === NO_ROW ? undefined : this.rows.chunkOf(row).readState(this.rows.placeOf(row))
  }

  write(key: string, state: State, isBlocked: boolean): void {
    const found = this.find(key)
    const row = found === NO_ROW ? this.add(key) : found
    this.rows.chunkOf(row).writeState(this.rows.placeOf(row), state)
    this.rows.setBlocked(row, isBlocked)
  }

  /** Keeps a key that was denied from being evicted before others. */
  block(key: string): void {
    const row = this.find(key)
    if (row !== NO_ROW) this.rows.setBlocked(row, true)
  }

  delete(key: string): void {
    const row = this.find(key)
    if (row !== NO_ROW) this.#deleteRow(row)
  }

  clear(): void {
    this.rows.clear()
    this.#index.clear()
  }

  /** Drops a key that does not matter any more, if there is one among the next few in turn. */
  evictExpired(now: number): boolean {
    for (let i = Math.min(EVICTION_SAMPLE, this.rows.size); i > 0; i--) {
      const row = this.#nextOf('expired')
      if (this.#expiryOf(row) <= now) {
        this.#deleteRow(row)
        return true
      }
    }
    return false
  }

  /** Drops one key to make room: of the next few in turn, the one that would be forgotten soonest anyway. */
  evict(shelf: Shelf): void {
    let soonest = NO_ROW
    let expiry = Infinity
    for (let i = Math.min(EVICTION_SAMPLE, this.rows.sizeOf(shelf)); i > 0; i--) {
      const row = this.#nextOf(shelf, shelf)
      const rowExpiry = this.#expiryOf(row)
      if (rowExpiry < expiry) {
        soonest = row
        expiry = rowExpiry
      }
    }
    if (soonest !== NO_ROW) this.#deleteRow(soonest)
  }

  /** Looks at so many keys, from where it stopped, and drops those that do not matter any more. Answers how many it has seen: less where they end. */
  sweep(now: number, count: number): number {
    for (let seen = 0; seen < count; seen++) {
      const row = this.rows.next(this.#turns.sweep)
      if (row === NO_ROW) return seen
      if (this.#expiryOf(row) <= now) this.#deleteRow(row)
    }
    return count
  }

  /** The next row in turn, round and round. There must be one. */
  #nextOf(turn: Shelf | 'expired', shelf?: Shelf): number {
    const row = this.rows.next(this.#turns[turn], shelf)
    return row === NO_ROW ? this.rows.next(this.#turns[turn], shelf) : row
  }

  #decide(row: number, limit: Limit, cost: number, now: number, writes: boolean): Verdict {
    const chunk = this.rows.chunkOf(row)
    if (this.#inPlace) return this.#inPlace.decide(limit, cost, now, chunk.numbers, this.rows.startOf(row), writes)
    const place = this.rows.placeOf(row)
    const log = chunk.logAt(place)
    const verdict = log.decide(limit, cost, now, writes)
    if (writes) chunk.writeLog(place, log)
    return verdict
  }

  #consumeUnused(charge: Charge, now: number): Verdict {
    const { limit, cost } = charge
    const log = this.#inPlace ? undefined : new ChargeLog()
    const verdict = log
      ? log.decide(limit, cost, now, true)
      : this.#inPlace!.decide(limit, cost, now, this.#unused.fill(0), 0, true)
    if (!verdict.allowed || cost === 0) return verdict
    const { head, tail } = keyPartsOf(charge)
    const row = this.add(head, tail)
    const chunk = this.rows.chunkOf(row)
    if (log) chunk.writeLog(this.rows.placeOf(row), log)
    else chunk.writeState(this.rows.placeOf(row), this.#unused)
    if (verdict.remaining === 0) this.rows.setBlocked(row, true)
    return verdict
  }

  /** From when on (ms) the state of a row does not matter any more. */
  #expiryOf(row: number): number {
    const chunk = this.rows.chunkOf(row)
    if (this.#inPlace) return this.#inPlace.expiresAt(chunk.numbers, this.rows.startOf(row))
    return chunk.logAt(this.rows.placeOf(row)).expiresAt
  }

  #deleteRow(row: number): void {
    this.#index.remove(row)
    this.rows.delete(row)
  }
}
