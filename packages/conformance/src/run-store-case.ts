import { positiveInteger } from '@rl/core'
import type { Clock, MaybePromise, Store } from '@rl/core'

import { storeCases } from './store-cases.ts'
import type { StoreCaseName } from './store-cases.ts'
import { TestClock } from './test-clock.ts'

/**
 * Makes a fresh and empty store on a clock that the suite turns by hand.
 *
 * A backend that drops expired keys by a clock of its own has to keep them some seconds longer than it was told: the
 * suite's clock stands still while that one goes on.
 */
export type MakeStore = (context: { readonly clock: Clock }) => MaybePromise<Store>

/** How thoroughly to try what is tried at random. */
export interface StoreCaseOptions {
  /** How many random histories each case tries that tries any. @default 300 */
  readonly runs?: number
  /** Where their random numbers start: the same seed makes the same histories. @default 1 */
  readonly seed?: number
}

/** @throws {ConfigError} `RL_INVALID_OPTION` if there would be nothing to run, which every store passes. */
export function checkedCaseOptions({ runs, seed = 1 }: StoreCaseOptions): Required<StoreCaseOptions> {
  return { runs: positiveInteger('runs', runs, 300), seed }
}

/**
 * Runs one case on a store of its own, and closes that store. Rejects with what the store did wrong.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION` if `runs` is no positive integer.
 *
 * @example
 * ```ts
 * import { runStoreCase } from '@rl/conformance'
 * import { MemoryStore } from '@rl/store-memory'
 *
 * await runStoreCase('denies the sixth of five', ({ clock }) => new MemoryStore({ clock }))
 * ```
 */
export async function runStoreCase(
  name: StoreCaseName,
  make: MakeStore,
  options: StoreCaseOptions = {},
): Promise<void> {
  const { runs, seed } = checkedCaseOptions(options)
  const clock = new TestClock()
  const store = await make({ clock: clock.read })
  try {
    await storeCases[name]({ store, clock, runs, seed })
  } finally {
    await store.close()
  }
}
