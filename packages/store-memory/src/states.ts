import type { State } from '@rl/core'

/** Keeps states by slot: small whole numbers, used again once they are free. */
export interface States {
  read(slot: number): State
  /** From when on (ms) the state does not matter any more. */
  expiresAt(slot: number): number
  write(slot: number, state: State, expiresAt: number): void
  clear(slot: number): void
}
