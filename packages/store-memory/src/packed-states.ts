import type { State } from '@rl/core'

import type { States } from './states.ts'

const CHUNK_SLOTS = 4096

/**
 * States of one fixed length, side by side in typed arrays: eight bytes an integer, and nothing for the garbage
 * collector to walk. Grows by chunks, so that no growth ever copies what is there.
 */
export class PackedStates implements States {
  /** Integers in a row: the expiry, then the state. */
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

  /** Nothing to let go of: a free row is overwritten before it is read. */
  clear(): void {}

  #chunkOf(slot: number): Float64Array {
    return (this.#chunks[Math.floor(slot / CHUNK_SLOTS)] ??= new Float64Array(CHUNK_SLOTS * this.#rowLength))
  }

  #startOf(slot: number): number {
    return (slot % CHUNK_SLOTS) * this.#rowLength
  }
}
