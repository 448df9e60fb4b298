import type { State } from '@rl/core'

/**
 * Keeps states by slot: small whole numbers, used again once they are free. Free slots are a list that runs through the
 * slots themselves, and all grow by chunks: nothing is ever copied, however many there are.
 */
export interface States {
  read(slot: number): State
  /** From when on (ms) the state does not matter any more. */
  expiresAt(slot: number): number
  write(slot: number, state: State, expiresAt: number): void
  /** Lets go of a state, and remembers the slot that was freed before. */
  free(slot: number, next: number): void
  /** The slot that was freed before this one. */
  nextFree(slot: number): number
}

export const CHUNK_SLOTS = 4096
