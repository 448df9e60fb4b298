import type { State } from '@rl/core'

import { CHUNK_SLOTS } from './states.ts'
import type { States } from './states.ts'

interface Chunk {
  readonly states: (State | undefined)[]
  /** When each expires, or the next free slot. */
  readonly numbers: Float64Array
}

/** States of any length, each an array of its own. */
export class ListedStates implements States {
  readonly #chunks: Chunk[] = []

  read(slot: number): State {
    return this.#chunkOf(slot).states[slot % CHUNK_SLOTS]!
  }

  expiresAt(slot: number): number {
    return this.#chunkOf(slot).numbers[slot % CHUNK_SLOTS]!
  }

  write(slot: number, state: State, expiresAt: number): void {
    this.#put(slot, state, expiresAt)
  }

  free(slot: number, next: number): void {
    this.#put(slot, undefined, next)
  }

  nextFree(slot: number): number {
    return this.expiresAt(slot)
  }

  #put(slot: number, state: State | undefined, number: number): void {
    const { states, numbers } = this.#chunkOf(slot)
    states[slot % CHUNK_SLOTS] = state
    numbers[slot % CHUNK_SLOTS] = number
  }

  #chunkOf(slot: number): Chunk {
    const make = (): Chunk => ({ states: [], numbers: new Float64Array(CHUNK_SLOTS) })
    return (this.#chunks[Math.floor(slot / CHUNK_SLOTS)] ??= make())
  }
}
