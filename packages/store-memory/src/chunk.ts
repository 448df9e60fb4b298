import { ChargeLog } from '@rl/core'
import type { State } from '@rl/core'

import { wordsOf } from './encoded-key.ts'
import type { EncodedKey } from './encoded-key.ts'

/** In a head, beside the key's own. */
const BLOCKED = 1 << 12
const NONE = -1

/** Keys that were last denied, or have nothing left; or the others. */
export type Shelf = 'blocked' | 'open'

/**
 * Places for keys and their states, side by side in one piece of memory: nothing for the garbage collector to walk. Each has a
 * state, then a head, which is 0 where there is no key, and the key.
 */
export class Chunk {
  /** How far it is from one place to the next, in numbers. */
  readonly stride: number
  readonly numbers: Float64Array
  /** The same memory, by half numbers. */
  readonly #words: Int32Array
  readonly #width: number
  readonly #capacity: number
  /** Logs that are longer than there is room for: their state begins with NaN. */
  #logs: (ChargeLog | undefined)[] | undefined
  #size = 0
  #blockedSize = 0
  /** Places from here on have never had a key. */
  #used = 0
  /** The place that was freed last. Where its key was, it says which one was freed before. */
  #lastFreed = NONE

  /** @param width How many numbers a state has, or has room for. */
  constructor(width: number, stride: number, capacity: number) {
    this.#width = width
    this.stride = stride
    this.#capacity = capacity
    this.numbers = new Float64Array(capacity * stride)
    this.#words = new Int32Array(this.numbers.buffer)
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  get isFull(): boolean {
    return this.#size === this.#capacity
  }

  sizeOf(shelf: Shelf): number {
    return shelf === 'blocked' ? this.#blockedSize : this.#size - this.#blockedSize
  }

  /** Takes in a key, as one that is open, and answers its place. There must be one. */
  add(key: EncodedKey): number {
    const place = this.#freePlace()
    const at = this.#headOf(place)
    this.#words[at] = key.head
    for (let i = wordsOf(key.head); i > 0; i--) this.#words[at + i] = key.words[i - 1]!
    this.#size += 1
    return place
  }

  delete(place: number): void {
    this.setBlocked(place, false)
    const at = this.#headOf(place)
    this.#words[at] = 0
    this.#words[at + 1] = this.#lastFreed
    if (this.#logs) this.#logs[place] = undefined
    this.#lastFreed = place
    this.#size -= 1
  }

  holds(place: number, key: EncodedKey): boolean {
    const at = this.#headOf(place)
    if ((this.#words[at]! & ~BLOCKED) !== key.head) return false
    for (let i = wordsOf(key.head); i > 0; i--) if (this.#words[at + i] !== key.words[i - 1]) return false
    return true
  }

  /** The hash of the key at a place. */
  hashOf(place: number, key: EncodedKey): number {
    const at = this.#headOf(place)
    return key.hashOf(this.#words[at]! & ~BLOCKED, this.#words, at + 1)
  }

  /** Answers whether that is new. */
  setBlocked(place: number, isBlocked: boolean): boolean {
    const at = this.#headOf(place)
    const head = this.#words[at]!
    if (((head & BLOCKED) !== 0) === isBlocked) return false
    this.#words[at] = head ^ BLOCKED
    this.#blockedSize += isBlocked ? 1 : -1
    return true
  }

  readState(place: number): State {
    const log = this.#longLogAt(place)
    if (log) return log.state
    const start = place * this.stride
    const state: number[] = []
    for (let i = start; i < start + this.#width; i++) state.push(this.numbers[i]!)
    return state
  }

  /** @param state Of the width, or longer. */
  writeState(place: number, state: ArrayLike<number>): void {
    if (state.length > this.#width) return this.writeLog(place, new ChargeLog(state))
    if (this.#logs) this.#logs[place] = undefined
    const start = place * this.stride
    for (let i = 0; i < this.#width; i++) this.numbers[start + i] = state[i]!
  }

  /** A log that is to be written when it has changed. */
  logAt(place: number): ChargeLog {
    return this.#longLogAt(place) ?? new ChargeLog(this.numbers, place * this.stride, this.#width)
  }

  writeLog(place: number, log: ChargeLog): void {
    const start = place * this.stride
    const isLong = log.width > this.#width
    if (isLong) this.#logs ??= Array.from({ length: this.#capacity })
    if (this.#logs) this.#logs[place] = isLong ? log : undefined
    if (isLong) this.numbers[start] = Number.NaN
    else log.writeTo(this.numbers, start)
  }

  /** The first place from this one on that has a key, on a shelf if one is named. */
  next(from: number, shelf?: Shelf): number | undefined {
    if (shelf !== undefined && this.sizeOf(shelf) === 0) return undefined
    for (let place = from; place < this.#used; place++) {
      const head = this.#words[this.#headOf(place)]!
      if (head !== 0 && (shelf === undefined || ((head & BLOCKED) !== 0) === (shelf === 'blocked'))) return place
    }
    return undefined
  }

  #longLogAt(place: number): ChargeLog | undefined {
    return Number.isNaN(this.numbers[place * this.stride]) ? this.#logs![place] : undefined
  }

  #freePlace(): number {
    if (this.#lastFreed === NONE) return this.#used++
    const place = this.#lastFreed
    this.#lastFreed = this.#words[this.#headOf(place) + 1]!
    return place
  }

  #headOf(place: number): number {
    return 2 * (place * this.stride + this.#width)
  }
}
