import type { Receipt, Verdict } from '../algorithms/algorithm.ts'
import type { Limit } from '../limits/limit.ts'
import type { MaybePromise } from '../maybe-promise.ts'

/** One cost, to be spent from one key under one limit. */
export interface Charge {
  /** Whose counter: a string of whatever content and length. With the algorithm, it names the state. */
  readonly key: string
  readonly limit: Limit
  /** How many units: a whole number of at least 0. 0 only reads. */
  readonly cost: number
  /**
   * For a refund: the verdict on the charge that it gives back. Then nothing is given back but what is still spent of that
   * very charge, and nothing to a window that opened since.
   */
  readonly receipt?: Receipt
}

/**
 * Runs the algorithms over keys, atomically. The contract that `@rl/conformance` holds a store to.
 *
 * A store belongs to nobody: the limit comes with every charge, and several limiters may share one store. Every
 * method that cannot do its work throws, or rejects with, a `StoreError`; a charge or a key that is not well formed is a
 * `RequestError` or a `ConfigError`, and changes nothing; so does a clock that tells no time.
 *
 * A key has one state under each algorithm, whatever limits ask. A state may be dropped once any reading of the clock has
 * passed the time from which it does not matter: a clock that then steps back finds it gone.
 */
export interface Store {
  /** How many keys it holds, where it can tell without asking anybody. */
  readonly size?: number
  /** What all its keys begin with, where other stores may keep theirs beside them. */
  readonly prefix?: string

  /**
   * Spends all of the charges, or none, and answers one verdict for each, in their order.
   *
   * They are decided at one moment and in one step that no other call can come between, in this process or another. A key that is
   * charged twice in one call pays twice. If any charge is denied, nothing at all is spent: the verdicts of the other
   * charges say `allowed`, and what is left of them unspent.
   */
  consume(charges: readonly Charge[]): MaybePromise<readonly Verdict[]>

  /** Answers what `consume` would, and writes nothing. */
  peek(charges: readonly Charge[]): MaybePromise<readonly Verdict[]>

  /**
   * Gives back what earlier charges have spent, out of what still counts now. Never above full, and a key that holds
   * nothing stays so. A charge with a `receipt` is given back from its own window only.
   */
  refund(charges: readonly Charge[]): MaybePromise<void>

  /** Forgets a key, under all algorithms. */
  reset(key: string): MaybePromise<void>

  /** Resolves if the store can decide now. */
  ping(): MaybePromise<void>

  /** Lets go of what the store itself has opened, never of a client it was given. Twice is safe. */
  close(): MaybePromise<void>
}
