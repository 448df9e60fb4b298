import type { State } from '@rl/core'

import { CHUNK_SLOTS } from './states.ts'
import type { States } from './states.ts'

/**
 * States of one fixed length, side by side in typed arrays: eight bytes an integer, and nothing for the garbage
 * collector to walk.
 */
export class PackedStates implements States {
  /** Integers in a row: the expiry, or the next free slot; then the state. */
  readonly #rowLength: number
  readonly #chunks: Float64Array[] = []

  constructor(width: number) {
    this.#rowLength = 1 + width
  }

  read(slot: number): State {
    const chunk = this.#chunkOf(slot)
    const start = this.#startOf(slot)
    const state: number[] = []
    for (let i = 1; i < this.#rowLength; i++) state.push(chunk[start + i]!)
    return state
  }

  expiresAt(slot: number): number {
    return this.#chunkOf(slot)[this.#startOf(slot)]!
  }

  write(slot: number, state: State, expiresAt: number): void {
    const chunk = this.#chunkOf(slot)
    const start = this.#startOf(slot)
    chunk[start] = expiresAt
    for (let i = 1; i < this.#rowLength; i++) chunk[start + i] = state[i - 1]!
  }

  free(slot: number, next: number): void {
    this.#chunkOf(slot)[this.#startOf(slot)] = next
  }

  nextFree(slot: number): number {
    return this.#chunkOf(slot)[this.#startOf(slot)]!
  }

  #chunkOf(slot: number): Float64Array {
    return (this.#chunks[Math.floor(slot / CHUNK_SLOTS)] ??= new Float64Array(CHUNK_SLOTS * this.#rowLength))
  }

  #startOf(slot: number): number {
    return (slot % CHUNK_SLOTS) * this.#rowLength
  }
}
