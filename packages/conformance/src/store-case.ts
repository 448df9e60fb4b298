import type { Store } from '@rl/core'

import type { TestClock } from './test-clock.ts'

/** What a case has to work with. */
export interface StoreCaseContext {
  /** Fresh and empty. */
  readonly store: Store
  /** The clock of that store. */
  readonly clock: TestClock
  /** How many random histories to try, in the cases that try any. */
  readonly runs: number
  /** Where their random numbers start. */
  readonly seed: number
}

/** One promise of the store contract: resolves if the store keeps it, rejects with what it did instead. */
export type StoreCase = (context: StoreCaseContext) => Promise<void>
