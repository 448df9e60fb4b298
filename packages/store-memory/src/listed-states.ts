import type { State } from '@rl/core'

import type { States } from './states.ts'

/** States of any length, each an array of its own. */
export class ListedStates implements States {
  readonly #states: (State | undefined)[] = []
  readonly #expiries: number[] = []

  read(slot: number): State {
    return this.#states[slot]!
  }

  expiresAt(slot: number): number {
    return this.#expiries[slot]!
  }

  write(slot: number, state: State, expiresAt: number): void {
    this.#states[slot] = state
    this.#expiries[slot] = expiresAt
  }

  clear(slot: number): void {
    this.#states[slot] = undefined
  }
}
