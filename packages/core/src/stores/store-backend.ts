import type { State } from '../algorithms/algorithm.ts'
import type { Clock } from '../clock.ts'
import type { MaybePromise } from '../maybe-promise.ts'

/** What a state is kept under. The two together name it; the key is short, whatever the caller's was. */
export interface Counter {
  readonly key: string
  readonly algorithm: string
}

/** What a backend has for some counters at one moment. */
export interface Snapshot {
  /** The state of each, in their order; nothing or `null` where nothing is kept. */
  readonly states: readonly (State | null | undefined)[]
  /** The time of that moment (ms) by the backend's own clock, if it has one. */
  readonly now?: number | undefined
}

/** What is to be kept for a counter from now on. */
export interface CounterWrite extends Counter {
  /** `undefined` to keep nothing. */
  readonly state: State | undefined
  /** From when on (ms) the state does not matter any more, and may be dropped. */
  readonly expiresAt: number
}

/** What is to be written after a look at the counters. */
export interface Changes {
  /** At most one for each counter; none after a denial. */
  readonly writes: readonly CounterWrite[]
  /** The time at which it was decided (ms). What expired by then does not matter any more. */
  readonly now: number
}

/** Where states are kept: what `createStore` makes a store of. */
export interface StoreBackend {
  /** What errors call it. */
  readonly name: string
  /** Wins over the backend's own clock. @default the backend's, else Date.now */
  readonly clock?: Clock | undefined

  /** Reads some counters as they are at one moment. */
  read(counters: readonly Counter[]): MaybePromise<Snapshot>

  /**
   * Reads some counters, asks `decide`, and writes what that answers: as one step, so that no other update can come in
   * between on any of these keys, in this process or another, and so that all of it is written or nothing.
   *
   * Counters come sorted by key, each once: who locks the keys in this order cannot block another who does. Who compares
   * and sets instead asks `decide` again with what is there by then. Where `decide` throws, nothing is written.
   */
  update(counters: readonly Counter[], decide: (snapshot: Snapshot) => Changes): MaybePromise<void>

  /** Lets go of what the backend itself has opened. It is called once. */
  close?(): MaybePromise<void>
}
