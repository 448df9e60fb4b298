import type { State } from '@rl/core'

import { Rotation } from './rotation.ts'
import { ShardedMap } from './sharded-map.ts'
import type { States } from './states.ts'

const EVICTION_SAMPLE = 16
const NONE = -1

/**
 * The keys of one algorithm, with their states.
 *
 * Keys that were last denied, or have nothing left, are kept apart: they are what the store is there to remember, so
 * they are the last to go when room is needed.
 */
export class KeyTable {
  readonly #states: States
  readonly #open = new ShardedMap<number>()
  readonly #blocked = new ShardedMap<number>()
  readonly #openOrder = new Rotation(this.#open)
  readonly #blockedOrder = new Rotation(this.#blocked)
  #slots = 0
  #lastFreed = NONE

  constructor(states: States) {
    this.#states = states
  }

  get size(): number {
    return this.#open.size + this.#blocked.size
  }

  get openSize(): number {
    return this.#open.size
  }

  get blockedSize(): number {
    return this.#blocked.size
  }

  has(key: string): boolean {
    return this.#slotOf(key) !== undefined
  }

  read(key: string): State | undefined {
    const slot = this.#slotOf(key)
    return slot === undefined ? undefined : this.#states.read(slot)
  }

  write(key: string, state: State, expiresAt: number, isBlocked: boolean): void {
    const [shelf, other] = isBlocked ? [this.#blocked, this.#open] : [this.#open, this.#blocked]
    const placed = shelf.get(key)
    const slot = placed ?? other.get(key) ?? this.#freeSlot()
    this.#states.write(slot, state, expiresAt)
    if (placed !== undefined) return
    shelf.set(key, slot)
    other.delete(key)
  }

  /** Keeps a key that was denied from being evicted before others. */
  block(key: string): void {
    const slot = this.#open.get(key)
    if (slot === undefined) return
    this.#open.delete(key)
    this.#blocked.set(key, slot)
  }

  delete(key: string): void {
    const slot = this.#slotOf(key)
    if (slot === undefined) return
    this.#open.delete(key)
    this.#blocked.delete(key)
    this.#states.free(slot, this.#lastFreed)
    this.#lastFreed = slot
  }

  /** Drops a key that does not matter any more, if there is one among the next few in turn. */
  evictExpired(now: number): boolean {
    return [this.#blockedOrder, this.#openOrder].some((order) => {
      const soonest = this.#soonestOf(order)
      const isExpired = soonest !== undefined && this.#states.expiresAt(soonest.slot) <= now
      if (isExpired) this.delete(soonest.key)
      return isExpired
    })
  }

  /** Drops one key to make room: of the next few in turn, the one that would be forgotten soonest anyway. */
  evict(shelf: 'open' | 'blocked'): void {
    const soonest = this.#soonestOf(shelf === 'open' ? this.#openOrder : this.#blockedOrder)
    if (soonest) this.delete(soonest.key)
  }

  #soonestOf(order: Rotation<number>): { key: string; slot: number } | undefined {
    let soonest: { key: string; slot: number } | undefined
    for (let i = 0; i < Math.min(EVICTION_SAMPLE, order.size); i++) {
      const [key, slot] = order.next()
      if (!soonest || this.#states.expiresAt(slot) < this.#states.expiresAt(soonest.slot)) soonest = { key, slot }
    }
    return soonest
  }

  /** Goes through all keys, one a step, and drops those that do not matter any more. */
  *sweep(now: number): Generator<void> {
    for (const shelf of [this.#open, this.#blocked]) {
      for (const [key, slot] of shelf.entries()) {
        if (this.#states.expiresAt(slot) <= now) this.delete(key)
        yield
      }
    }
  }

  #freeSlot(): number {
    if (this.#lastFreed === NONE) return this.#slots++
    const slot = this.#lastFreed
    this.#lastFreed = this.#states.nextFree(slot)
    return slot
  }

  #slotOf(key: string): number | undefined {
    return this.#open.get(key) ?? this.#blocked.get(key)
  }
}
